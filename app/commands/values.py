"""Values of options: what a text on the command line stands for. The standard library only."""

from __future__ import annotations

import argparse


def port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port: it must be between 0 and 65535")
    return int(text)


def positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)
