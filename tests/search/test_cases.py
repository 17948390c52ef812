"""The cases that were written before the search was: each finds what it should, on both databases in the same order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import pytest

from tests.newsroom import Newsroom, opened


class Document(TypedDict):
    """An article to publish."""

    id: str
    language: str
    headline: str
    summary: str
    body: str
    authors: list[str]
    tags: list[str]


class Case(TypedDict):
    """A query, and ids of the documents that it must find, must never find, and must find first."""

    id: str
    q: str
    language: str | None
    finds: list[str]
    never: list[str]
    first: str | None
    core: bool


_FILE = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))
DOCUMENTS: list[Document] = _FILE["documents"]
CASES: list[Case] = _FILE["cases"]
MOMENT = "2026-05-01T09:00:00.000Z"
Hits = dict[str, list[tuple[str, float, bool]]]


async def publish_all(room: Newsroom) -> dict[str, str]:
    """Publish the documents, all at one moment; return their ids by the id of the article."""
    known: dict[str, str] = {}
    slugs: dict[tuple[str, str], str] = {}
    for document in DOCUMENTS:
        names = {"tags": document["tags"], "authors": document["authors"]}
        for kind, make in (("tags", room.tag), ("authors", room.author)):
            for name in names[kind]:
                if (kind, name) not in slugs:
                    slugs[kind, name] = (await make(f"{kind}-{len(slugs)}", name=name))["slug"]
        terms = {kind: [slugs[kind, name] for name in names[kind]] for kind in names}
        article = await room.published(
            document["headline"],
            at=MOMENT,
            language=document["language"],
            summary=document["summary"],
            body=document["body"],
            body_format="text",
            **terms,
        )
        known[article["id"]] = document["id"]
    return known


async def ask_all(room: Newsroom) -> Hits:
    known = await publish_all(room)
    found: Hits = {}
    for case in CASES:
        language = f"&language={case['language']}" if case["language"] else ""
        answer = (await room.get(f"/v1/search?limit=50&q={quote(case['q'], safe='')}{language}")).json()
        is_corrected = bool(answer["corrected"])
        found[case["id"]] = [(known[hit["article"]["id"]], hit["score"], is_corrected) for hit in answer["data"]]
    return found


def wrong(case: Case, hits: list[tuple[str, float, bool]]) -> str | None:
    """Describe what is wrong with the hits. A forbidden hit is allowed for a corrected word."""
    ids = [id for id, _, _ in hits]
    missing, forbidden = (
        set(case["finds"]) - set(ids),
        set(case["never"]) & {id for id, _, is_other in hits if not is_other},
    )
    late = [case["first"]] if case["first"] and ids[:1] != [case["first"]] else []
    if not (missing or forbidden or late):
        return None
    return f"{case['id']} {case['q']!r}: missing {missing or ''} forbidden {forbidden or ''} first {late} got {ids[:6]}"


@pytest.fixture
def urls(migrated_file: Path, empty_postgresql: str, tmp_path: Path) -> dict[str, str]:
    """An empty database of each kind."""
    path = tmp_path / "nashra.db"
    shutil.copyfile(migrated_file, path)
    return {"sqlite": f"sqlite:///{path}", "postgresql": empty_postgresql}


@pytest.fixture
async def answers(urls: dict[str, str]) -> dict[str, Hits]:
    """What both databases answer to every case."""
    found = {}
    for name, url in urls.items():
        async with opened(url) as room:
            found[name] = await ask_all(room)
    return found


async def test_every_core_case_is_answered_alike_on_both_databases(answers: dict[str, Hits]) -> None:
    core = [case for case in CASES if case["core"]]
    assert len(core) >= 150
    assert [fault for case in core if (fault := wrong(case, answers["sqlite"][case["id"]]))] == []
    assert answers["sqlite"] == answers["postgresql"]
