"""Example values of the OpenAPI document: the same newsroom wherever a person reads, in Arabic."""

from __future__ import annotations

import json
from pathlib import Path

from app.articles.jsonld import jsonld_of
from app.kit.examples import ExampleValues
from app.settings import Settings

RECORDED = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
SITE_URL = "https://news.example.org"
VIDEO: dict[str, object] = {
    "kind": "video",
    "url": "https://media.example.org/atlas/dome.mp4",
    "poster": None,
    "title": "قبّة المرصد تنفتح لأول مرة",
    "duration_seconds": 95,
    "mime_type": "video/mp4",
    "tracks": [
        {
            "kind": "captions",
            "language": "ar",
            "direction": "rtl",
            "label": "العربية",
            "url": "https://media.example.org/atlas/dome.ar.vtt",
        }
    ],
    "transcript_url": None,
    "language": "ar",
    "direction": "rtl",
}
RECORDED["Article"]["media"] = [VIDEO | {"poster": RECORDED["Article"]["lead_image"]}]
PLACEMENT = {
    "resource": "front",
    "id": "01a22369-7385-73d9-93f5-a94d3ef20146",
    "title": "الرئيسية",
    "kind": "words",
    "item_id": "01a22369-7413-7396-9e49-3bff1650fdb2",
    "place": "lead",
    "text": "لؤلؤة فوق تدمر",
    "is_public": True,
}
ARTICLE, AUTHOR, ITEM = (RECORDED[name] for name in ("Article", "Author", "DeskTickerItem"))
RECORDED |= {
    "CommentCreated": {"comment": RECORDED["Comment"] | {"reply_count": 0, "replies": {"data": [], "next": None}}},
    "ArticlePreview": {name: value for name, value in ARTICLE.items() if name != "display"}
    | {"status": "in_review", **dict.fromkeys(("published_at", "first_published_at", "revised_at"))},
    "DeskArticleWithPlacements": RECORDED["DeskArticle"] | {"placements": [PLACEMENT]},
    "DeskTickerItemSaved": ITEM | {"ticker_version": 12, "warnings": []},
    "Job": {
        "kind": "jobs.sweep",
        "lane": "slow",
        "state": "waiting",
        "key": "periodic",
        "payload": {},
        "attempts": 1,
        "leased_until": None,
        "worker": None,
        "last_error": "OperationalError: database is locked",
        "ended_at": None,
    },
    "NewsArticle": jsonld_of(ARTICLE, Settings(site_url=SITE_URL)),
    "PageInfo": {"next": None, "limit": 20, "total": None},
    "ResolvedAddress": {
        "resource": "article",
        **{name: ARTICLE[name] for name in ("id", "slug", "url")},
        "moved": False,
    },
    "Partial": {name: ARTICLE[name] for name in ("id", "headline")},
}
# For what is not recorded, by property.
FIELDS: dict[str, object] = {
    **{name: ARTICLE[name] for name in ("headline", "short_headline", "summary", "byline", "slug", "url", "language")},
    **{name: AUTHOR[name] for name in ("name", "bio", "description")},
    "author_name": "أبو وسيم",
    "author_email": "abu.wasim@example.com",
    "member_name": "مكتب التحرير",
    "text": "مرصد",
    "body": "شكرًا على هذا الخبر.",
    "body_html": "<p>شكرًا على هذا الخبر.</p>",
    "note": "صُحّح اسم المرصد في الفقرة الأولى.",
    "reason": "نُشر الخبر قبل التحقق من مصدره.",
    "direction": "rtl",
    "message": "The text is longer than recommended.",
    "code": "long_text",
    "action": "article.publish",
    "resource": "article",
    "field": "headline",
    "count": 3,
    "since": "9f1c24ab.1a4.00000000",
    "next": None,
    "limit": 20,
}
PARAMETERS: dict[str, object] = {
    "article_id": ARTICLE["id"],
    "article_slug": ARTICLE["slug"],
    "author_slug": AUTHOR["slug"],
    "comment_id": RECORDED["CommentDetail"]["id"],
    "item_id": ITEM["id"],
    "section_slug": RECORDED["Section"]["slug"],
    "staff_id": RECORDED["Member"]["id"],
    "tag_slug": RECORDED["Tag"]["slug"],
    "ticker_slug": RECORDED["Ticker"]["slug"],
    "token_id": RECORDED["Token"]["id"],
    "section": RECORDED["Section"]["slug"],
    "tag": ",".join(tag["slug"] for tag in ARTICLE["tags"]),
    "author": AUTHOR["slug"],
    "article": ARTICLE["slug"],
    "articles": ARTICLE["id"],
    "ids": ARTICLE["id"],
    "language": "ar",
    "display": "ar-SY",
    "published_after": "2026-11-23T00:00:00Z",
    "published_before": "2026-11-24T00:00:00Z",
    "updated_after": "2026-11-23T18:00:00Z",
    "urgency_max": 3,
}
EXAMPLES = ExampleValues(RECORDED, FIELDS, PARAMETERS)
