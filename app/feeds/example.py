"""The examples of the OpenAPI document: one feed, by each writer."""

from __future__ import annotations

import json

from app.feeds.addresses import ATOM, JSON_FEED, NINJS, RSS, FeedFormat
from app.feeds.atom import write_atom
from app.feeds.json_feed import write_json_feed
from app.feeds.ninjs import write_ninjs
from app.feeds.rss import write_rss
from app.feeds.values import Feed, Item, Person

MOMENT = "2026-11-23T18:24:05.000Z"
SITE, FEEDS = "https://news.example.org", "https://api.example.org/feeds/articles"


def _feed(format: FeedFormat) -> Feed:
    item = Item(
        id="urn:uuid:01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",
        title="المرصد يرصد لؤلؤة الخريف",
        published=MOMENT,
        updated=MOMENT,
        language="ar",
        direction="rtl",
        url=f"{SITE}/a/pearl",
        summary="ثلاث ساعات من الرصد المفتوح.",
        authors=(Person(None, "هدى بن منصور"),),
    )
    self_url = f"{FEEDS}.{format.suffix}"
    return Feed(
        id="urn:uuid:3f942174-dff7-5e89-a9a1-3ad56be6b25c",
        title="نشرة",
        url=f"{SITE}/",
        self_url=self_url,
        first_url=self_url,
        language="ar",
        direction="rtl",
        publisher=Person(None, "نشرة", SITE),
        updated=MOMENT,
        items=(item,),
    )


EXAMPLES: dict[FeedFormat, object] = {
    RSS: write_rss(_feed(RSS)).decode(),
    ATOM: write_atom(_feed(ATOM)).decode(),
    JSON_FEED: json.loads(write_json_feed(_feed(JSON_FEED))),
    NINJS: json.loads(write_ninjs(_feed(NINJS))),
}
