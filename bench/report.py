"""What a run says: lines while it goes on, a table at its end, and docs/performance.md."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from bench.plot import Series, drawn
from bench.results import Result, Setting

HEAD = (
    "workload", "database", "articles", "r/s", "bare r/s", "ratio", "p50 ms", "p99 ms", "bare p99", "others", "floor",
    "met", "besides",
)  # fmt: skip
NUMBERS = range(2, 10)
# Growing tenfold three times may change the cost of a page by this much.
STEADY = 0.20
STEADY_NAMES = ("hot newest", "deep page", "uncached newest", "uncached deep")
PLOTTED = {
    "hot newest": "page one",
    "deep page": "deep page",
    "hot single": "one article",
    "uncached newest": "page one, uncached",
    "uncached deep": "deep page, uncached",
    "uncached single": "one article, uncached",
}


def cells(result: Result) -> list[str]:
    """One row, in the order of `HEAD`."""
    ours, bare, ratio = result.ours, result.bare, result.ratio
    figures = [f"{name} {value}" for name, value in result.figures.items()]
    return [
        result.workload,
        result.database,
        f"{result.size:,}",
        f"{ours.rate:,.0f}" if ours else "",
        f"{bare.rate:,.0f}" if bare else "",
        f"{ratio:.3f}" if ratio is not None else "",
        f"{ours.p50:.2f}" if ours else "",
        f"{ours.p99:.2f}" if ours else "",
        f"{bare.p99:.2f}" if bare else "",
        f"{result.foreign:.0%}" if result.foreign is not None else "",
        result.floor,
        {True: "yes", False: "no", None: ""}[result.met],
        ", ".join([*figures, *([result.note] if result.note else [])]),
    ]


def table(results: Sequence[Result]) -> str:
    """For a terminal."""
    rows = [list(HEAD), *map(cells, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(_aligned(row, widths)).rstrip() for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column in NUMBERS else cell.ljust(width)


def steadiness(results: Sequence[Result]) -> list[Result]:
    """Whether a page costs at a million what it costs at a thousand, beside the bare server of the same minute."""
    found = {(result.workload, result.size): result for result in results if result.database == "sqlite"}
    rows = []
    for name in STEADY_NAMES:
        small, large = found.get((name, 1_000)), found.get((name, 1_000_000))
        if small and large and small.ratio and large.ratio:
            growth = small.ratio / large.ratio
            floor, met = f"within {STEADY:.0%}", abs(growth - 1) <= STEADY
            figures = {"cost, 1M to 1k": f"{growth:.2f}"}
            rows.append(Result(f"{name}, growth", "sqlite", 1_000_000, figures=figures, floor=floor, met=met))
    return rows


def plot(results: Sequence[Result]) -> str:
    """docs/performance.svg."""
    series = []
    for workload, title in PLOTTED.items():
        mine = [result for result in results if result.workload == workload and result.database == "sqlite"]
        points = sorted((result.size, result.cost) for result in mine if result.cost)
        if points:
            series.append(Series(title, tuple(points)))
    return drawn(series)


def versions() -> dict[str, str]:
    """Of what does the work."""
    named = {name: version(name) for name in ("uvicorn", "fastapi", "pydantic", "sqlalchemy")}
    return {**named, "SQLite": sqlite3.sqlite_version}


def markdown(kept: Sequence[tuple[Result, Setting]]) -> str:
    """docs/performance.md, of all that is kept. Results of another day or machine stand in a table of their own."""
    parts = [INTRODUCTION, "![Milliseconds for one request against the number of articles](performance.svg)\n"]
    growth = steadiness([result for result, _ in kept])
    for number, setting in enumerate(_settings(kept)):
        results = [result for result, where in kept if where == setting]
        parts += [_measured_on(setting), _rows(results + (growth if number == 0 else []))]
    return "\n".join([*parts, READING])


def _settings(kept: Sequence[tuple[Result, Setting]]) -> list[Setting]:
    """The latest first."""
    different: list[Setting] = []
    for _, setting in kept:
        if setting not in different:
            different.append(setting)
    return sorted(different, key=lambda setting: setting.day, reverse=True)


def _measured_on(setting: Setting) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in setting.machine.items())
    return (
        f"## Measured on {setting.day}\n\n{machine}. Load from {setting.generator}; {setting.rounds} rounds of "
        f"{setting.seconds:g} s by turns, medians.\n"
    )


def _rows(results: Sequence[Result]) -> str:
    rule = ["--:" if column in NUMBERS else "---" for column in range(len(HEAD))]
    rows = [HEAD, rule, *map(cells, results)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


INTRODUCTION = """# Performance

