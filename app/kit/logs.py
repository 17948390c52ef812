"""How logs look: text, coloured at a terminal, or one JSON object a line, on standard error. Secrets are `***`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from app.kit.clock import written
from app.masking import masked

COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "31"}  # SGR codes
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@runtime_checkable
class HasFields(Protocol):
    """An argument of a log record that also gives its values by name."""

    @property
    def fields(self) -> Mapping[str, object]: ...


def log_config(form: str = "text", level: str = "info", *, coloured: bool = False) -> dict[str, object]:
    """The configuration for `logging.config.dictConfig`; uvicorn applies it in each worker.

    `form` is `text` or `json`, `level` that of our own loggers. The steps of a migration are logged, too.
    """
    formatter: dict[str, object] = {"()": Json} if form == "json" else {"()": Text, "coloured": coloured}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": formatter},
        "filters": {"steps": {"()": MigrationSteps}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "nashra": {"level": level.upper()},
            "alembic.runtime.migration": {"level": level.upper(), "filters": ["steps"]},
        },
    }


class Text(logging.Formatter):
    """A line of text; warnings and errors are coloured when `coloured`."""

    def __init__(self, coloured: bool) -> None:
        super().__init__(TEXT)
        self.coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        line = masked(super().format(record))
        colour = COLOURS.get(record.levelname) if self.coloured else None
        return f"\x1b[{colour}m{line}\x1b[0m" if colour else line


class Json(logging.Formatter):
    """One JSON object: `time`, `level`, `logger`, `message`, values of a request, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": written(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for argument in record.args if isinstance(record.args, tuple) else ():
            if isinstance(argument, HasFields):
                entry |= argument.fields
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        # Each value by itself: JSON writes some characters of a password in another way.
        shown = {name: masked(value) if isinstance(value, str) else value for name, value in entry.items()}
        return json.dumps(shown, ensure_ascii=False, default=lambda value: masked(str(value)))


class MigrationSteps(logging.Filter):
    """Of what Alembic says only its steps: `Running upgrade 0001 -> 0002, create comments`."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO or record.getMessage().startswith("Running")
