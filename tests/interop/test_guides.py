"""The JavaScript examples of the guides, run by Node against a demo newsroom."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import guides, serving

MODULES = Path(__file__).parent / "node_modules"
# What browsers have and Node has not.
EVENT_SOURCE = 'import { EventSource } from "eventsource";\nglobalThis.EventSource = EventSource;\n'
PROGRAMS = [example for example in guides.examples("js") if not example.is_endless]
ENDLESS = [example for example in guides.examples("js") if example.is_endless]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    with serving.demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def module(folder: Path, text: str) -> Path:
    """An example as a file that finds the installed packages."""
    (folder / "node_modules").symlink_to(MODULES)
    path = folder / "example.mjs"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("example", PROGRAMS, ids=str)
def test_an_example_runs(example: guides.Example, demo: serving.Demo, tmp_path: Path) -> None:
    guides.put_files(tmp_path)
    ran = subprocess.run(
        ["node", module(tmp_path, example.text)],
        cwd=tmp_path,
        env=guides.environment(demo),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout


@pytest.mark.parametrize("example", ENDLESS, ids=str)
def test_an_example_of_a_stream_shows_what_is_new(example: guides.Example, demo: serving.Demo, tmp_path: Path) -> None:
    path = module(tmp_path, EVENT_SOURCE + example.text)
    with subprocess.Popen(
        ["node", path], env=guides.environment(demo), stdout=subprocess.PIPE, encoding="utf-8"
    ) as following:
        assert following.stdout is not None
        try:
            assert any("]" in line for line in following.stdout)  # the ticker as it is
            add_item(demo, "خبر عاجل جديد")
            assert any("خبر عاجل جديد" in line for line in following.stdout)
        finally:
            following.kill()


def add_item(demo: serving.Demo, text: str) -> None:
    """Adds an item to the ticker of the examples."""
    url, headers = f"{demo.address}/v1/desk/tickers/عاجل/items", {"Authorization": f"Bearer {demo.token}"}
    httpx.post(url, json={"text": text, "level": "flash"}, headers=headers).raise_for_status()
