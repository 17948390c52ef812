"""Runs the child process (subprocess) that decodes pictures: time limit, bounded output, nothing of it survives.

Its other limits are its own (`decoding/limits.py`). The server never imports Pillow.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.media.faults import DecoderFailed, ImageInvalid, ImageTooLarge

log = logging.getLogger("nashra")

WALL_TIME = 30.0  # seconds
LONGEST_ANSWER, LONGEST_LOG = 2**20, 4096  # bytes
_ROOT = Path(__file__).resolve().parents[2]
# Isolated (-I): neither the working folder nor the environment says what is imported.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from app.media.decoding.main import main; main()"
# Windows needs its own variables to start a process at all.
_ENVIRONMENT: dict[str, str] | None = None if sys.platform == "win32" else {}


async def run(plan: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The child's outcome for a plan; it writes into `folder`. Raises ImageInvalid, ImageTooLarge and DecoderFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-X", "utf8", "-c", _START, str(_ROOT),
        cwd=folder, env=_ENVIRONMENT, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WALL_TIME):
            answer, words = await _talk(process, json.dumps(plan | {"parent": os.getpid()}).encode())
    except TimeoutError:
        raise ImageTooLarge("time", plan["max_pixels"]) from None
    finally:
        await _end(process)
    if words:
        # As Python writes it: what a file says must not look like lines of the log.
        level = logging.WARNING if process.returncode else logging.INFO
        log.log(level, "decoding a picture: %r", words.decode("utf-8", "replace"))
    return _outcome(process.returncode, answer, plan["max_pixels"])


async def _talk(process: Process, plan: bytes) -> tuple[bytes, bytes]:
    assert process.stdin is not None  # noqa: S101 - pipes were asked for
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    with suppress(ConnectionError):  # a child that is dead already says so by its status
        process.stdin.write(plan)
        await process.stdin.drain()
    process.stdin.close()
    answer, words = await asyncio.gather(_read(process.stdout, LONGEST_ANSWER), _read(process.stderr, LONGEST_LOG))
    await process.wait()
    return answer, words


async def _read(stream: asyncio.StreamReader, most: int) -> bytes:
    """The beginning of a stream, which is read to its end: else its writer would wait for ever."""
    kept = b""
    while part := await stream.read(65_536):
        kept += part[: most - len(kept)]
    return kept


async def _end(process: Process) -> None:
    """Kills the process and all that it started; waits until it is gone."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _outcome(status: int | None, answer: bytes, limit: int) -> dict[str, Any]:
    if status == 0:
        outcome: dict[str, Any] = json.loads(answer)
        return outcome
    if sys.platform == "win32" or status is None or status > 0:
        raise DecoderFailed(f"the decoder ended with status {status}")
    if -status == signal.SIGXCPU:
        raise ImageTooLarge("time", limit)
    if -status == signal.SIGKILL:  # the system was out of memory, or the hard limit of the processor's time
        raise ImageTooLarge("memory", limit)
    raise ImageInvalid("crashed")
