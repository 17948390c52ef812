"""The JavaScript program of the guide to copies, run by Node against a newsroom at work and an unreliable way to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import guides
from tests.copying import GUIDE, Desk, Program, Things, Way, agree, demo, desk, way

__all__ = ["demo", "desk", "way"]  # fixtures
(PROGRAM,) = guides.blocks(GUIDE, "js")


class Copy(Program):
    """The program, and what it keeps."""

    def __init__(self, folder: Path, way: Way) -> None:
        super().__init__(folder, way, ["node", "mirror.mjs"], PROGRAM)

    def state(self) -> Any:
        return json.loads((self.folder / "copy.json").read_text("utf-8"))

    def shown(self) -> Things:
        return {id: thing["object"] for id, thing in self.state()["whole"]["things"]}


@pytest.fixture
def copy(tmp_path: Path, way: Way) -> Copy:
    return Copy(tmp_path, way)


def test_it_copies_and_follows(copy: Copy, desk: Desk) -> None:
    assert "things" in copy.run(503, "lost", 429), copy.stderr
    agree(copy.shown(), desk.delivered())
    stays, goes = desk.publish("يبقى", section="ثقافة"), desk.publish("يزول", section="ثقافة")
    form = {"author_name": "سلمى", "author_email": "s@example.com", "body": "تعليق على خبر"}
    comments = [desk.comment(id, form) for id in (stays, goes)]
    copy.run()
    agree(copy.shown(), desk.delivered())
    desk.write("PATCH", f"/articles/{stays}", {"headline": "يبقى معدّلًا"})
    desk.write("POST", f"/comments/{comments[0]}/reject", {})
    desk.write("POST", f"/articles/{goes}/withdraw", {"reason": "سُحب الخبر."})
    assert f"taken down: {goes} withdrawn" in copy.run()
    agree(copy.shown(), desk.delivered())


def test_it_starts_again_beside_the_old_copy_and_takes_down_what_it_was_not_told(copy: Copy, desk: Desk) -> None:
    for number in range(130 - min(130, len(desk.delivered()))):
        desk.publish(f"خبر {number}", section="ثقافة")
    missed = desk.publish("سيُفقد", section="ثقافة")
    copy.run()
    before = copy.state()
    desk.write("POST", f"/articles/{missed}/unpublish", {})
    copy.run(410, None, 400)  # it breaks off after the first page of the new copy
    assert copy.stderr
    assert copy.state()["whole"] == before["whole"]
    assert f"taken down: {missed}" in copy.run(410)
    assert copy.state()["next"] is None
    agree(copy.shown(), desk.delivered())
