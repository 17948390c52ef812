"""While a feed of long texts is made, other requests get the event loop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from typing import Any

import pytest
from pydantic_core import to_json

from app.feeds import json_text, router, xml
from app.feeds.addresses import FORMATS, FeedFormat
from app.feeds.values import Feed
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
LONG = 30_000  # bytes of a text


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.suffix)
async def test_a_feed_of_whole_texts_is_written_in_a_thread(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, format: FeedFormat
) -> None:
    await newsroom.published()
    threads, write = list[Thread](), router.WRITERS[format]

    def watched(feed: Feed) -> bytes:
        threads.append(current_thread())
        return write(feed)

    monkeypatch.setitem(router.WRITERS, format, watched)
    await newsroom.get(f"/feeds/articles.{format.suffix}?full=true")
    assert len(threads) == 1
    assert threads[0] is not main_thread()


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.suffix)
async def test_no_single_call_writes_more_than_one_item(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, format: FeedFormat
) -> None:
    for number in range(3):
        await newsroom.published(f"خبر {number}", body=f"<p>{'x' * LONG}</p>")
    sizes = list[int]()

    def watched(write: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
        def call(value: Any) -> bytes:
            sizes.append(len(content := write(value)))
            return content

        return call

    monkeypatch.setattr(xml, "legal", watched(xml.legal))
    monkeypatch.setattr(json_text, "to_json", watched(to_json))
    await newsroom.get(f"/feeds/articles.{format.suffix}?full=true")
    assert LONG < max(sizes) < 2 * LONG
