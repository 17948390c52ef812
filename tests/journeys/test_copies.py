"""The Python program of the guide to copies, as a reader copies it: a newsroom at work, an unreliable way to it."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import guides
from tests.copying import GUIDE, Desk, Program, Things, Way, agree, demo, desk, way

__all__ = ["demo", "desk", "way"]  # fixtures
(PROGRAM,) = guides.blocks(GUIDE, "python")


class Copy(Program):
    """The program, and what it keeps."""

    def __init__(self, folder: Path, way: Way) -> None:
        super().__init__(folder, way, [sys.executable, "mirror.py"], PROGRAM)

    def read(self, query: str) -> list[Any]:
        database = sqlite3.connect(self.folder / "copy.db")
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def shown(self) -> Things:
        return {id: json.loads(value) for id, value in self.read("SELECT id, object FROM shown")}


@pytest.fixture
def copy(tmp_path: Path, way: Way) -> Copy:
    return Copy(tmp_path, way)


def test_it_copies_and_follows(copy: Copy, desk: Desk) -> None:
    assert "things" in copy.run(), copy.stderr
    agree(copy.shown(), desk.delivered())
    stays, goes = desk.publish("يبقى", section="ثقافة"), desk.publish("يزول", section="ثقافة")
    taken = desk.publish("يُسحب", section="ثقافة")
    form = {"author_name": "سلمى", "author_email": "s@example.com", "body": "تعليق على خبر"}
    comments = [desk.comment(id, form) for id in (stays, goes)]
    assert copy.run().count("taken down") == 0
    agree(copy.shown(), desk.delivered())
    desk.write("PATCH", f"/articles/{stays}", {"headline": "يبقى معدّلًا"})
    desk.write("POST", f"/comments/{comments[0]}/reject", {})
    desk.write("POST", f"/articles/{goes}/unpublish", {})
    desk.write("POST", f"/articles/{taken}/withdraw", {"reason": "سُحب الخبر."})
    printed = copy.run()
    assert f"taken down: {goes} unpublished" in printed
    assert f"taken down: {taken} withdrawn" in printed
    agree(copy.shown(), desk.delivered())
    assert copy.shown()[stays]["headline"] == "يبقى معدّلًا"
    assert [row[::2] for row in copy.read("SELECT * FROM withdrawn")] == [(taken, "سُحب الخبر.")]
    desk.write("POST", f"/articles/{goes}/publish", {})
    copy.run()
    agree(copy.shown(), desk.delivered())


def test_it_waits_and_tries_again(copy: Copy, desk: Desk) -> None:
    printed = copy.run(503, "lost", 429)
    assert "things" in printed, copy.stderr
    agree(copy.shown(), desk.delivered())


def fill(desk: Desk) -> None:
    """More than one page."""
    for number in range(130 - min(130, len(desk.delivered()))):
        desk.publish(f"خبر {number}", section="ثقافة")


def test_after_a_crash_it_goes_on_from_the_last_page_that_it_stored(copy: Copy, desk: Desk) -> None:
    fill(desk)
    copy.run(200)  # no page, although it says that it is: nothing of it may be stored
    assert copy.stderr
    assert copy.read("SELECT count(*) FROM copies") == [(0,)]
    copy.run(None, 400)
    assert copy.stderr
    assert 0 < len(copy.shown()) <= 100
    copy.way.asked.clear()
    copy.run()
    assert "since=" in copy.way.asked[0]
    agree(copy.shown(), desk.delivered())


def test_it_starts_again_into_a_new_copy_and_takes_down_what_it_was_not_told(copy: Copy, desk: Desk) -> None:
    fill(desk)
    missed = desk.publish("سيُفقد", section="ثقافة")
    copy.run()
    before = copy.shown()
    assert len(before) > 100, "several pages"
    desk.write("POST", f"/articles/{missed}/unpublish", {})
    copy.run(410, None, 400)  # it breaks off after the first page of the new copy
    assert copy.shown() == before, "the old copy is served until the new one is whole"
    assert f"taken down: {missed}" in copy.run()
    agree(copy.shown(), desk.delivered())
    assert copy.read("SELECT DISTINCT copy FROM things") == [(2,)]
    assert copy.read("SELECT count(*) FROM copies") == [(1,)]
