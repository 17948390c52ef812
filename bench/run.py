"""`./nashra bench`: which sizes, which workloads; datasets, trials, table, document."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from app.kit import clock
from bench import copies, dataset, library, load, machine, postgres, report, results
from bench.searching import searching
from bench.servers import ROOT
from bench.trials import TRIALS as OTHERS
from bench.trials import Entry, Site, Way, attempted

BOTH = ("sqlite", "postgresql")
TRIALS = (
    *OTHERS,
    Entry("search", searching, every_size=True, databases=BOTH),
    Entry("first copy", copies.first_copy, every_size=True, databases=BOTH),
    Entry("uploads", library.crowded),
    Entry("followed picture", library.followed, databases=BOTH),
    Entry("pictures in lists", library.listed, databases=BOTH),
)
KEPT = ROOT / "var" / "bench"
SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1m": 1_000_000}
HOME = 10_000  # what does not run at every size runs at this one, or at the nearest


@dataclass(frozen=True)
class Choice:
    """What was asked for. Raises `ValueError` where it cannot be done."""

    sizes: list[int]
    entries: list[Entry]
    rounds: int
    seconds: int
    full: bool


def choice(options: argparse.Namespace) -> Choice:
    """The words of the command line as what they mean."""
    if min(options.rounds, options.seconds) < 1:
        raise ValueError("--rounds and --seconds are whole numbers from 1")
    chosen_sizes, only = sizes(options.sizes), words(options.only)
    full = not only and chosen_sizes == sorted(SIZES.values())
    return Choice(chosen_sizes, chosen(only), options.rounds, options.seconds, full)


def sizes(text: str) -> list[int]:
    """`1k,1m` as numbers, the smallest first."""
    unknown = [word for word in words(text) if word not in SIZES]
    if unknown or not words(text):
        raise ValueError(f"--sizes must be some of {','.join(SIZES)}")
    return sorted({SIZES[word] for word in words(text)})


def words(text: str) -> list[str]:
    return [word for part in text.lower().split(",") if (word := part.strip())]


def chosen(only: list[str]) -> list[Entry]:
    """The trials that `only` names. Raises `ValueError` for a name that is none."""
    known = {name for entry in TRIALS for name in (entry.name, entry.name.split()[0])}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"unknown workload {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    return [entry for entry in TRIALS if not only or {entry.name, entry.name.split()[0]} & set(only)]


def main(options: argparse.Namespace) -> int:
    """Runs what was chosen. Every server is stopped, however it ends."""
    signal.signal(signal.SIGTERM, _interrupt)  # as Ctrl-C: what was started is stopped
    try:
        asked = choice(options)
        found = _all(asked, options)
    except (ValueError, postgres.NoPostgreSQL) as error:
        print(f"nashra: {error}", file=sys.stderr)
        return 2
    kept = results.store(KEPT / "results.json", found, _setting(asked))
    print(report.table([*found, *report.steadiness([result for result, _ in kept.values()])]))
    if options.write or (options.write is None and asked.full):
        _write(list(kept.values()))
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _all(asked: Choice, options: argparse.Namespace) -> list[results.Result]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(_scratch()))
        way = Way(folder, asked.rounds, asked.seconds, load.generator() == "wrk")
        _tell(f"load from {_generator()}")
        sites = list(_sites(asked, options, stack))
        return list(_results(way, asked.entries, sites))


def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Beside the datasets: a copy of one may be larger than what /tmp takes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="run-", dir=KEPT)


def _sites(asked: Choice, options: argparse.Namespace, stack: ExitStack) -> Iterator[Site]:
    for count in asked.sizes:
        yield Site(f"sqlite:///{dataset.file_for(KEPT, count, _progress(count, 'SQLite'))}", count)
    server, process = options.database, None
    if options.postgresql:
        server, process = stack.enter_context(postgres.postgresql(KEPT / "postgresql"))
    for count in asked.sizes if server else ():
        yield Site(postgres.database_for(server, count, _progress(count, "PostgreSQL")), count, server, process)


def _results(way: Way, entries: list[Entry], sites: list[Site]) -> Iterator[results.Result]:
    home = min((site.count for site in sites), key=lambda count: (count > HOME, abs(count - HOME)))
    for entry in entries:
        for site in sites:
            if site.database in entry.databases and (entry.every_size or site.count == home):
                _tell(f"{entry.name}, {site.database}, {site.count:,} articles")
                for result in attempted(entry, way, site):
                    _tell("  " + "  ".join(cell for cell in report.cells(result)[3:] if cell))
                    yield result


def _progress(count: int, database: str) -> Callable[[int], None]:
    """A bar on a terminal."""

    def tell(done: int) -> None:
        if sys.stderr.isatty():
            bar = "█" * (done * 30 // count)
            end = "\n" if done == count else ""
            print(
                f"\r{count:,} articles, {database}  {bar:·<30} {done / count:4.0%}",
                end=end,
                file=sys.stderr,
                flush=True,
            )

    return tell


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _generator() -> str:
    weaker = "; install wrk for a stronger one: this one can be outrun by a fast server, which flatters ratios"
    return load.generator() + ("" if load.generator() == "wrk" else weaker)


def _setting(asked: Choice) -> results.Setting:
    described = {**machine.described(), **report.versions()}
    day = clock.now().date().isoformat()
    return results.Setting(described, load.generator(), asked.rounds, asked.seconds, day)


def _write(kept: list[tuple[results.Result, results.Setting]]) -> None:
    docs = ROOT / "docs"
    (docs / "performance.md").write_text(report.markdown(kept), "utf-8")
    (docs / "performance.svg").write_text(report.plot([result for result, _ in kept]), "utf-8")
    _tell(f"wrote {os.path.relpath(docs / 'performance.md')} and performance.svg")
