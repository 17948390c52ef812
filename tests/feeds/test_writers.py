"""The writers by themselves: whatever text comes, the bytes are a document."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.feeds.atom import write_atom
from app.feeds.html import absolute_html, encoded_url
from app.feeds.json_feed import write_json_feed
from app.feeds.ninjs import write_ninjs
from app.feeds.rss import write_rss
from app.feeds.values import Category, Discussion, Feed, File, Item, Person, Picture, Rights, Tombstone
from tests.feeds.reading import read
from tests.growth import assert_linear

WRITERS = {"rss": write_rss, "atom": write_atom, "json": write_json_feed, "ninjs.json": write_ninjs}
ID, NOW = "urn:uuid:01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "2026-11-28T10:00:00.000Z"
ILLEGAL = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000))))
MARKS = ["&", "<b>", ">", "]]>", "<![CDATA[", '"', "'", "&amp;"]
PIECES = [*MARKS, "\n", "\t", "\r", "\x00", "\x0b", "\ufffe", "\ud800", "\u200f", "خبر"]
LEGAL = str.maketrans("", "", ILLEGAL)


def feed_of(text: str) -> Feed:
    """A feed in which every text is this one."""
    url = "https://news.example/a"
    picture = Picture("image", File(url, "image/jpeg", 1, 2, 3), text, text, text, (File(url, name=text),))
    item = Item(
        ID, text, NOW, NOW, "ar", "rtl", url, text, f"<p>{text}</p>", (Person(None, text, url),),
        (Category("tag", ID, text, text, url),), (picture,), Rights(text, text, text), short_title=text, byline=text,
        discussion=Discussion(url, url, url), reply_to=(ID, url), source=text, dateline=text, slug=text,
    )  # fmt: skip
    bare = replace(item, url=None, html=None, summary=None, authors=(), categories=(), pictures=())
    return Feed(
        ID, text, url, url, url, "ar", "rtl", Person(None, text, url), NOW, f"{url}?cursor=x&y", text,
        (item, bare), (Tombstone(ID, NOW, 1, text),),
    )  # fmt: skip


@pytest.mark.parametrize("format", WRITERS)
@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
@settings(max_examples=150)
def test_any_text_is_read_as_it_was_without_what_xml_forbids(format: str, text: str) -> None:
    text = f"ع{text}"  # nothing has no title
    content = WRITERS[format](feed_of(text))
    expected = text.translate(LEGAL)
    content.decode()
    found = read(format, content)
    if format in {"rss", "atom"}:
        expected = expected.replace("\r\n", "\n").replace("\r", "\n")  # as every XML parser reads it (§2.11)
    assert (found.title, found.items[0].title) == (expected, expected)
    assert b"<![CDATA[" not in content or "<![CDATA[" in text
    assert WRITERS[format](feed_of(text)) == content


def test_no_writer_writes_a_character_that_xml_forbids() -> None:
    for format, write in WRITERS.items():
        assert read(format, write(feed_of(f"أ{ILLEGAL}ب"))).title == "أب"
    ElementTree.fromstring(write_atom(feed_of("]]>")))  # noqa: S314  # our own bytes


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c&d=%20", "https://example.org/a?b=c&d=%20"),
        ("https://مثال.example/مسار", "https://xn--mgbh0fb.example/%D9%85%D8%B3%D8%A7%D8%B1"),
        ("https://example.org/%D9%85/م#ع", "https://example.org/%D9%85/%D9%85#%D8%B9"),
        ("https://[::1/م", "https://[::1/%D9%85"),
        (f"https://{'م' * 300}.example/", f"https://{'%D9%85' * 300}.example/"),
        ("https://مثال.إختبار:8080/x", "https://xn--mgbh0fb.xn--kgbechtv:8080/x"),
        ("https://é:p@exämple.org/x", "https://%C3%A9:p@xn--exmple-cua.org/x"),
    ],
)
def test_an_address_becomes_one_of_ascii(url: str, expected: str) -> None:
    assert encoded_url(url) == expected


def test_only_attributes_of_tags_are_made_absolute() -> None:
    base = "https://news.example/a/خبر"
    text = '<p title="a > b" cite="x">href="/y" src="/z"</p>'
    assert absolute_html(text, base) == '<p title="a > b" cite="https://news.example/a/x">href="/y" src="/z"</p>'
    listed = '<source srcset="/a.webp 320w, https://x.example/b.webp 640w" src="/c">'
    assert absolute_html(listed, base) == (
        '<source srcset="https://news.example/a.webp 320w, https://x.example/b.webp 640w" src="https://news.example/c">'
    )
    assert absolute_html("<p>بلا روابط</p>", base) == "<p>بلا روابط</p>"


@pytest.mark.parametrize(
    "hostile", ['<a href="', "<a a", ' href="x', '<a href="é', '<a href="#" ', '<a b="c" ', ' href="a'], ids=repr
)
def test_hostile_html_takes_time_in_proportion(hostile: str) -> None:
    assert_linear(lambda size: absolute_html(' href="/x' + hostile * size, "https://news.example/"), 3_000)


def test_a_json_feed_names_a_section_and_a_subject_of_one_name_once() -> None:
    """Its schema takes no tag twice."""
    feed = feed_of("طقس")
    twice = replace(feed.items[0], categories=(*feed.items[0].categories, Category("subject", "x:1", "1", "طقس")))
    assert read("json", write_json_feed(replace(feed, items=(twice,)))).items[0].categories == ["طقس"]
