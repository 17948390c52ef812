"""A newsroom after a backup and a restore, on the other database and back: the same bytes from every public route."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.kit import clock
from tests.backup.files import backed_up, lines_of, restored
from tests.journeys.test_nothing_unpublished_gets_out import Walk, walked
from tests.media.desk import MediaDesk, picture
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
STEPS = 25
HOSTILE = "<script>alert(1)</script> \u202eعكس\u202c 𝕌𝕟𝕚 \u200d👩‍🚀 '\"; DROP TABLE articles; -- \\u0000 %00 ﷺ"
# Tokens of the log, cursors, and the `ETag`s of answers that hold them.
TOKENS = re.compile(r'"(since|next|previous|change_id)":"[^"]*"|(since|cursor)=[^"&>;]*|[0-9a-f]{8}-\d+')
COLOURS = ("#aa0000", "#00aa00", "#0000aa", "#aaaa00")
DESK = ["/v1/desk/articles?limit=100", "/v1/desk/comments?limit=100", "/v1/desk/tickers", "/v1/desk/staff"]
DESK += ["/v1/desk/fronts", "/v1/desk/fronts/home", "/v1/desk/sections?limit=100", "/v1/desk/tokens"]


async def public_answers(newsroom: Newsroom, urls: list[str]) -> dict[str, str]:
    """What each address answers, without tokens."""
    found = {}
    for url in urls:
        desk = {"Authorization": f"Bearer {newsroom.tokens['admin']}"} if url.startswith("/v1/desk") else {}
        answer = await newsroom.client.get(url, headers=desk)
        found[url] = f"{answer.status_code} {TOKENS.sub('TOKEN', answer.text)}"
    return found


def differing(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """The first difference of each answer, in words."""
    told = []
    for url, text in wanted.items():
        if found[url] != text:
            place = next((i for i, (a, b) in enumerate(zip(found[url], text, strict=False)) if a != b), -1)
            told.append(
                f"{url} at {place}: {found[url][place - 80 : place + 80]!r}, not {text[place - 80 : place + 80]!r}"
            )
    return told


async def hostile(newsroom: Newsroom) -> None:
    """What attackers, and editors who paste, write; a thread; what was redacted and deleted."""
    article = await newsroom.published(HOSTILE, summary=HOSTILE, body=f"<p>{HOSTILE}</p><pre>{HOSTILE}</pre>")
    parent = None
    for number in range(4):
        content = {
            "author_name": f"Ann {number}",
            "author_email": f"ann{number}@example.com",
            "body": f"{HOSTILE} {number}",
        }
        answer = await newsroom.client.post(
            f"/v1/articles/{article['id']}/comments", json={**content, "parent_id": parent}
        )
        id = answer.json()["comment"]["id"]
        await newsroom.desk("POST", f"/comments/{id}/approve", {})
        parent = id if number < 2 else None
    await newsroom.desk("POST", f"/comments/{id}/redact", {})


async def questions(walk: Walk) -> list[str]:
    """Every public address of the walk, and lists of the desk."""
    ids = [f"/v1/desk/articles/{id}" for id, piece in walk.pieces.items() if piece.state != "deleted"]
    return sorted({*walk._questions(), *DESK, *ids, *(f"{id}/revisions" for id in ids)} - {"/metrics"})


async def illustrated(walk: Walk, media: MediaDesk) -> list[str]:
    """Pictures in articles of every state; then one is cropped anew, one replaced, one withdrawn. Their addresses."""
    room, chance = media.room, walk.chance
    cropped, replaced, withdrawn, kept = [await media.upload(colour, alt=colour) for colour in COLOURS]
    urls = addresses(cropped, replaced, withdrawn, kept)
    for id in sorted(id for id, piece in walk.pieces.items() if piece.state in {"draft", "in_review", "published"}):
        version = (await room.desk("GET", f"/articles/{id}")).json()["version"]
        some = [{"id": one["id"]} for one in chance.sample([cropped, replaced, withdrawn, kept], 3)]
        shown: dict[str, Any] = {"lead_image": some[0], "media": some[1:]}
        shown |= {"body": f'<p>متن</p><img data-media="{some[1]["id"]}">'} if chance.random() < 0.5 else {}
        await room.desk("PATCH", f"/articles/{id}", shown, if_match=f'"{version}"')
    cropped = await media.change(cropped, focal_point={"x": 0.1, "y": 0.1})
    answer = await media.send(
        picture(colour="#123456"), method="PUT", path=f"/{replaced['id']}/file", expect=200, if_match='"1"'
    )
    await room.desk("POST", f"/media/{withdrawn['id']}/withdraw", {"cause": "legal", "reason": "سُحب"})
    ids = [one["id"] for one in (cropped, replaced, withdrawn, kept)]
    desk = [f"/v1/desk/media/{id}{part}" for id in ids for part in ("", "/uses", "/file")]
    return [*urls, *addresses(cropped, answer.json()), *desk, "/v1/desk/media"]


def addresses(*pictures: dict[str, Any]) -> list[str]:
    return [one["url"] for shown in pictures for one in shown["renditions"]]


def places_in(folder: Path) -> dict[str, Any]:
    return {"media_store": str(folder / "media"), "media_originals": str(folder / "originals")}


async def test_the_same_bytes_on_the_other_database_and_back(
    media: MediaDesk,
    places: dict[str, Any],
    backend: str,
    other_kind: str,
    new_database: Callable[[str], str],
    tmp_path: Path,
) -> None:
    newsroom = media.room
    walk = await walked(newsroom, f"backup {backend}", STEPS)
    with clock.frozen(walk.now):
        newsroom.set(comments_rate=())
        await hostile(newsroom)
        illustrations = await illustrated(walk, media)
        urls = [*await questions(walk), *illustrations]
        before = await public_answers(newsroom, urls)
        there, back = new_database(other_kind), new_database(backend)
        first = await backed_up(newsroom.settings.database_url, tmp_path / "first.gz", places, with_media=True)
        await restored(first, there, places_in(tmp_path / "there"))
        async with beside(newsroom, database_url=there, **places_in(tmp_path / "there")) as other:
            assert not differing(await public_answers(other, urls), before)
        second = await backed_up(there, tmp_path / "second.gz", places_in(tmp_path / "there"), with_media=True)
        await restored(second, back, places_in(tmp_path / "back"))
        async with beside(newsroom, database_url=back, **places_in(tmp_path / "back")) as again:
            assert not differing(await public_answers(again, urls), before)
        assert {"200", "404"} <= {text[:3] for text in before.values()}
        assert {before[url][:3] for url in illustrations} == {"200", "409", "410"}
    assert same(first) == same(second)


def same(path: Path) -> list[object]:
    """The rows of a backup that a restore must not change: all but the log's own and the consumers'."""
    return [line for line in lines_of(path) if isinstance(line, list) and not (line[0] == 1 and len(line) == 11)]
