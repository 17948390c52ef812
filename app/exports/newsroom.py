"""Exports a newsroom: a header, a line for each thing, an end with counts and a digest."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import to_json
from sqlalchemy import text

from app.exports.file import Output
from app.exports.lines import FORMAT, VERSION
from app.exports.tables import Tables
from app.kit import clock, openapi
from app.kit.db import Database
from app.settings import Settings

# A slow reader of standard output must not end the snapshot. On PostgreSQL only.
PATIENTLY = text("SET LOCAL idle_in_transaction_session_timeout = 0")


async def export(
    database: Database, settings: Settings, output: Output, *, personal: bool, progress: Callable[[str, int], None]
) -> None:
    """Write all lines, as of one moment, while the newsroom is written to.

    `progress` is called with the kind of the last line, and the number of lines so far.
    """
    async with database.connection() as connection:
        if not database.is_embedded:
            await connection.execute(PATIENTLY)
        output.write("header", to_json(_header(settings, personal)))
        done = 0
        for pages in Tables(connection, personal=personal).every():
            async for page in pages():
                for line in page:
                    output.write(str(line["kind"]), to_json(line))
                done += len(page)
                progress(str(page[-1]["kind"]), done)
        counts = {kind: number for kind, number in output.counts.items() if kind != "header"}
        output.write("end", to_json({"kind": "end", "counts": counts, "digest": output.digest}))


def _header(settings: Settings, personal: bool) -> dict[str, object]:
    return {
        "kind": "header",
        "format": FORMAT,
        "version": VERSION,
        "nashra": openapi.VERSION,
        "made_at": clock.written(clock.now()),
        "language": settings.language,
        "timezone": settings.timezone,
        "personal": personal,
    }
