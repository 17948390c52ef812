"""`migrate` and `openapi`: the schema of the database, and the document of the API."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from logging.config import dictConfig
from pathlib import Path

from pydantic.json_schema import JsonSchemaValue

from app.commands.compatibility import breaks, contract, may_break
from app.commands.failing import fail
from app.kit import migrations
from app.kit.logs import log_config
from app.settings import Settings, load, wants_colour

BASELINE = "tests/house/openapi.baseline.json"
log = logging.getLogger("nashra")


def logs_of(settings: Settings) -> dict[str, object]:
    """The configuration of logs; colours are for a terminal only."""
    coloured = sys.stderr.isatty() and wants_colour()
    return log_config(settings.log_format, settings.log_level, coloured=coloured)


def migrate(options: argparse.Namespace) -> int:
    """Upgrades or downgrades to a revision, with a line for each step."""
    settings = load()
    dictConfig(logs_of(settings))
    if options.revision == "head":
        migrations.upgrade(settings.database_url)
        log.info("the database is at revision %s, the newest", migrations.known()[1])
    else:
        migrations.move(settings.database_url, options.revision)
    return 0


def write_openapi(options: argparse.Namespace) -> int:
    """Writes the OpenAPI document under default settings; with `--release` also what later ones must keep."""
    from app.main import create_app

    document = create_app(Settings(secret_key=("document",))).openapi()
    if options.release:
        _write(BASELINE, _baseline(document, Path(BASELINE)))
    _write(options.file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    return 0


def _baseline(document: JsonSchemaValue, former: Path) -> str:
    """What clients rely on, minified. A breaking change without a new version is refused."""
    if former.exists():
        before: JsonSchemaValue = json.loads(former.read_text("utf-8"))
        broken = breaks(before, document)
        if broken and not may_break(before, document):
            fail("\n  ".join(["this breaks clients, and the version is not a new one:", *broken]))
    return json.dumps(contract(document), ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def _write(file: str, text: str) -> None:
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, "utf-8")
    except OSError as error:
        fail(f"cannot write {file}: {error.strerror}")
