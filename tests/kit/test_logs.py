"""Logs: text for people, in colours at a terminal, and JSON for programs."""

from __future__ import annotations

import io
import json
import logging
import sys
from ipaddress import ip_address
from logging.config import dictConfig

import pytest

from app.kit.logs import Json, MigrationSteps, Text, log_config
from app.kit.middleware import log_line
from app.settings import wants_colour


def record(level: int, text: str, *arguments: object, name: str = "nashra") -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, text, arguments, None)


def test_json_is_one_object_a_line_with_the_values_of_the_request() -> None:
    scope = {"type": "http", "method": "GET", "state": {"request_id": "abc", "address": ip_address("192.0.2.7")}}
    line = Json().format(record(logging.INFO, "%s", log_line(scope, 404, 0.0012, "/v1/articles/{slug}")))
    entry = json.loads(line)
    assert "\n" not in line
    assert {name: entry[name] for name in ("level", "logger", "method", "route", "status", "request_id", "from")} == {
        "level": "info",
        "logger": "nashra",
        "method": "GET",
        "route": "/v1/articles/{slug}",
        "status": 404,
        "request_id": "abc",
        "from": "192.0.2.0",
    }
    assert entry["milliseconds"] == 1.2
    assert entry["time"].endswith("Z")
    assert entry["message"] == "GET /v1/articles/{slug} 404 1.2ms from=192.0.2.0 request_id=abc"


def test_json_keeps_a_traceback_in_its_line() -> None:
    try:
        raise ValueError("عطل")
    except ValueError:
        failed = logging.LogRecord("nashra", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    line = Json().format(failed)
    assert "\n" not in line
    assert "ValueError: عطل" in json.loads(line)["exception"]


def test_colours_are_for_warnings_and_errors_where_they_are_wanted() -> None:
    warning = record(logging.WARNING, "slow")
    assert Text(coloured=True).format(warning).startswith("\x1b[33m")
    assert "\x1b" not in Text(coloured=False).format(warning)
    assert "\x1b" not in Text(coloured=True).format(record(logging.INFO, "ready"))


def test_no_color_and_a_dumb_terminal_are_respected() -> None:
    assert wants_colour({"TERM": "xterm"})
    assert not wants_colour({"TERM": "xterm", "NO_COLOR": "1"})
    assert not wants_colour({"TERM": "dumb"})


def test_only_the_steps_of_a_migration_are_told() -> None:
    steps = MigrationSteps()
    assert steps.filter(record(logging.INFO, "Running upgrade  -> 0001_newsroom"))
    assert not steps.filter(record(logging.INFO, "Context impl SQLiteImpl."))
    assert steps.filter(record(logging.WARNING, "anything"))


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_configuration_can_be_applied_in_a_process(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    ours = logging.getLogger("nashra")
    kept = (logging.root.handlers[:], logging.root.level, ours.level)
    try:
        dictConfig(log_config(form, "info"))
        ours.info("ready")
    finally:
        logging.root.handlers[:], level, ours_level = kept
        logging.root.setLevel(level)
        ours.setLevel(ours_level)
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["message"] == "ready" if form == "json" else line.endswith("INFO nashra ready")
