"""The table, the picture and the document that a run leaves."""

from __future__ import annotations

import argparse
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.commands.options import parser
from bench import report, results, run
from bench.load import Sample
from bench.plot import BOTTOM, GAP, HEIGHT, Series, bounds, drawn, spread
from bench.results import Result, Setting
from bench.run import TRIALS
from bench.trials import judged
from bench.workloads import WORKLOADS, Workload, newest

SETTING = Setting({"processor": "2 x test"}, "wrk", 3, 2, "2026-11-23")
FAST, SLOW = Sample(10_000, 1, 2, 0), Sample(2_000, 5, 9, 0)


def row(workload: str = "hot newest", size: int = 1_000, ours: Sample = SLOW) -> Result:
    return Result(workload, "sqlite", size, ours, FAST, 0.02)


# --- judging ------------------------------------------------------------------------------------------------------


def test_a_floor_is_met_or_not() -> None:
    work = Workload("hot newest", newest, {"sqlite": 0.2})
    assert judged(row(), work).met is True
    assert judged(row(ours=Sample(1_999, 5, 9, 0)), work).met is False
    assert judged(Result("hot newest", "postgresql", 1_000, SLOW, FAST), work).met is None


def test_p99_counts_where_it_is_limited() -> None:
    work = Workload("hot newest", newest, {"sqlite": 0.1}, slowest=3)
    assert judged(row(ours=Sample(2_000, 5, 6, 0)), work).met is True
    assert judged(row(), work).met is False


def test_failures_meet_nothing_and_are_told() -> None:
    failed = judged(row(ours=Sample(9_999, 1, 1, 3)), Workload("deep page", newest))
    assert failed.met is False
    assert failed.note.startswith("3 answers")


def test_growth_is_judged_beside_the_bare_server() -> None:
    (growth,) = report.steadiness([row(), row(size=1_000_000, ours=Sample(1_700, 5, 9, 0))])
    assert growth.met is True
    (growth,) = report.steadiness([row(), row(size=1_000_000, ours=Sample(1_000, 5, 9, 0))])
    assert (growth.met, growth.figures) == (False, {"cost, 1M to 1k": "2.00"})


# --- what is kept and shown ---------------------------------------------------------------------------------------


def test_results_of_several_runs_add_up(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    results.store(path, [row(), row(size=10_000)], SETTING)
    later = Setting(SETTING.machine, "wrk", 3, 2, "2026-11-24")
    kept = results.store(path, [row(ours=FAST)], later)
    assert kept == results.load(path)
    assert {key: setting.day for key, (_, setting) in kept.items()} == {
        "hot newest/sqlite/1000": "2026-11-24",
        "hot newest/sqlite/10000": "2026-11-23",
    }
    assert kept["hot newest/sqlite/1000"][0].ours == FAST


def test_the_table_has_a_line_for_each_result() -> None:
    lines = report.table([row(), Result("streams 1,000", "sqlite", 1_000, note="skipped: not there")]).splitlines()
    assert len(lines) == 3
    assert "0.200" in lines[1]
    assert lines[2].endswith("skipped: not there")


def test_the_document_holds_a_table_for_each_day() -> None:
    text = report.markdown([(row(), SETTING), (row(size=10_000), Setting({}, "built-in", 1, 1, "2026-11-24"))])
    assert text.index("2026-11-24") < text.index("2026-11-23")
    widths = {line.count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {len(report.HEAD) + 1}


# --- the picture --------------------------------------------------------------------------------------------------

SIZES = (1_000, 10_000, 100_000, 1_000_000)
COSTS = {"page one": 0.1, "deep page": 0.11, "one article": 0.05, "<uncached> & co": 2.2}
LINES = [
    Series(name, tuple((size, cost * (1 + number)) for number, size in enumerate(SIZES)))
    for name, cost in COSTS.items()
]


def test_the_picture_is_xml_with_every_series_and_tick() -> None:
    tree = ElementTree.fromstring(drawn(LINES))  # noqa: S314  # our own
    texts = {element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {one.title for one in LINES} <= texts
    assert {"1k", "10k", "100k", "1M", "0.05", "10"} <= texts
    lines = list(tree.iter("{http://www.w3.org/2000/svg}polyline"))
    assert [len(line.attrib["points"].split()) for line in lines] == [4] * len(LINES)


@pytest.mark.parametrize("series", [[], LINES[:1], [Series("one point", ((1_000, 1.0),))]])
def test_the_picture_is_drawn_of_little_too(series: list[Series]) -> None:
    ElementTree.fromstring(drawn(series))  # noqa: S314  # our own


def test_the_axis_goes_from_tick_to_tick() -> None:
    assert bounds([Series("a", ((1_000, 0.3), (10_000, 4.0)))]) == pytest.approx((0.2, 5))


def test_names_that_would_overlap_are_moved_apart() -> None:
    places = spread([100, 101, 99, 300])
    assert all(abs(a - b) >= GAP for i, a in enumerate(places) for b in places[:i])
    assert max(spread([HEIGHT - BOTTOM, HEIGHT - BOTTOM - 1])) <= HEIGHT - BOTTOM


# --- what can be asked for ----------------------------------------------------------------------------------------


def asked(*words: str) -> run.Choice:
    options: argparse.Namespace = parser().parse_args(["bench", *words])
    return run.choice(options)


def test_without_arguments_everything_runs_on_two_sizes() -> None:
    choice = asked()
    assert (choice.sizes, choice.full) == ([1_000, 10_000], False)
    assert choice.entries == list(TRIALS)
    assert asked("--sizes", "1k,10k,100k,1M").full


def test_workloads_are_named_whole_or_by_their_first_word() -> None:
    assert {entry.name for entry in asked("--only", "304,mixed").entries} == {
        "304 newest",
        "304 feed",
        "304 single",
        "mixed",
    }
    assert [entry.name for entry in asked("--only", "hot ticker").entries] == ["hot ticker"]


@pytest.mark.parametrize("words", [["--sizes", "2k"], ["--sizes", ","], ["--only", "warm"], ["--rounds", "0"]])
def test_what_cannot_be_done_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"--|unknown"):
        asked(*words)


def test_every_name_stands_once() -> None:
    names = [work.name for work in WORKLOADS]
    assert len(names) == len(set(names))
