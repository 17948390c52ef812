"""A newsroom with everything that has broken somebody's feed: what the judges read too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.kit import clock
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

RLM = "\u200f"
TITLE = f"سوق & «طنجة» <b>اليوم</b> ]]> {RLM}3 < 4 👩‍🚀 &amp; &#x26;"
SUMMARY = 'ملخّص & "اقتباس" <script>alert(1)</script> ]]> 🌙'
BODY = (
    '<p>متن & <a href="/قسم/طنجة?س=1&amp;b=2">رابط نسبي</a> ]]&gt; <em>href="/x"</em> 👩‍🚀</p>'
    '<p><a href="#e-1">في الصفحة</a> <a href="mailto:a@example.com">بريد</a>'
    ' <a href="https://example.org/مسار">بعيد</a></p><img src="/صور/أولى.jpg" alt="صورة &quot;أولى&quot;">'
)
CONTROLS = "أحرف\x01\x0b\x1f\ufffe\uffff ممنوعة"
HIDDEN = ("لا-يراه-أحد", "متن-مدفوع", "مما-لا-يعاد-نشره", "صورة-ممنوعة")


async def fill_newsroom(newsroom: Newsroom) -> dict[str, Any]:
    """Articles of every kind that feeds treat in another way; returns them by what they are."""
    newsroom.set(comments="open", comments_rate=(), comments_require_email=False)
    picture = await undecoded_picture(newsroom, alt='قرص & "قمر" <i>')
    kept = await undecoded_picture(newsroom, alt="صورة-ممنوعة")
    await newsroom.desk("PATCH", f"/media/{kept}", {"rights": {"syndication": "no"}}, if_match="*")
    await newsroom.section("علوم", name="علوم & صحّة")
    await newsroom.tag("فلك", name="فلك <قديم>")
    for slug in ("ليلى", "سامر"):
        await newsroom.author(slug, name=f"{slug} & رفاق")
    rights = {"holder": "وكالة & شركاء", "notice": "© 2026 وكالة", "usage": "للنشر <مرة> واحدة"}
    plain: dict[str, Any] = {
        "section": "علوم",
        "tags": ["فلك"],
        "authors": ["ليلى", "سامر"],
        "summary": SUMMARY,
        "rights": rights,
    }
    found = {
        "hostile": await newsroom.published(
            TITLE, **plain, body=BODY, lead_image={"id": picture, "caption": "شرح & <b>"}, media=[{"id": picture}]
        ),
        "paid": await newsroom.published("مدفوع", access="paid", summary="ملخّص مدفوع", body="<p>متن-مدفوع</p>"),
        "refused": await newsroom.published(
            "لا يعاد نشره",
            summary="ملخّصه",
            body=f'<p>مما-لا-يعاد-نشره</p><img data-media="{picture}">',
            lead_image={"id": picture},
            rights={"syndication": "no"},
        ),
        "expired": await newsroom.published(
            "انتهى حقه",
            body="<p>مما-لا-يعاد-نشره</p>",
            rights={"expires_at": clock.written(clock.now() - timedelta(days=1))},
        ),
        "with_kept": await newsroom.published(
            "فيه صورة ممنوعة", body=f'<p>متن حرّ</p><img data-media="{kept}">', lead_image={"id": kept}
        ),
        "recorded": await newsroom.published(
            "مسموع",
            media=[
                {"kind": "audio", "url": "https://media.example/a.mp3", "mime_type": "audio/mpeg", "title": "صوت"},
                {"kind": "video", "url": "https://media.example/فيديو.mp4", "mime_type": "video/mp4", "title": "م"},
                {"url": "https://img.example/b.jpg", "alt": "صورة"},
            ],
        ),
        "corrected": await newsroom.published("مصحّح", language="en", summary="Corrected & <well>"),
        "live": await newsroom.published("تغطية", kind="live"),
        "withdrawn": await newsroom.published("لا-يراه-أحد"),
    }
    note = {"kind": "correction", "note": "صُحّح الرقم <3> & غيره."}
    await newsroom.desk("POST", f"/articles/{found['corrected']['id']}/correct", note, if_match="*")
    for headline in ("نبأ <أول> & ثان", None):
        entry = {"headline": headline, "body": BODY, "status": "published", "authors": ["ليلى"]}
        await newsroom.desk("POST", f"/articles/{found['live']['id']}/entries", entry)
    for name, body in (("سلمى <x> & y", "تعليق <b>1</b> & ]]> https://example.org/?a=1&b=2"), ("ريم", "سطر\n\nسطر")):
        form = {"author_name": name, "body": body}
        sent = await newsroom.client.post(f"/v1/articles/{found['hostile']['id']}/comments", json=form)
        assert sent.status_code == 201, sent.text
    await newsroom.act(found["withdrawn"], "withdraw", {"reason": "خطأ & <سحب>"})
    await newsroom.fill([clock.now() - timedelta(days=1)], headline=CONTROLS, summary=CONTROLS)
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل & <x>", "rules": [{"urgency_max": 5}]})
    await newsroom.desk("POST", "/tickers/عاجل/items", {"text": "سطر & <b>"})
    slots = [{"name": "lead", "max": 9, "rule": {"languages": ["ar", "en"]}}]
    await newsroom.desk("PUT", "/fronts/home", {"name": "الرئيسية & <x>", "slots": slots})
    link = {"url": "https://example.org/مسار", "headline": "رابط & <b>", "image": {"id": picture}}
    await newsroom.desk("POST", "/fronts/home/slots/lead/items", link)
    return found


def feeds_of(found: dict[str, Any]) -> list[str]:
    """A feed of each family."""
    return [
        "articles", "sections/علوم", "tags/فلك", "authors/ليلى", "tickers/عاجل", "fronts/home",
        f"comments/{found['hostile']['slug']}", f"entries/{found['live']['slug']}", "search",
    ]  # fmt: skip
