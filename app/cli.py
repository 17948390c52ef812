"""The front door for the shell: `./nashra COMMAND`. Help and completion need the standard library only."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from app.commands.options import parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Known errors are printed without a traceback."""
    options = parsed(arguments)
    if not getattr(options, "needs_installation", True):
        from app.commands.completion import write

        return write(options)
    gc.disable()  # until it is imported: a sixth of the start is looking for garbage among modules
    from app.commands.running import run  # late: it imports the application

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
