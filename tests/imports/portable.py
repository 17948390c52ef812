"""Exports and imports in memory, and a small newsroom that has some of everything."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.changes.models import ChangeLog
from app.exports.file import Output
from app.exports.newsroom import export
from app.imports.nashra import read_in
from app.imports.pictures import Originals
from app.imports.report import Report
from app.kit import clock
from app.kit.ids import new_id
from app.media.desk_repository import MediaToEdit
from app.media.models import Media, MediaFile
from app.media.names import new_key
from tests.comments.talk import Talk
from tests.newsroom import Newsroom

OPEN: dict[str, Any] = {"comments_rate": ()}
LineFields = dict[str, Any]


class Imported(Report):
    """A report with all its remarks."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        super().__init__(self.remarks.append)

    def of(self, outcome: str) -> dict[str, int]:
        return {kind: number for (kind, its), number in self.counts.items() if its == outcome and number}

    def told(self, *words: str) -> bool:
        """Whether one remark has all these words."""
        return any(all(word in remark for word in words) for remark in self.remarks)


async def exported(room: Newsroom, *, personal: bool = False) -> bytes:
    stream = io.BytesIO()
    await export(room.app.state.database, room.settings, Output(stream), personal=personal, progress=lambda *_: None)
    return stream.getvalue()


async def imported(room: Newsroom, file: bytes, *, dry_run: bool = False, originals: Path | None = None) -> Imported:
    """`originals`: the folder of `export --media`."""
    report = Imported()
    source, found = io.BytesIO(file), Originals(originals, room.app.state.pictures)
    await read_in(room.app.state.database, room.settings, source, report, found, dry_run=dry_run)
    return report


def lines_of(file: bytes) -> list[LineFields]:
    return [json.loads(line) for line in file.splitlines()]


def things_in(file: bytes) -> list[LineFields]:
    """All lines but header and end; members by name: each newsroom has an admin of its own."""
    lines = lines_of(file)
    names = {line["id"]: line["name"] for line in lines if line["kind"] == "member"}
    return [
        {
            **line,
            **({"member": names[line["member"]]} if "member" in line else {}),
            **({"contributors": [names[id] for id in line["contributors"]]} if "contributors" in line else {}),
        }
        for line in lines
        if line["kind"] not in {"header", "end", "member"}
    ]


def file_of(lines: Sequence[LineFields | bytes]) -> bytes:
    """A file of these lines with its end."""
    written = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
    whole = b"".join(line + b"\n" for line in written)
    end = {"kind": "end", "counts": {}, "digest": hashlib.sha256(whole).hexdigest()}
    return whole + json.dumps(end).encode() + b"\n"


async def head(room: Newsroom) -> int:
    """The sequence number of the last change."""
    async with room.app.state.database.connection() as connection:
        return int((await connection.execute(select(ChangeLog.head))).scalar_one())


async def withdrawn_picture(room: Newsroom, **fields: Any) -> Media:
    """Rows of a picture that was taken down: it has no file any more."""
    at = clock.now()
    size: dict[str, Any] = {"mime_type": "image/png", "bytes": 7, "width": 4, "height": 3, "animated": True}
    file = MediaFile(
        id=new_id(), sha256=new_key() + new_key(), name=f"{new_key()}.png", created_at=at, withdrawn_at=at, **size
    )
    words: dict[str, Any] = {
        "alt": "قبّة",
        "description": "سرّ",
        "photographer": "سلمى",
        "keywords": ["ليل"],
        "credit": "المرصد",
    }
    words |= {
        "rights": {"holder": "المرصد"},
        "focal_point": {"x": 0.5, "y": 0.25},
        "taken_at": at,
        "filename": "قبّة.png",
    }
    words |= {"withdrawn_at": at, "withdrawn_cause": "rights", "withdrawn_reason": "انتهى الترخيص."}
    picture = Media(
        **{"id": new_id(), "file_id": file.id, "key": new_key(), "recipe": "", "language": "ar", "placeholder": {}},
        **{"renditions": [], "member_id": room.members["admin"], "created_at": at, "changed_at": at, "version": 3},
        **words | fields,
    )
    async with room.app.state.database.transaction() as session:
        await MediaToEdit(session).add(file, picture)
    return picture


