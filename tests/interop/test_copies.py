"""The JavaScript program of the guide to copies, run by Node against a newsroom at work and an unreliable way to it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import guides, serving
from tests.copying import GUIDE, Desk, Things, Trouble, Way, agree, way_to

(PROGRAM,) = guides.blocks(GUIDE, "js")


class Copy:
    """A folder in which the program runs."""

    def __init__(self, folder: Path, way: Way) -> None:
        self.folder, self.way, self.stderr = folder, way, ""
        (folder / "mirror.mjs").write_text(PROGRAM, "utf-8")

    def run(self, *troubles: Trouble) -> str:
        """Run it once; what the next requests meet. Returns what it printed."""
        self.way.troubles = list(troubles)
        environment = {**guides.environment(self.way.demo), "NASHRA_URL": self.way.address}
        ran = subprocess.run(
            ["node", "mirror.mjs"],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        self.stderr = ran.stderr
        return ran.stdout

    def state(self) -> Any:
        return json.loads((self.folder / "copy.json").read_text("utf-8"))

    def shown(self) -> Things:
        return {id: thing["object"] for id, thing in self.state()["whole"]["things"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    with serving.demo(tmp_path_factory.mktemp("demo"), NASHRA_COMMENTS="open") as running:
        yield running


@pytest.fixture
def copy(tmp_path: Path, demo: serving.Demo) -> Iterator[Copy]:
    with way_to(demo) as way:
        yield Copy(tmp_path, way)


@pytest.fixture
def desk(demo: serving.Demo) -> Iterator[Desk]:
    with Desk(demo) as found:
        yield found


def test_it_copies_and_follows(copy: Copy, desk: Desk) -> None:
    assert "things" in copy.run(503, "lost", 429), copy.stderr
    agree(copy.shown(), desk.delivered())
    stays, goes = desk.publish("يبقى", section="ثقافة"), desk.publish("يزول", section="ثقافة")
    form = {"author_name": "سلمى", "author_email": "s@example.com", "body": "تعليق على خبر"}
    for id in (stays, goes):
        desk.reader.post(f"/v1/articles/{id}/comments", json=form).raise_for_status()
    copy.run()
    agree(copy.shown(), desk.delivered())
    desk.write("PATCH", f"/articles/{stays}", {"headline": "يبقى معدّلًا"})
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
