"""Feeds as six readers of other people read them: no error, no warning, every item with its id and its words."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.feeds.hostile import feeds_of, fill_newsroom
from tests.feeds.reading import ReadFeed, read
from tests.newsroom import Newsroom

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what they import
    import fastfeedparser
    import feedparser
    import feedparser_sgmllib

    # The copy of feedparser within `reader` looks for this module under its former name, of which there is no wheel.
    sys.modules.setdefault("sgmllib", feedparser_sgmllib)
    import reader

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("default")]
HERE = Path(__file__).parent
QUERIES = {"full": "full=true&limit=100&q=متن", "page": "limit=2&q=خبر", "gone": "tombstones=true&q=متن"}
ADDRESSES = {
    "site_url": "https://news.example.org",
    "api_url": "https://api.example.org",
    "media_url": "https://img.example.org",
}


@pytest.fixture
async def folder(lone_newsroom: Newsroom, tmp_path: Path) -> Path:
    """The feeds of a newsroom whose texts have broken others'."""
    lone_newsroom.set(**ADDRESSES)
    found, folder = await fill_newsroom(lone_newsroom), tmp_path / "feeds"
    folder.mkdir()
    for feed in feeds_of(found):
        for format in ("rss", "atom", "json"):
            for name, query in QUERIES.items():
                answer = await lone_newsroom.get(f"/feeds/{feed}.{format}?{query}")
                (folder / f"{feed.partition('/')[0]}-{name}.{format}").write_bytes(answer.content)
    return folder


def files(folder: Path, *formats: str) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.removeprefix(".") in formats)


def expected(path: Path) -> ReadFeed:
    return read(path.suffix.removeprefix("."), path.read_bytes())


def ids(feed: ReadFeed) -> list[str]:
    return [item.id for item in feed.items]


async def test_feedparser_has_nothing_to_mend(folder: Path) -> None:
    for path in files(folder, "rss", "atom"):
        found, wanted = feedparser.parse(path.read_bytes()), expected(path)
        assert not found.bozo, (path.name, found.get("bozo_exception"))
        assert found.version == {".rss": "rss20", ".atom": "atom10"}[path.suffix]
        assert [entry.id for entry in found.entries] == ids(wanted)
        assert [unescape(entry.title) for entry in found.entries] == [unescape(item.title) for item in wanted.items]
        assert all(entry.updated_parsed and entry.published_parsed for entry in found.entries)


async def test_reader_stores_every_entry(folder: Path) -> None:
    for path in files(folder, "rss", "atom", "json"):
        library: Any = reader.make_reader(":memory:", feed_root="")
        library.add_feed(str(path))
        library.update_feeds()
        feed, wanted = library.get_feed(str(path)), expected(path)
        assert feed.last_exception is None, (path.name, feed.last_exception)
        entries = {entry.id: entry for entry in library.get_entries()}
        assert set(entries) == set(ids(wanted))
        assert all(entry.published and entry.updated for entry in entries.values())


async def test_fastfeedparser_finds_every_entry(folder: Path) -> None:
    for path in files(folder, "rss", "atom", "json"):
        found = fastfeedparser.parse(path.read_text("utf-8"))
        assert [entry["id"] for entry in found.entries] == ids(expected(path)), path.name


async def test_readers_of_javascript_find_every_item(folder: Path) -> None:
    ran = subprocess.run(
        ["node", HERE / "feeds.mjs", folder], capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    for path in files(folder, "rss", "atom", "json"):
        one, wanted = found[path.name], ids(expected(path))
        assert one["format"] == path.suffix.removeprefix(".")
        assert one["feedsmith"] == one["extractus"] == wanted, path.name
        assert one["rss-parser"] in (wanted, None), path.name
