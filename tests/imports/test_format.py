"""The format: docs/export.md shows each kind as the schemas have it, and no column is forgotten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.exports import tables
from app.exports.lines import CONTENT, LINES, AnyLine, PrivateFields
from app.kit.db import Base

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text("utf-8")
EXAMPLES = {
    title: json.loads(example)
    for title, example in re.findall(r"^### (\w+)\n(?:(?!^###).)*?```json\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
}
SCHEMAS = {str(schema.model_fields["kind"].annotation).split("'")[1]: schema for schema in LINES}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_guide_shows_a_line_of_each_kind_with_all_its_fields(kind: str) -> None:
    example: dict[str, Any] = EXAMPLES[kind]
    schema: type[AnyLine] = SCHEMAS[kind]
    assert schema.model_validate(example).kind == kind
    assert example.keys() == schema.model_fields.keys()
    if "content" in example and kind != "entry_revision":
        assert set(example["content"]) == set(CONTENT)
    if "private" in example:
        assert example["private"].keys() == PrivateFields.model_fields.keys()


def test_the_guide_shows_no_other_kind() -> None:
    assert EXAMPLES.keys() == SCHEMAS.keys()


@pytest.mark.parametrize("kind", SCHEMAS)
def test_all_faults_of_a_line_are_told_at_once(kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SCHEMAS[kind].model_validate({"kind": kind})
    needed = [name for name, field in SCHEMAS[kind].model_fields.items() if field.is_required() and name != "kind"]
    assert len(raised.value.errors()) == len(needed) > 0


# Made again, or a part of another line: `content`, `corrections`, `external_id`, the order of links, paths, references.
ELSEWHERE = {
    "members": {"name_key"},
    "media": {
        *("kind", "file_id", "key", "recipe", "rights_expire_at", "placeholder", "renditions", "member_id"),
        *("changed_at", "deleted_at"),
    },
    "media_files": {"id", "name", "created_at", "withdrawn_at"},
    "articles": {
        *("rights_expire_at", "reading_minutes", "corrected", "comment_count", "announced", "member_id", "section_id"),
        *("external_system", "external_id", "entry_count", "draft_entry_count", "last_entry_at"),
    },
    "entries": {
        *("article_id", "member_id", "rank", "source", "format", "html", "text", "blocks", "corrected"),
    },
    "entry_revisions": {"entry_id", "member_id"},
    "article_bodies": {"article_id", "source", "format", "html", "text", "blocks"},
    "article_corrections": {"article_id", "id", "kind", "note", "at"},
    "article_revisions": {"article_id", "member_id"},
    "sections": {"parent_id", "position", "image"},
    "authors": {"bio", "avatar"},
    "comments": {"article_id", "parent_id", "path", "depth", "shown", "descendants", "replies"},
    "comment_private": {"comment_id", "answered_id"},
    "tickers": {"max_items", "rules", "ordered_at"},
    "ticker_items": {"ticker_id", "article_id"},
    "fronts": {"section_id", "public", "slots"},
    "front_slots": {"front_id", "name", "version"},
    "front_items": {"front_id", "slot", "position", "article_id"},
    "front_drafts": {"front_id", "slots", "member_id"},
}
# Read in whole, or made again from lines.
WHOLE = {
    *(
        "slugs",
        "article_sections",
        "article_tags",
        "article_authors",
        "article_subjects",
        "ticker_places",
        "ticker_sections",
    ),
    *("ticker_tags", "media_keys", "media_uses", "entry_authors", "front_sections", "front_tags", "front_authors"),
}
# Not of what people wrote: tokens, the audit, the log, the index, what a process remembers, what it has still to do.
LEFT_OUT = {
    *("staff_tokens", "previews", "audit", "changes", "change_log", "consumers", "announced", "indexed", "headwords"),
    *("takedowns", "idempotency_keys", "flood_buckets", "counted_windows", "jobs"),
    *("front_states", "front_compositions"),  # a safety net of some days; made again
}
NAMES = {
    "members": tables.MEMBER,
    "media": tables.MEDIA,
    "media_files": tables.MEDIA_FILE,
    "sections": tables.TERM,
    "tags": tables.TERM,
    "authors": tables.TERM,
    "tickers": tables.TERM,
    "articles": (*tables.ARTICLE, *CONTENT),
    "article_revisions": tables.REVISION,
    "entries": tables.ENTRY,
    "entry_revisions": tables.REVISION,
    "comments": tables.COMMENT,
    "comment_private": tables.PRIVATE,
    "ticker_items": tables.ITEM,
    "fronts": tables.TERM,
    "front_items": tables.FRONT_ITEM,
    "front_drafts": tables.FRONT_DRAFT,
}


def test_no_table_and_no_column_is_forgotten() -> None:
    """A new one is exported, or stands in a list here with a reason."""
    found = Base.metadata.tables
    assert found.keys() >= WHOLE | LEFT_OUT
    assert found.keys() - WHOLE - LEFT_OUT == ELSEWHERE.keys() | NAMES.keys()
    for name in ELSEWHERE.keys() | NAMES.keys():
        told = ELSEWHERE.get(name, set()) | set(NAMES.get(name, ()))
        assert set(found[name].columns.keys()) - told == set(), name