What an answer costs, beside a bare server: the same uvicorn with the same options, which sends the same bytes
(status, headers, body) and does nothing else. The *ratio* of the two says how much of the machine's best is left; it
moves less from machine to machine than requests per second do. This page and its picture are written by:

```sh
./nashra bench --sizes 1k,10k,100k,1m --postgresql --write
```

The datasets are made once and kept in `var/bench` (25 kB for each article: a million takes some 25 GB and several
minutes); later runs measure on them again. `--sizes 1k --rounds 1 --seconds 1` is a quick look, `--only hot,mixed` a
part. Results of several runs add up here: a later one of the same workload, database and size takes the place of the
earlier.
"""

READING = """## How to read it

- Both servers are driven by turns, over 16 connections that are kept alive, by `wrk` (one thread) where it is on the
  path, else by a generator of our own in Python, which a fast server can outrun: it understates the bare server and
  so flatters the ratio.
- The generator runs on the same machine. With two processors and two workers it takes one of them, on both sides of
  the ratio.
- *others* is the largest share of the machine that processes not of this run took in a round. A round with more than
  10 % is repeated once, and the quieter one counts. p99 moves with it more than anything else.
- Everything is as it comes; the access log is off by default.
- *hot*: one address again and again. What is kept is sent before a task or an ASGI scope is made for the request, which
  the bare server does make: so the ratio can be above 1. *deep page*: by the cursor that a client holds after 95 % of
  the list. *mixed*: 1,000 articles (79 %), their lists (20 %), an editor's changes (1 %). *uncached*: the same as hot,
  the server's own cache turned off.
