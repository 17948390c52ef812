"""Files that are no export, damaged, or made to do harm."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from app.commands.importing import table_of
from app.imports import reading
from app.imports.nashra import NoExportError
from app.imports.reading import Lines
from app.kit.ids import new_id
from tests.imports.portable import OPEN, LineFields, exported, file_of, imported, lines_of, some_of_everything
from tests.imports.test_format import SCHEMAS
from tests.newsroom import Newsroom, opened

AT = "2026-11-20T06:00:00.000Z"
MEMBER, SECTION, ARTICLE = (new_id() for _ in range(3))
HEADER: LineFields = {
    "kind": "header", "format": "nashra", "version": 1, "nashra": "0.1.0", "made_at": AT, "language": "ar",
    "timezone": "UTC", "personal": False,
}  # fmt: skip
LINE: dict[str, LineFields] = {
    "member": {
        "kind": "member", "id": MEMBER, "name": "ليلى", "roles": ["editor"], "active": True, "version": 1,
        "created_at": AT,
    },
    "section": {
        "kind": "section", "id": SECTION, "slug": "علوم", "name": "علوم", "language": "ar", "description": None,
        "version": 1, "created_at": AT, "updated_at": AT, "former_slugs": [], "parent": None, "position": 0,
    },
    "article": {
        "kind": "article", "id": ARTICLE, "state": "published", "version": 2, "member": MEMBER,
        "translation_group": None, "external_id": None, "former_slugs": [], "corrections": [], "note": None,
        "withdrawn_at": None, "withdrawn_reason": None, "content": {
            "headline": "خبر", "slug": "خبر", "slug_by_hand": False, "language": "ar", "section": SECTION,
            "sections": [SECTION], "body": "<p>متن</p>", "body_format": "html",
        },
        **dict.fromkeys(
            ("created_at", "saved_at", "updated_at", "revised_at", "published_at", "first_published_at"), AT
        ),
    },
    "comment": {
        "kind": "comment", "id": new_id(), "article": ARTICLE, "parent": None, "status": "approved",
        "was_approved": True, "author_name": "سلمى", "author_role": "guest", "author_url": None, "body": "تعليق",
        "language": "ar", "version": 1, "created_at": AT, "edited_at": None,
    },
}  # fmt: skip
WHOLE = [HEADER, *LINE.values()]


def line(kind: str, **changes: Any) -> LineFields:
    return {**LINE[kind], **changes}


def article(**content: Any) -> LineFields:
    return line("article", content={**LINE["article"]["content"], **content})


def replaced(changed: LineFields) -> list[LineFields | bytes]:
    """The small newsroom, with another line of this kind."""
    return [changed if one["kind"] == changed["kind"] else one for one in WHOLE]


async def test_the_small_newsroom_is_read_in(lone_newsroom: Newsroom) -> None:
    assert (await imported(lone_newsroom, file_of(WHOLE))).is_complete
    assert len((await lone_newsroom.get("/v1/articles/خبر/comments")).json()["data"]) == 1


REFUSED: dict[str, tuple[LineFields | bytes, str]] = {
    "no JSON": (b'{"kind": "section"', "is not JSON"),
    "not UTF-8": (b'{"kind": "\xff"}', "is not JSON"),
    "UTF-16": ('{"kind": "section"}'.encode("utf-16"), "is not JSON"),
    "a number that is none": (b'{"kind": NaN}', "is not JSON"),
    "too deep": (b"[" * 100_000, "is not JSON"),
    "a list": (b"[1]", "is no JSON object"),
    "no kind": ({"id": MEMBER}, "it has no kind"),
    "a kind that is no text": ({"kind": ["section"]}, "it has no kind"),
    "an unknown kind": ({"kind": "poll", "id": MEMBER}, "this version does not know this kind"),
    "all faults at once": (line("section", name=7, position=-1), "/name"),
    "a wrong id": (line("section", id="7"), "/id"),
    "an unknown role": (line("member", roles=["owner"]), "/roles/0"),
    "a wrong state": (line("article", state="gone"), "/state"),
    "published without a date": (line("article", published_at=None), "/published_at"),
    "withdrawn without a reason": (line("article", state="withdrawn", withdrawn_at=AT), "/withdrawn_reason"),
    "published under embargo": (article(embargo_until="2100-01-01T00:00:00Z"), "/published_at"),
    "a code of no vocabulary": (
        article(subjects=[{"scheme": "medtop", "code": "4", "name": "x"}]),
        "/content/subjects/0/code",
    ),
    "published without a body": (article(body="<p> </p>"), "/body"),
    "published nowhere": (article(section=new_id(), sections=[]), "/section"),
    "a year that databases do not know": (line("article", published_at="9999-12-31T00:00:00Z"), "/published_at"),
    "a version that does not fit": (line("article", version=2**40), "/version"),
    "a slug like an id": (article(slug=MEMBER), "/content/slug"),
    "an address that is a script": (line("comment", author_url="javascript:x()"), "/author_url"),
    "a comment without text": (line("comment", body=None), "/body"),
    "nobody's article": (line("article", member=new_id()), "/member"),
    "a comment under nothing": (line("comment", article=new_id()), "/article"),
    "an answer to nothing": (line("comment", parent=new_id()), "/parent"),
    "a comment above itself": (line("comment", parent=LINE["comment"]["id"]), "/parent"),
    "a section above itself": (line("section", parent=SECTION), "/parent"),
    "a section below nothing": (line("section", parent=new_id()), "/parent"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_line_that_cannot_be_read_in_is_told_and_the_rest_goes_on(lone_newsroom: Newsroom, name: str) -> None:
    wrong, reason = REFUSED[name]
    other = line("section", id=new_id(), slug="أخرى", name="أخرى")
    is_known = isinstance(wrong, dict) and str(wrong.get("kind")) in LINE
    lines = replaced(wrong) if isinstance(wrong, dict) and is_known else [HEADER, wrong, *LINE.values()]
    report = await imported(lone_newsroom, file_of([*lines, other]))
    number = lines.index(wrong) + 1
    assert report.told(f"line {number},", "refused: ", reason), report.remarks
    assert not report.is_complete
    assert (await lone_newsroom.desk("GET", "/sections/أخرى")).json()["name"] == "أخرى"


async def test_all_faults_of_a_line_are_told_at_once(lone_newsroom: Newsroom) -> None:
    wrong = line("section", name=7, position=-1, slug="", updated_at="gestern")
    report = await imported(lone_newsroom, file_of([HEADER, wrong]))
    assert report.told("/name", "/position", "/slug", "/updated_at")


async def test_one_bad_line_does_not_take_those_beside_it_along(lone_newsroom: Newsroom) -> None:
    """They are stored together; where one cannot be, each is by itself."""
    many = [article(slug=f"خبر-{number}") | {"id": new_id()} for number in range(5)]
    many[2]["content"]["body"] = ""
    report = await imported(lone_newsroom, file_of([HEADER, LINE["member"], LINE["section"], *many]))
    assert (report.of("imported")["article"], report.of("refused")) == (4, {"article": 1})


async def test_the_first_of_two_lines_with_one_id_counts(lone_newsroom: Newsroom) -> None:
    again = line("section", name="مرّة أخرى", version=2)
    report = await imported(lone_newsroom, file_of([HEADER, LINE["section"], LINE["section"], again]))
    assert (report.of("imported"), report.of("there"), report.of("left")) == (
        {"section": 1},
        {"section": 1},
        {"section": 1},
    )
    assert (await lone_newsroom.desk("GET", "/sections/علوم")).json()["name"] == "علوم"


async def test_a_cycle_of_sections_and_of_comments_is_refused(lone_newsroom: Newsroom) -> None:
    one, two = new_id(), new_id()
    sections = [line("section", id=a, slug=f"s{a[-4:]}", parent=b) for a, b in ((one, two), (two, one))]
    comments = [line("comment", id=a, parent=b) for a, b in ((one, two), (two, one))]
    report = await imported(lone_newsroom, file_of([*WHOLE, *sections, *comments]))
    assert report.of("refused") == {"section": 2, "comment": 2}


async def test_markup_and_control_characters_are_cleaned_as_at_the_desk(lone_newsroom: Newsroom) -> None:
    hostile = article(
        body='<p onclick="x()">متن\u0000<img src=x onerror=alert(1)></p><script>alert(1)</script>',
        headline="خبر\u0000\u202e\u0007 عاجل",
    )
    said = line("comment", body="<script>\u0000\u0007\ud7ff", author_name="سلمى")
    lines = [hostile if one["kind"] == "article" else said if one["kind"] == "comment" else one for one in WHOLE]
    report = await imported(lone_newsroom, file_of(lines))
    assert report.is_complete, report.remarks
    seen = (await lone_newsroom.get("/v1/articles?include=body")).text
    assert not [bad for bad in ("onclick", "onerror", "<script", "\\u0000", "\\u0007", "\u202e") if bad in seen]


async def test_a_tag_that_is_missing_is_left_out_with_a_remark(lone_newsroom: Newsroom) -> None:
    missing = new_id()
    report = await imported(lone_newsroom, file_of(replaced(article(tags=[missing]))))
    assert report.is_complete
    assert report.told("line 4, article", "tags", missing, "left out")


async def test_unknown_fields_are_told_once_and_texts_of_the_file_cannot_steer_the_terminal(
    lone_newsroom: Newsroom,
) -> None:
    other = line("section", id=new_id(), slug="أخرى", **{"colour\u001b[31m": 1})
    report = await imported(lone_newsroom, file_of([HEADER, line("section", **{"colour\u001b[31m": 1}), other]))
    assert report.is_complete
    assert len(report.remarks) == 1
    assert "\u001b" not in report.remarks[0]


async def test_kinds_that_nobody_knows_are_counted_together_and_cannot_steer_the_terminal(
    lone_newsroom: Newsroom,
) -> None:
    strange = [{"kind": f"\u001b[{number}m"} for number in range(50)]
    report = await imported(lone_newsroom, file_of([*WHOLE, *strange]))
    assert report.of("refused") == {"?": 50}
    assert "\u001b" not in "".join([*report.remarks, *table_of(report)])


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "this is no export of Nashra"),
        (b"\x89PNG\r\n\x1a\n", "this is no export of Nashra"),
        (file_of([LINE["section"]]), "this is no export of Nashra"),
        (file_of([{**HEADER, "version": 2}]), "format version 2; this Nashra reads 1"),
        (file_of([{**HEADER, "made_at": "gestern"}]), "/made_at"),
    ],
)
async def test_another_file_is_refused_as_a_whole(lone_newsroom: Newsroom, file: bytes, reason: str) -> None:
    with pytest.raises(NoExportError, match=reason):
        await imported(lone_newsroom, file)


@pytest.mark.parametrize("is_packed", [False, True])
async def test_a_file_that_is_cut_or_changed_is_told(lone_newsroom: Newsroom, is_packed: bool) -> None:
    whole = file_of(WHOLE)
    changed = whole.replace("سلمى".encode(), "هدى!".encode())
    for file, told in ((whole[:-200], "is cut"), (changed, "its digest is another")):
        report = await imported(lone_newsroom, gzip.compress(file) if is_packed else file)
        assert not report.is_complete
        assert report.told(told), report.remarks
    report = await imported(lone_newsroom, gzip.compress(whole)[:-20])
    assert report.told("is cut or damaged")
    report = await imported(lone_newsroom, whole + json.dumps(LINE["section"]).encode())
    assert report.told("stands behind the end")


class Endless(io.RawIOBase):
    """A line of 200 MB, made as it is read."""

    def __init__(self, head: bytes) -> None:
        self.left, self.head = 200_000_000, head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.head or b"x" * min(len(buffer), self.left)
        self.head, self.left = b"", self.left - (0 if self.head else len(piece))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_line_without_end_takes_no_memory(monkeypatch: pytest.MonkeyPatch, is_packed: bool) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 1_000_000)
    source: Any = Endless(b'{"kind": "header"}\n')
    if is_packed:  # 200 MB in 200 KB
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
            file.write(b'{"kind": "header"}\n')
            for _ in range(200):
                file.write(b"x" * 1_000_000)
        source = io.BytesIO(packed.getvalue())
    tracemalloc.start()
    try:
        found = list(Lines(source))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one.fault for one in found] == ["", "is longer than 0 MB"]
    assert peak < 10_000_000


@pytest.mark.parametrize("seed", range(2))
async def test_a_file_that_was_changed_at_random_is_read_as_far_as_it_goes(
    lone_newsroom: Newsroom, migrated_file: Path, tmp_path: Path, seed: int
) -> None:
    """Whatever stands in it: the import ends, tells, and leaves a newsroom that answers and can be exported."""
    lone_newsroom.set(**OPEN)
    await some_of_everything(lone_newsroom)
    lines = lines_of(await exported(lone_newsroom, personal=True))
    pick = random.Random(seed)
    changed = [changed_at_random(one, pick) for one in lines[1:-1] * 2]
    shutil.copyfile(migrated_file, tmp_path / "other.db")
    async with opened(f"sqlite:///{tmp_path / 'other.db'}") as room:
        report = await imported(room, file_of([lines[0], *changed]))
        assert report.of("refused")
        assert sum(report.of("imported").values()) > 8
        for path in ("/v1/articles?include=body&limit=20", "/v1/tickers", "/v1/sections", "/v1/search?q=مهم"):
            await room.get(path)
        for one in lines_of(await exported(room, personal=True)):
            SCHEMAS[one["kind"]].model_validate(one)


def changed_at_random(one: LineFields, pick: random.Random) -> bytes:
    """The line, whole or cut, with some other values, some under another id."""
    values = [None, 0, -1, 2**70, 1.5, True, "", "x" * 400, "\u0000", "2026-13-01", [], {}, [None], {"a": 1}, new_id()]
    wrong = {name: pick.choice(values) for name in one if name != "kind" and pick.random() < 0.02}
    text = json.dumps({**one, **wrong}, ensure_ascii=False)
    if pick.random() < 0.2:
        text = text.replace(str(one.get("id")), new_id())
    return text.encode()[: pick.randrange(len(text)) if pick.random() < 0.05 else None]
