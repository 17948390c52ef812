"""The examples of the guides, as a reader copies them: fenced blocks of `docs/api/*.md`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from tests import serving

FOLDER = serving.ROOT / "docs" / "api"
# These two have tests of their own.
ELSEWHERE = {"clients", "quickstart"}


class Example(NamedTuple):
    """A block of a guide."""

    guide: str
    number: int
    """Counted from 1 over the blocks of its language in the guide."""
    text: str

    @property
    def is_endless(self) -> bool:
        """Whether it follows a stream until it is killed."""
        return "/stream" in self.text

    def __str__(self) -> str:
        return f"{self.guide}-{self.number}"


def blocks(guide: str, language: str) -> list[str]:
    """The fenced blocks of a guide in `sh`, `js` or `python`."""
    text = (FOLDER / f"{guide}.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def examples(language: str) -> Iterator[Example]:
    """The blocks of all guides in a language."""
    for path in sorted(FOLDER.glob("*.md")):
        if path.stem not in ELSEWHERE:
            for number, text in enumerate(blocks(path.stem, language), start=1):
                yield Example(path.stem, number, text)


def environment(demo: serving.Demo) -> dict[str, str]:
    """What a reader sets before the first example."""
    return {**os.environ, "NASHRA_URL": demo.address, "TOKEN": demo.token, "PYTHONUTF8": "1"}


# What stands in for curl, so that it need not be installed: the options of the guides, and no others. An error fails,
# unless `-i` shows its status.
CURL = (
    f"#!{sys.executable}\n"
    + """
import argparse, sys, urllib.parse, urllib.request
parser = argparse.ArgumentParser(allow_abbrev=False)
for name in "-s", "-i", "-N", "-G":
    parser.add_argument(name, action="store_true")
for name in "-X", "-d", "--data-binary", "--data-urlencode":
    parser.add_argument(name)
parser.add_argument("-H", action="append", default=[])
parser.add_argument("url")
asked = parser.parse_args()
assert asked.s
if asked.G:
    name, _, value = asked.data_urlencode.partition("=")
    asked.url += ("&" if "?" in asked.url else "?") + f"{name}={urllib.parse.quote(value, safe='')}"
url = urllib.parse.quote(asked.url, safe="".join(map(chr, range(33, 127))))
headers = dict(header.split(": ", 1) for header in asked.H)
sent = asked.d and asked.d.encode()
if asked.data_binary:
    with open(asked.data_binary.removeprefix("@"), "rb") as file:
        sent = file.read()
request = urllib.request.Request(url, sent, headers, method=asked.X)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    answer = opener.open(request, timeout=30)
except urllib.error.HTTPError as error:
    if not asked.i:
        raise
    answer = error
if asked.i:
    print("HTTP/1.1", answer.status, answer.headers, sep="\\n")
for line in answer:
    print(line.decode(), end="", flush=asked.N)
"""
)


def put_files(folder: Path) -> None:
    """What the examples call files of the reader."""
    Image.new("RGB", (64, 48), "#336699").save(folder / "picture.jpg")


def install(folder: Path, name: str, script: str) -> None:
    """Makes a command of a folder."""
    (folder / name).write_text(script, "utf-8")
    (folder / name).chmod(0o755)