- *comments, uncached*: measured by hand on 2026-11-28, in process and by turns: a page of 38 comments costs 0.77 of the
  CPU of a list of twenty articles on SQLite, 0.75 to 0.85 on PostgreSQL (0.72 with the server's own). Where no JSON of
  a row is kept from before, it is 1.14 on SQLite and 1.06 on PostgreSQL (0.87 with the server's own).
- *memory* is that of the one worker after the mixed run: its proportional size (PSS), which counts, and its
  resident size (RSS), which holds the mapped pages of the database file too.
- *posting comments*: measured by hand on 2026-11-28 with SQLite, by turns on one machine, Isso 0.14 under gunicorn (one
  process, eight threads) took 337 posts a second from one client and 378 from eight; one worker of Nashra took 587
  and 613, each committed before it was answered. How fast the disk is decides most of it.
- *streams*: memory for each client is the growth of the worker's PSS; times run from the moment at which the editor's
  change was acknowledged, and are negative where a client was told before the editor.
- The picture shows the server's time for one request, 1000 / (requests per second of one worker).
- Up to 100,000 articles are in the word index; beyond that it is left empty, and search is not measured.
- Articles are copies of 100 that were made at the desk, with headlines, addresses, moments and terms of their own.

## Pictures

`./nashra bench --sizes 10k --only "uploads,followed picture,pictures in lists" --postgresql` on 2026-11-28, on the
machine above. Others took 3 % to 75 % of it. On SQLite *uploads* ran three times, *followed picture* four times
(five with 50 articles at once): medians. All else, and all of PostgreSQL (in brackets), ran once or twice.

- *uploads*, twenty at once on one worker: six JPEGs of 24 megapixels, two polyglots, two PNGs of 20,000² in some 50 kB,
  two GIFs without end, two cut JPEGs, an empty file, HTML and EPS named JPEG, an SVG, 100 MB of zeros with a length and
  in chunks. All are answered within 16 to 25 s (201, 415, 422). A reader's p99 is 8 ms alone and 23 ms beside them; the
  worker without its child grows by 22 MB (17 to 25); no temporary file is left. A client that reads nothing before
  it has sent all is cut off 8 MB after its 413 and may lose the answer: httpx does, curl, which reads meanwhile, does
  not. The trial counts that as not met.
- *followed picture*: a credit changes that 5,000 articles show. All answers asked for right after the PATCH (76 ms, on
  PostgreSQL 134 ms) had the new credit, and the log missed no article. The job takes 6 s (12 s), its transactions of 25
  articles 9 ms (35 ms) each; of that, the end, which holds the log, 2 ms (11 ms). A reader's p99 is 9 ms alone and
  12 ms beside it (38 and 54 ms), an editor's 23 and 32 ms (73 and 77 ms). With 50 articles at once the job took 3 to
  4 s, and editors waited 15 to 48 ms longer, instead of 5 to 12.
- *pictures in lists*, twenty articles, uncached: 70.8 kB with pictures of the library, 52.7 kB with pictures at
  addresses (34 % more), 46.2 kB without (53 % more); in Brotli 9.2, 7.4 and 7.2 kB. One answer takes 1.00, 0.74 and
  0.84 ms (1.32, 0.97 and 1.07 ms). Four renditions are 770 of a picture's bytes. The statements are the same.
- *hot picture* of 20 kB: ratio 2.36. *uncached picture* of 60 kB from the folder: 0.22. *mixed*: 0.55.

## Fronts, feeds and sitemaps

`./nashra bench --sizes 1k --rounds 2 --postgresql` with `--only` these names, on 2026-11-28; others took 0 to 3 % of
the machine. A feed is a full-text one of 100 articles; a front has 8 slots and 60 items.

- *uncached front*: ratio 0.036 on SQLite, 0.027 on PostgreSQL; *hot front* 1.52, *hot feed* 1.62, *304 feed* 1.71,
  *mixed* 0.605.
- *uncached feed*: 79 answers a second on SQLite (12.7 ms each), 81 on PostgreSQL.
- *uncached sitemap part* of 5,000 addresses, from 100,000 articles: 20 a second on SQLite (50 ms), 22 on PostgreSQL
  (45 ms).

## First copies

`./nashra bench --sizes 100k --only "first copy" --postgresql`: one client reads the change log of 100,000 articles
(103,076 entries) from its beginning, on one connection to one worker. Measured on 2026-11-28, others took 0 to 2 % of
the machine (11 % in the first run). The limit of 60 s is met everywhere.

- *summary*, 500 on a page, 301 MB: 8.0 s on SQLite, in gzip 9.9 s; 10.3 s on PostgreSQL, in gzip 12.7 s.
- *full*, 100 on a page, 1,313 MB: 17.9 s on SQLite, in gzip 23.7 s; 28.6 s on PostgreSQL, in gzip 35.8 s.

Beside others who took 75 % and more, whole articles took 71 to 111 s on SQLite and 137 to 203 s on PostgreSQL.

- The worker grows by 23 to 29 MB, whatever is read, mapped pages of the database file left out: its cache fills. Pages
  behind the head of the log have at most a quarter of it, with pictures, so a copy evicts nothing that readers ask
  for. On SQLite the resident size grows with the file that is read; the system takes that back when it is needed.
- No part stands out in the profile of whole articles: reading rows takes an eighth, JSON in and out a sixth,
  addresses an eighth.
- Pages of the former sizes take as many steps as before: 7,236 calls of functions for a page of twenty, 7,196 before.
"""
