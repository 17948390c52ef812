"""Backups as lines, to be read and to be damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.backup.restoring import Restored, restore
from app.backup.writing import write_backup
from app.settings import Settings
from tests.newsroom import SECRET

Lines = list[Any]


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody sees."""


def settings_of(url: str, **changes: Any) -> Settings:
    return Settings.model_validate({"database_url": url, "secret_key": (SECRET,), **changes})


async def backed_up(url: str, path: Path, places: dict[str, Any] | None = None, **options: Any) -> Path:
    """A new backup of the newsroom at `url`; `places`: its stores of pictures."""
    await write_backup(settings_of(url, **places or {}), path, silent, **options)
    return path


async def restored(path: Path, url: str, places: dict[str, Any] | None = None, **options: Any) -> Restored:
    """The backup, restored into the database at `url`, and the stores at `places`."""
    return await restore(settings_of(url, **places or {}), path, silent, **options)


def lines_of(path: Path) -> Lines:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    """The rows of one table, each by column."""
    found: list[dict[str, Any]] = []
    columns: list[str] | None = None
    for line in lines_of(path):
        if isinstance(line, dict):
            columns = list(line["columns"]) if line.get("table") == table else None
        elif columns is not None:
            found.append(dict(zip(columns, line, strict=True)))
    return found


def changed(path: Path, new: Path, change: Callable[[Lines], Lines], *, is_honest: bool = True) -> Path:
    """The backup with other lines; where it is `is_honest`, header and manifest say what is there then."""
    lines = change(lines_of(path))
    if is_honest:
        lines = _with_right_totals(lines)
    with gzip.open(new, "wt", encoding="utf-8") as file:
        file.writelines(_text(line) for line in lines)
    return new


def _text(line: Any) -> str:
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    return (text if text.isprintable() else json.dumps(line, separators=(",", ":"))) + "\n"


def _with_right_totals(lines: Lines) -> Lines:
    place = next(n for n, line in enumerate(lines) if isinstance(line, dict) and "manifest" in line)
    totals = _totals_of(lines[:place])
    header = {**lines[0], "rows": {name: total["rows"] for name, total in totals.items()}}
    return [header, *lines[1:place], {"manifest": totals}, *_with_right_end(lines[place + 1 :])]


def _totals_of(lines: Lines) -> dict[str, Any]:
    totals: dict[str, Any] = {}
    digest, table = hashlib.sha256(), ""
    for line in lines:
        if isinstance(line, list):
            totals[table]["rows"] += 1
            digest.update(_text(line).encode())
            totals[table]["sha256"] = digest.hexdigest()
        elif "table" in line:
            table, digest = line["table"], hashlib.sha256()
            totals[table] = {"rows": 0, "sha256": digest.hexdigest()}
    return totals


def _with_right_end(files: Lines) -> Lines:
    """The lines of files, and an end that fits them."""
    if not files:
        return []
    own = files[:-1]
    sizes = [line["bytes"] for line in own if isinstance(line, dict) and "bytes" in line]
    sha256 = hashlib.sha256("".join(map(_text, own)).encode()).hexdigest()
    return [*own, {"files": {"files": len(sizes), "bytes": sum(sizes), "sha256": sha256}}]