async def some_of_everything(room: Newsroom) -> dict[str, Any]:
    """Articles of every state, translations, corrections, redirects, a thread, a ticker. Returns some by name."""
    await withdrawn_picture(room)
    await room.section("علوم", position=2, image={"url": "https://cdn.example.com/s.jpg", "alt": "قبّة"})
    await room.section("فضاء", parent="علوم", description="ما فوق الغلاف الجوي")
    await room.tag("قديم", name="فلك")
    await room.desk("PUT", "/tags/قديم", {"name": "فلك", "slug": "فلك"}, if_match='"1"')
    await room.author("ليلى", bio="محرّرة", avatar={"url": "https://cdn.example.com/l.jpg"})
    image = {"url": "https://cdn.example.com/a.jpg", "alt": "قبّة", "focal_point": {"x": 0.25, "y": 0.5}}
    film: LineFields = {"kind": "video", "url": "https://cdn.example.com/a.mp4", "title": "القبّة", "poster": image}
    film |= {"tracks": [{"kind": "captions", "language": "en", "url": "https://cdn.example.com/a.vtt"}]}
    fields: LineFields = {
        "summary": "ملخص", "section": "فضاء", "sections": ["علوم"], "tags": ["فلك"], "authors": ["ليلى"],
        "lead_image": image, "media": [image, film], "rights": {"holder": "نشرة", "expires_at": "2030-01-01T00:00:00Z"},
        "content_warning": "مشاهد عنف", "embargo_until": "2020-01-01T00:00:00Z", "share_early": True,
        "editorial_note": "للشركاء", "subjects": [{"scheme": "medtop", "code": "13000000", "name": "علوم"}],
        "seo": {"title": "عنوان"}, "external_id": {"system": "wp", "id": "7"}, "urgency": 2,
        "body": '<h2>عنوان</h2><p onclick="x()">نص <b>مهم</b></p><script>x</script>',
    }  # fmt: skip
    story = await room.published("قبّة المرصد", **fields)
    story = await room.change(story, slug="قبة-جديدة")
    story = dict(
        (
            await room.desk(
                "POST",
                f"/articles/{story['id']}/correct",
                {"kind": "correction", "note": "صُحّح."},
                if_match=f'"{story["version"]}"',
            )
        ).json()
    )
    english = await room.published(
        "The dome", language="en", translation_of=story["id"], body_format="markdown", body="**Dome**"
    )
    live = await room.published("تغطية الليلة", kind="live", contributors=[room.members["admin"]])
    for number, status in enumerate(("published", "draft", "published")):
        content = {"headline": f"نبأ {number}", "body": "<p>ما جرى</p>", "authors": ["ليلى"], "status": status}
        one = (await room.desk("POST", f"/articles/{live['id']}/entries", {**content, "pinned": number or None})).json()
    await room.desk("POST", f"/articles/{live['id']}/entries/{one['id']}/correct", {"note": "صُحّح."}, if_match="*")
    await room.desk("POST", f"/articles/{live['id']}/live", {"ended_at": "2031-01-01T00:00:00Z"})
    for state in ("draft", "in_review", "scheduled", "withdrawn"):
        await room.in_state(state, headline=f"خبر {state}")
    gone = await room.act(await room.published("خبر حُذف"), "unpublish")
    await room.desk("DELETE", f"/articles/{gone['id']}", if_match=f'"{gone["version"]}"')
    talk = Talk(room, story)
    first = await talk.said(parent_id=None)
    reply = await talk.said(parent_id=first["id"])
    await talk.decide(await talk.said(parent_id=reply["id"]), "redact")
    await talk.decide(first, "reject")
    held = await talk.held()
    rules = [{"sections": ["علوم"], "tags": ["فلك"], "urgency_max": 4}]
    await room.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": rules})
    item = (await room.desk("POST", "/tickers/عاجل/items", {"text": "المرصد يفتح أبوابه", "level": "flash"})).json()
    second = (await room.desk("POST", "/tickers/عاجل/items", {"article": english["id"], "pinned": 1})).json()
    await room.desk("PUT", "/tickers/عاجل/order", {"items": [second["id"], story["id"], item["id"]]}, if_match='"3"')
    rule = {"tags": ["فلك"], "authors": ["ليلى"], "kinds": ["news"]}
    front = {"name": "الرئيسية", "slots": [{"name": "lead", "max": 3}, {"name": "rest", "rule": rule}]}
    await room.desk("PUT", "/fronts/old", {**front, "section": "علوم"})
    await room.desk("PUT", "/fronts/old", {**front, "slug": "home"}, if_match="*")
    items = [{"article": story["id"], "headline": "كلمتنا", "image": image}]
    items += [{"url": "https://example.org/", "headline": "رابط"}]
    await room.desk("PUT", "/fronts/home/slots/lead", {"items": items}, if_match="*")
    await room.desk("PUT", "/fronts/home/draft/slots/lead", {"items": [{"article": english["id"]}]})
    await room.desk("POST", "/fronts/home/draft/publish", {"at": "2100-01-01T00:00:00Z"})
    return {"story": story, "english": english, "first": first, "reply": reply, "item": item, "held": held}
