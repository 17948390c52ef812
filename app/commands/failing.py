"""How a command ends with a message: one or two lines on standard error, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NoReturn

from app.masking import masked

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_PIPE = 1, 2, 130, 141
LIKENESS = 0.6  # `get_close_matches` cutoff, 0 to 1


def fail(text: str, code: int = EXIT_FAILED) -> NoReturn:
    print(masked(f"nashra: {text}"), file=sys.stderr)
    raise SystemExit(code)


def suggestion(name: str, known: Iterable[str]) -> str:
    """` Did you mean …?` with the known name most like `name`, or nothing."""
    found = get_close_matches(name, list(known), 1, LIKENESS)
    return f" Did you mean {found[0]}?" if found else ""
