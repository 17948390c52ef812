"""Limits of the child process: memory, CPU, file size, priority (`setrlimit`, `nice`), and death with its parent.

They are set by the child itself before it imports Pillow: code that runs between fork and exec in the parent
(`preexec_fn`) can deadlock there. A system that does not have one of them works without it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

MEMORY = 2**30  # bytes of address space
CPU = 30  # seconds
FILE = 2**28  # bytes of one rendition
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def apply(parent: int) -> None:
    """Sets all limits for this process. Ends it when `parent` is gone already."""
    if sys.platform == "win32":
        return
    _die_with(parent)
    with suppress(OSError):
        os.nice(10)
    import resource  # does not exist on Windows

    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_CPU, CPU)
    _limit(resource.RLIMIT_FSIZE, FILE)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(which: int, most: int) -> None:
    import resource

    # macOS refuses some; a container may have set lower ones.
    with suppress(ValueError, OSError):
        resource.setrlimit(which, (most, most))


def _die_with(parent: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    import ctypes
    import signal

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
