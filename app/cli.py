"""The front door for the shell: `./nashra COMMAND`. Help and completion need the standard library only."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.commands.options import parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Known errors are printed without a traceback."""
    options = parsed(arguments)
    if not getattr(options, "needs_installation", True):
        from app.commands.completion import write

        return write(options)
    from app.kit.garbage import pause_collection  # late, as is what imports the application

    pause_collection()
    from app.commands.running import run

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
