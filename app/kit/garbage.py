"""Garbage collection at the start: off while modules are imported, and never among what they leave.

Python looks for garbage after every 700 new objects, and an import makes nothing but objects that stay: looking among
them takes a sixth of a start, and a full collection later would block the event loop for 0.1 s.
"""

from __future__ import annotations

import gc


def pause_collection() -> None:
    """Collect nothing until `resume_collection`: modules are about to be imported."""
    gc.disable()


def resume_collection(*, forget_present: bool = False) -> None:
    """Collect again. `forget_present`: never among what is there now, for a process that keeps it to its end."""
    if forget_present:
        gc.freeze()
    gc.enable()
