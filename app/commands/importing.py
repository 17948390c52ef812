"""`import`: reads what another newsroom exported into this one."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from app.commands.failing import EXIT_FAILED, fail
from app.commands.progress import Progress
from app.commands.standing import refuse_older_schema
from app.imports.nashra import NoExportError, read_in
from app.imports.pictures import Originals
from app.imports.report import Report
from app.kit import migrations
from app.kit.errors import Unavailable
from app.settings import Settings, given_path, load

HEADER = ("", "imported", "there already", "left alone", "refused")


def import_nashra(options: argparse.Namespace) -> int:
    """Prints the report on standard output, remarks on single lines on standard error. 1 where it is not complete."""
    settings, progress = load(), Progress("read")
    if settings.migrate_on_start and not options.dry_run:
        migrations.upgrade(settings.database_url)
    report = Report(progress.say)
    try:
        with _opened(options.file) as source:
            asyncio.run(_import(settings, source, report, options, progress))
    except NoExportError as error:
        fail(str(error))
    except Unavailable:
        fail("no picture can be decoded or stored now; what was read in stays: run it again for the rest")
    except KeyboardInterrupt:
        progress.say("interrupted: what was read in stays; run it again for the rest")
        raise
    finally:
        progress.end()
    if options.dry_run:
        print("This was a dry run: nothing was stored. It would be:")
    print("\n".join(table_of(report)))
    return 0 if report.is_complete else EXIT_FAILED


async def _import(
    settings: Settings, source: BinaryIO, report: Report, options: argparse.Namespace, progress: Progress
) -> None:
    from app.main import create_app  # late: it opens the database

    app = create_app(settings)  # its transactions end with the change log
    database = app.state.database
    try:
        async with database.connection() as connection:
            await refuse_older_schema(connection)
        originals = Originals(given_path(options.media) if options.media else None, app.state.pictures)
        await read_in(database, settings, source, report, originals, dry_run=options.dry_run, progress=progress.at)
    finally:
        await app.state.tail.close()
        await database.close()
        app.state.commit_signal.close()


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = open(given_path(file), "rb")  # noqa: SIM115  # closed below; only the opening is to be worded
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}")
    with source:
        yield source


def table_of(report: Report) -> list[str]:
    """A row for each kind."""
    kinds = dict.fromkeys(kind for kind, _ in report.counts)
    rows: list[tuple[str, ...]] = [HEADER]
    for kind in kinds:
        numbers = (report.counts[kind, outcome] for outcome in ("imported", "there", "left", "refused"))
        rows.append((kind, *map("{:,}".format, numbers)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
