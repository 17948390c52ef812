"""The child process: its limits hold, it ends in time and with its parent, and the server never imports Pillow."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.kit.migrations import ROOT
from app.media import process
from app.media.faults import DecoderFailed, ImageInvalid, ImageTooLarge
from tests.media.drawn import PLAN, decoded, png_bomb, quarters, written

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux about a process")
LIMITED = (
    "import json, os, resource, sys; sys.path.insert(0, sys.argv[1]); from app.media.decoding import limits;"
    " limits.apply(os.getppid());"
    " names = 'AS CPU FSIZE CORE'.split();"
    " print(json.dumps([resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[0] for name in names] + [os.nice(0)]))"
)
WAITING = (
    "import os, sys, time; sys.path.insert(0, sys.argv[1]); from app.media.decoding import limits;"
    " limits.apply(os.getppid()); print(os.getpid(), flush=True); time.sleep(60)"
)
PARENT = (
    "import subprocess, sys, time;"
    " subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]]); time.sleep(60)"
)  # fmt: skip


def test_the_server_does_not_import_pillow() -> None:
    asked = "import sys, app.media.pictures; print(sorted(n for n in sys.modules if n.split('.')[0] == 'PIL'))"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_child_imports_nothing_of_the_application_but_itself() -> None:
    asked = (
        "import sys; sys.path.insert(0, sys.argv[1]); import app.media.decoding.main, app.media.decoding.work;"
        " print(sorted(n for n in sys.modules if n.split('.')[0] == 'app'))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", asked, str(ROOT)], capture_output=True, text=True, check=True)
    loaded = set(json.loads(ran.stdout.replace("'", '"')))
    assert not {name for name in loaded if not name.startswith("app.media.decoding")} - {"app", "app.media"}


@linux
def test_the_child_has_its_limits() -> None:
    ran = subprocess.run([sys.executable, "-c", LIMITED, str(ROOT)], capture_output=True, text=True, check=True)
    memory, cpu, file, core, niceness = json.loads(ran.stdout)
    assert (memory, cpu, file, core) == (2**30, 30, 2**28, 0)
    assert niceness >= 10


@linux
def test_the_child_dies_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, WAITING, str(ROOT)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    assert _is_gone(child)


def _is_gone(child: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # gone, and whoever adopted it has not asked yet
            return True
        time.sleep(0.02)
    return False


async def test_a_child_that_takes_too_long_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WALL_TIME", 0.05)  # it needs longer only to import Pillow
    with pytest.raises(ImageTooLarge) as refused:
        await decoded(tmp_path, png_bomb(8_000), replace(PLAN, max_pixels=100_000_000))
    assert refused.value.reason == "time"
    assert _children() == []
    assert not list((tmp_path / "renditions").iterdir())


async def test_a_request_that_is_given_up_leaves_no_child(tmp_path: Path) -> None:
    slow = decoded(tmp_path, png_bomb(8_000), replace(PLAN, max_pixels=100_000_000))
    task = asyncio.create_task(slow)
    while not list(tmp_path.glob("renditions/.decoding-*")):
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _children() == []
    assert not list((tmp_path / "renditions").iterdir())
    assert (await decoded(tmp_path, written(quarters()))).names  # its slot was given back


def _children() -> list[int]:
    """Living children of this process."""
    if not sys.platform.startswith("linux"):
        return []
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "app.media.decoding" in line]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", ImageInvalid),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ImageTooLarge),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", ImageTooLarge),
        ("import no_such_library", DecoderFailed),
    ],
)
async def test_how_a_child_ends_says_whose_fault_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, fault: type[Exception]
) -> None:
    monkeypatch.setattr(process, "_START", code)
    with pytest.raises(fault):
        await decoded(tmp_path, written(quarters()))
    assert not list((tmp_path / "renditions").iterdir())


async def test_a_child_that_talks_without_end_fills_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    code = "import sys; sys.stderr.write('x' * 5_000_000); sys.stdout.write('y' * 5_000_000); sys.exit(3)"
    monkeypatch.setattr(process, "_START", code)
    with pytest.raises(DecoderFailed):
        await decoded(tmp_path, written(quarters()))
    assert len(caplog.text) < 5_000


async def test_the_environment_and_the_working_folder_say_nothing_to_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASHRA_SECRET_OF_THE_TEST", "x")
    code = "import os, sys; sys.exit(3 if 'NASHRA_SECRET_OF_THE_TEST' in os.environ or '' in sys.path else 4)"
    monkeypatch.setattr(process, "_START", code)
    with pytest.raises(DecoderFailed, match="status 4"):
        await decoded(tmp_path, written(quarters()))


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files")
async def test_a_disk_that_fails_is_no_fault_of_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_START", "import os; os.rmdir(os.getcwd())\n" + process._START)
    with pytest.raises(FileNotFoundError):
        await decoded(tmp_path, written(quarters()))
