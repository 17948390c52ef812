import html as html_entities
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, get_args

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.text import markup
from app.text.blocks import Block
from app.text.markup import Format, Rendered, render
from app.text.messages import message
from app.text.sanitise import sanitise
from app.text.tree import to_html
from tests.growth import assert_linear

HOSTS = frozenset({"YouTube.com"})
ADAPTER = TypeAdapter[list[Block]](list[Block])


def html_of(source: str) -> str:
    return render(source, "html", embed_hosts=HOSTS).html


def blocks_of(source: str, format: Format = "html") -> list[dict[str, Any]]:
    return json.loads(json.dumps(render(source, format, embed_hosts=HOSTS).blocks))  # type: ignore[no-any-return]  # JSON


def removed(source: str, format: Format = "html") -> list[tuple[str, str, int]]:
    return [(one.code, one.name, one.count) for one in render(source, format, embed_hosts=HOSTS).warnings]


def words_in(value: object) -> Iterator[str]:
    """Yield every text of a block that a reader sees, in order; once where a text is there with and without marks."""
    if isinstance(value, list):
        for member in value:
            yield from words_in(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key in ("text", "caption", "credit") and isinstance(member, str):
                yield member
            elif isinstance(member, list) and not (key.endswith("_spans") or (key == "spans" and "text" in value)):
                yield from words_in(member)


def bare(text: str) -> str:
    """Return the words alone: without spaces, and without the marks that isolate a direction in plain text."""
    return "".join(text.translate({0x200E: None, 0x200F: None}).split())


# --- what any HTML becomes ----------------------------------------------------------------------------------------

TAGS = (
    "p h1 h2 h3 blockquote ul ol li dl dt dd table caption thead tbody tr td th figure figcaption pre hr br div section"
    " a b i em strong s u q span sub code ruby rt rp mark small cite img video audio source iframe script style svg"
    " math noscript template textarea select option font center x-y"
)
ATTRIBUTES = (
    ' href="/a" href="javascript:x" href="//h/x?a&b" src="/a.jpg" src=https://www.youtube.com/1 src="data:x" dir=rtl'
    " dir=auto lang=AR lang=! class=x onclick='a' colspan=2 width=10 alt='<\"' title=t cite=/c start=3 controls rel=x"
)
FRAGMENTS = [
    *(f"<{tag}>" for tag in TAGS.split()),
    *(f"</{tag}>" for tag in TAGS.split()),
    *(f"<{tag} {attribute}>" for tag in ("a", "p", "td", "img", "video", "iframe", "span", "div", "ol", "blockquote")
      for attribute in ATTRIBUTES.split()),
    *("سوريا", "نصّ  مزدوج", "a", " ", "\n", "\t x", "\r\n", "\u0301", "\u00a0", "\u202e", "\x00", "\ufeff", "e"),
    "\ud800",
    *("&lt;", "&amp;", "&nbsp;", "&#x202e;", "&#0;", "&#99999999999;", "&copy", "&", "<", ">", '"', "'"),
    *("<!--", "-->", "<!-- x -->", "<!doctype html>", "<![CDATA[", "]]>", "<?x", "</", "</ >", "<a", "<a href='", "/>"),
]  # fmt: skip
MARKUP = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join) | st.text()


@given(MARKUP)
@example("<p>e<x>\u0301</p>")
@example("<pre>\n\n x</pre>")
@example("<b><table><td><b>x</table>y")
@example("<a href=/1>x<ul><li><a href=/2>y</ul>z")
def test_what_comes_out_stays_as_it_is(source: str) -> None:
    once = render(source, "html", embed_hosts=HOSTS)
    twice = render(once.html, "html", embed_hosts=HOSTS)
    assert twice.html == once.html
    assert twice.text == once.text
    assert twice.blocks == once.blocks
    assert twice.warnings == []


@given(MARKUP)
def test_blocks_and_text_say_the_same(source: str) -> None:
    rendered = render(source, "html", embed_hosts=HOSTS)
    assert bare("".join(words_in(rendered.blocks))) == bare(rendered.text)


@given(MARKUP)
def test_text_is_what_the_html_says(source: str) -> None:
    rendered = render(re.sub("</?(q|small|cite)>", "", source), "html", embed_hosts=HOSTS)
    said = html_entities.unescape(re.sub("<[^>]*>", "", re.sub('="[^"]*"', "", rendered.html)))
    assert sorted(bare(said)) == sorted(bare(rendered.text))


@given(MARKUP)
def test_blocks_are_what_their_types_say(source: str) -> None:
    blocks = render(source, "html", embed_hosts=HOSTS).blocks
    assert ADAPTER.validate_python(blocks, strict=True) == blocks
    json.dumps(blocks).encode()


@given(MARKUP)
@example("<pre><b>\n</b>x</pre>")
@example("<pre>\n\nx</pre>")
@example("<a href=/1><i><a href=/2>x</a>y")
@example("<img src=/x alt='\"'>")
def test_the_second_sanitiser_has_nothing_to_change(source: str) -> None:
    written = to_html(sanitise(source, frozenset({"youtube.com"}))[0])
    assert markup._CLEANER.clean(written).replace("&nbsp;", "\u00a0") == written


@given(MARKUP)
def test_nothing_that_runs_survives(source: str) -> None:
    written = html_of(source)
    tags = re.findall(r"<[^>]*>", re.sub('="[^"]*"', '=""', written))
    assert not re.search(r'(?i)(href|src|cite|poster)="(javascript|data):', written)
    assert not [tag for tag in tags if re.search(r"(?i)\son\w+=|style=|class=|<(script|style|svg|math)", tag)]
    assert "\x00" not in written
    assert "\u202e" not in written


@given(MARKUP)
def test_a_second_parser_finds_the_same_elements(source: str) -> None:
    written = html_of(source)
    tags = set(re.findall(r"<([a-z0-9]+)", written))
    attributes = {"*": set(re.findall(r'([a-z]+)="', written)) - {"rel"}}
    assert (
        nh3.clean(written, tags=tags, attributes=attributes, clean_content_tags=set()).replace("&nbsp;", "\u00a0")
        == written
    )


@pytest.mark.parametrize("format", get_args(Format))
@given(source=st.text(st.characters(exclude_categories=())) | MARKUP)
def test_no_body_fails_in_any_format(format: Format, source: str) -> None:
    rendered = render(source, format)
    assert render(rendered.html, "html") == Rendered(rendered.html, rendered.text, rendered.blocks, [])


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src=x onerror=alert(1)>",
        "<img src=x onerror=alert(1)//",
        "<svg/onload=alert(1)>",
        "<svg><p><style><g title='</style><img src onerror=alert(1)>'></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>' src=https://youtube.com/x></iframe>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<a href='&#x6A;avascript&colon;alert(1)'>x</a>",
        "<a href='java&Tab;script:alert(1)'>x</a>",
        '<a href=" javascript:alert(1)">x</a>',
        "<p style='background:url(javascript:alert(1))' onclick=alert(1)>x</p>",
        "<video src=javascript:alert(1) onerror=alert(1)><source src=javascript:alert(1) onerror=alert(1)></video>",
        "<img src='x` onerror=alert(1)'>",
        "<a href='/\"onmouseover=alert(1)'>x</a>",
        "<img alt='\"><script>alert(1)</script>' src=/x>",
        "<textarea><img src=x onerror=alert(1)></textarea>",
        "<template><script>alert(1)</script></template>",
        "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
        "<base href='javascript:alert(1)//'><meta http-equiv=refresh content='0;javascript:alert(1)'>",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<plaintext><script>alert(1)</script>",
        "\x00<scr\x00ipt>alert(1)</script>",
    ],
)
def test_an_attack_leaves_no_element_or_attribute_that_runs(payload: str) -> None:
    written = html_of(payload)
    tags = "".join(re.findall(r"<[^>]*>", re.sub('="[^"]*"', '=""', written)))
    assert not re.search(
        r"(?i)script|\son|style|srcdoc|<(svg|math|form|object|embed|base|meta|noscript|template)", tags
    )
    assert not re.search(r'(?i)(href|src)="[^"]*script:', written)


# --- what stays and how -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "<p>نصّ  بفراغين وتطـــويل وسَارَة</p>\n<p>ثانٍ</p>",
        '<h2 dir="rtl" lang="ar">عنوان</h2><h6>f</h6>',
        '<p><a href="https://example.org/?a=1&amp;b=2" rel="noopener noreferrer">رابط</a> <b>b</b></p>',
        "<p><i>i</i><u>u</u><s>s</s></p>",
        '<blockquote cite="https://example.org/"><p>قول</p></blockquote>',
        '<ol start="3"><li>a<ul><li>b</li></ul></li></ol>',
        '<table><caption>c</caption><thead><tr><th scope="col">h</th></tr></thead></table>',
        '<table><tbody><tr><td colspan="2">1</td></tr></tbody><tfoot><tr><td>2</td></tr></tfoot></table>',
        '<figure><img src="/a.jpg" alt="وصف" width="10" height="20"><figcaption>c</figcaption></figure>',
        "<p>a<br>b<sub>1</sub><sup>2</sup><code>x</code><mark>m</mark></p>",
        '<p><abbr title="t">A</abbr><time datetime="2024">t</time></p>',
        '<p><span lang="en" dir="ltr">x</span><bdo dir="rtl">y</bdo><bdi>z</bdi></p>',
        "<p><ruby>漢<rp>(</rp><rt>k</rt><rp>)</rp></ruby></p>",
        '<video src="/a.mp4" poster="/p.jpg" controls=""></video>',
        '<audio controls=""><source src="/a.mp3" type="audio/mpeg"></audio>',
        '<iframe src="https://www.youtube.com/embed/1" width="560" height="315" allowfullscreen=""></iframe>',
        "<dl><dt>t</dt><dd>d</dd></dl><hr><pre>  a\n b</pre>",
        "<p>&lt;script&gt; &amp; \u00a0«x»</p>",
    ],
)
def test_a_good_body_stays_byte_for_byte(source: str) -> None:
    assert html_of(source) == source
    assert removed(source) == []


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("نصّ <b>x</b>\nآخر", "<p>نصّ <b>x</b>\nآخر</p>"),
        ("  a  <p>b</p> c ", "<p>a</p><p>b</p><p>c</p>"),
        ("<h1>T</h1>", "<h2>T</h2>"),
        ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
        (
            '<div dir="rtl" lang="AR"><p>a</p><p dir="ltr">b</p></div><p>c</p>',
            '<p dir="rtl" lang="ar">a</p><p dir="ltr" lang="ar">b</p><p>c</p>',
        ),
        ("<p>a<p>b<ul><li>c<li>d</ul>e", "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul><p>e</p>"),
        ("<b>1<i>2</b>3</i>", "<p><b>1<i>2</i></b><i>3</i></p>"),
        ("<b><p>x</p><p>y</p></b>", "<p><b>x</b></p><p><b>y</b></p>"),
        (
            "<a href=/1>x<a href=/2>y</a>",
            '<p><a href="/1" rel="noopener noreferrer">x</a><a href="/2" rel="noopener noreferrer">y</a></p>',
        ),
        ("<a href=/1>x<a>y</a>", '<p><a href="/1" rel="noopener noreferrer">x</a>y</p>'),
        (
            "<ul><li><table><td>x</li></ul>y</table></ul>",
            "<ul><li><table><tbody><tr><td>xy</td></tr></tbody></table></li></ul>",
        ),
        ("<a>x</a><a href='javascript:x'>y</a>", "<p>xy</p>"),
        ("<ul>a<ul><li>b</ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        (
            "<b>x<table><td>y<i>z</table>w",
            "<p><b>x</b></p><table><tbody><tr><td>y<i>z</i></td></tr></tbody></table><p><b>w</b></p>",
        ),
        ("<p>&#000000065;&#x0;&#" + "9" * 5000 + ";</p>", "<p>A\ufffd\ufffd</p>"),
        ("<li>a<li>b", "<ul><li>a</li><li>b</li></ul>"),
        ("<table><tr><td>a<td>b</table>", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"),
        ("<table>x</table>", "<table><tbody><tr><td>x</td></tr></tbody></table>"),
        ("<td>x</td>", "<p>x</p>"),
        ("<li><div>a</div><div>b</div>", "<ul><li>a<br>b</li></ul>"),
        ("<h2><p>a</p><p>b</p></h2>", "<h2>a<br>b</h2>"),
        ("<pre><div>a</div><div>b</div></pre>", "<pre>a\nb</pre>"),
        ("<blockquote>x</blockquote>", "<blockquote><p>x</p></blockquote>"),
        ("<p><span class=x>a</span></p>", "<p>a</p>"),
        ("<p>a<span>b</p>", "<p>ab</p>"),
        ("<picture><source srcset=x><img src=/a.jpg></picture>", '<img src="/a.jpg">'),
        ("<img src=a.jpg><img src=data:x>", ""),
        (
            "<a href='?a=1&section=2&copy;&copy=3'>x</a>",
            '<p><a href="?a=1&amp;section=2©&amp;copy=3" rel="noopener noreferrer">x</a></p>',
        ),
        ("<a href='//example.org/x'>x</a>", '<p><a href="https://example.org/x" rel="noopener noreferrer">x</a></p>'),
        ("<p>1 < 2 && 3 > 2 &notanentity;</p>", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2 ¬anentity;</p>"),
        ("a<!-- x -->b<!--> c<!---->", "<p>ab c</p>"),
        ("<p>e\u0301</p>", "<p>é</p>"),
        (
            "<video><source src=/a.mp4>No video? <b>Pity</b></video><p>x",
            '<video controls=""><source src="/a.mp4"></video><p>x</p>',
        ),
        ("<video src=/a.mp4><p>not lost", '<video src="/a.mp4" controls=""></video><p>not lost</p>'),
    ],
)
def test_a_careless_body_is_put_in_order(source: str, written: str) -> None:
    assert html_of(source) == written


def test_plain_text_becomes_paragraphs_and_stays_literal() -> None:
    rendered = render("سطر\r\nثانٍ  <b>\n \n\n*نجمة* &amp;\n", "text")
    assert rendered.html == "<p>سطر<br>ثانٍ  &lt;b&gt;</p>\n<p>*نجمة* &amp;amp;</p>"
    assert rendered.text == "سطر\nثانٍ  <b>\n\n*نجمة* &amp;"
    assert rendered.warnings == []


def test_markdown_is_read_and_html_in_it_is_literal() -> None:
    rendered = render(
        "# عنوان\n\n**غ** ~~ش~~ [ر](https://e.org) <b>x</b> ![n](/a.jpg)\n\n|a|b|\n|-|:-|\n|1|2|\n\n```py\nx\n```\n",
        "markdown",
    )
    assert "<h2>عنوان</h2>" in rendered.html
    assert "<strong>" in rendered.html
    assert "<s>" in rendered.html
    assert "&lt;b&gt;x&lt;/b&gt;" in rendered.html
    assert [block["type"] for block in rendered.blocks] == ["heading", "paragraph", "image", "table", "code"]
    assert rendered.warnings == []


def test_a_bad_link_in_markdown_is_told() -> None:
    assert removed("[x](javascript:alert(1))", "markdown") == [("removed_link", "a", 1)]


def test_markdown_with_more_signs_than_a_book_is_taken_as_text() -> None:
    assert render("*a* " * 30_000, "markdown").html.startswith("<p>*a* *a* ")
    assert render("*a* " * 10, "markdown").html.startswith("<p><em>a</em> ")


# --- blocks -------------------------------------------------------------------------------------------------------


def test_six_paragraphs_are_six_blocks() -> None:
    source = "".join(f"<p>الفقرة  رقم {number}</p>" for number in range(6))
    assert [block["type"] for block in blocks_of(source)] == ["paragraph"] * 6
    assert [block["spans"][0]["text"] for block in blocks_of(source)] == [
        f"الفقرة  رقم {number}" for number in range(6)
    ]


def test_spans_carry_their_marks() -> None:
    [block] = blocks_of(
        '<p>a<b>b<strong><i>c</i></strong></b><a href="/x"><u>d</u></a><s>e</s><code>f</code><sub>g</sub><sup>h</sup>'
        "<mark>i</mark><q>j</q></p>"
    )
    marks = [(span["text"], [mark["type"] for mark in span["marks"]]) for span in block["spans"]]
    assert marks == [
        ("a", []),
        ("b", ["strong"]),
        ("c", ["strong", "emphasis"]),
        ("d", ["link", "underline"]),
        ("e", ["strike"]),
        ("f", ["code"]),
        ("g", ["subscript"]),
        ("h", ["superscript"]),
        ("i", ["highlight"]),
        ("“j”", []),
    ]
    assert block["spans"][3]["marks"][0]["href"] == "/x"


def test_line_breaks_in_the_source_are_spaces_and_br_is_a_line_break() -> None:
    [block] = blocks_of("<p>\n  a\n  b  c<br>\n d <b>\n e</b><br></p>")
    assert "".join(span["text"] for span in block["spans"]) == "a b  c\nd e"


@pytest.mark.parametrize(
    "source",
    ["<p></p>", "<p> \u00a0<br></p>", "<ul></ul>", "<blockquote> </blockquote>", "<table></table>", "<pre>\n</pre>"],
)
def test_what_holds_nothing_gives_no_block(source: str) -> None:
    assert blocks_of(source) == []


def test_the_direction_of_a_block_is_what_the_markup_says_or_null() -> None:
    source = (
        '<p>a</p><p dir="rtl">b</p><blockquote dir="ltr"><p>c</p><p dir="rtl">d</p></blockquote><h2 dir="auto">e</h2>'
    )
    plain, right, quote, heading = blocks_of(source)
    assert [block["direction"] for block in (plain, right, quote, heading)] == [None, "rtl", "ltr", None]
    assert quote["children"][0]["direction"] == "rtl"


def test_lists_hold_their_items_and_lists_inside_them() -> None:
    [block] = blocks_of("<ol start=3><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ol>")
    first, second = block["items"]
    assert (block["ordered"], block["start"]) == (True, 3)
    assert first["spans"][0]["text"] == "a"
    assert first["children"][0]["items"][0]["spans"][0]["text"] == "b"
    assert second["children"][0]["spans"][0]["text"] == "d"


def test_a_table_has_its_header_apart() -> None:
    [block] = blocks_of("<table><caption>c</caption><tr><th>h<th>i<tr><th>1<td colspan=2>2</table>")
    assert block["caption"][0]["text"] == "c"
    assert [[cell["header"] for cell in row] for row in block["header"] + block["rows"]] == [
        [True, True],
        [True, False],
    ]
    assert block["rows"][0][1]["colspan"] == 2
    assert render("<table><tr><td>a<td>b<tr><td>c<td><p>d</p><p>e</p></table>", "html").text == "a\tb\nc\td e"


def test_a_figure_gives_its_picture_caption_and_credit() -> None:
    [block] = blocks_of(
        '<figure><a href=/x><img src=/a.jpg alt="وصف" width=10></a>'
        "<figcaption>تعليق <b>x</b> <small>AFP</small></figcaption></figure>"
    )
    assert block == {
        "type": "image",
        "url": "/a.jpg",
        "alt": "وصف",
        "caption": "تعليق x",
        "credit": "AFP",
        "width": 10,
        "height": None,
        "media": None,
        "focal_point": None,
        "language": None,
        "direction": None,
        "decorative": False,
        "animated": False,
        "placeholder": None,
        "renditions": [],
        "href": "/x",
        "caption_spans": [{"text": "تعليق ", "marks": []}, {"text": "x", "marks": [{"type": "strong"}]}],
    }


def test_a_picture_inside_a_paragraph_divides_it() -> None:
    assert [block["type"] for block in blocks_of("<p>a<img src=/a.jpg>b</p>")] == ["paragraph", "image", "paragraph"]


def test_media_say_where_they_are() -> None:
    source = (
        "<video poster=/p.jpg><source src=/a.mp4></video><audio src=/a.mp3></audio>"
        "<iframe src=https://www.youtube.com/embed/1 width=560></iframe><hr>"
    )
    video, audio, embed, divider = blocks_of(source)
    assert (video["url"], video["poster"], audio["url"]) == ("/a.mp4", "/p.jpg", "/a.mp3")
    assert (embed["provider"], embed["width"], divider) == ("www.youtube.com", 560, {"type": "divider"})


def test_the_address_of_a_quotation_is_kept() -> None:
    [block] = blocks_of("<blockquote cite=https://e.org/><p>a</p><p>b</p></blockquote>")
    assert (block["cite"], block["spans"][0]["text"], len(block["children"])) == ("https://e.org/", "a", 1)


def test_plain_text_can_be_read() -> None:
    source = (
        "<h2>عنوان</h2><p>فقرة</p><ul><li>a<ul><li>b</ul><li>c</ul><pre>x\n y</pre>"
        "<blockquote><p>d</p><p>e</p></blockquote>"
    )
    assert render(source, "html").text == "عنوان\n\nفقرة\n\na\n  b\nc\n\nx\n y\n\nd\n\ne"


# --- what was taken away ------------------------------------------------------------------------------------------


def test_what_was_taken_away_is_listed_in_order_and_counted() -> None:
    source = (
        "<script>x</script><p class=a onclick=b>x\u202e\x00</p><div>y</div><script>z</script>"
        "<a href=javascript:x target=_blank>l</a>"
        "<iframe src=https://evil.org/></iframe><iframe></iframe><p class=c>&#x202e;</p>"
    )
    assert removed(source) == [
        ("removed_element", "script", 2),
        ("removed_characters", "", 3),
        ("removed_element", "div", 1),
        ("removed_link", "a", 1),
        ("removed_embed", "evil.org", 1),
        ("removed_embed", "", 1),
        ("removed_attribute", "class", 2),
        ("removed_attribute", "onclick", 1),
        ("removed_attribute", "target", 1),
    ]


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_characters_taken_from_plain_text_are_counted(format: Format) -> None:
    assert removed("a\u202eb\x00", format) == [("removed_characters", "", 2)]


def test_the_list_of_what_was_taken_away_is_bounded() -> None:
    assert len(removed("".join(f"<x{number}>" for number in range(500)))) == 50
    assert all(len(name) <= 40 for _, name, _ in removed("<x" + "y" * 1000 + ">"))


def test_everything_taken_away_has_a_message() -> None:
    for code, name, _ in removed("<x><p y><a href=z:>\x00<iframe>"):
        assert message(f"warning.{code}", "ar", {"name": name}) != f"warning.{code}"


# --- hostile bodies -----------------------------------------------------------------------------------------------

HOSTILE = (
    "<|<div>|<b>|<p>|<b><p>|<a href=x><p>|<!--|<!-- -->|<table>|<table><tr><td>|<table><b>x|<ul><li>|<svg>|<style>"
    "|<video>"
    "|<a href='|<a a |&|&#|&#9|<x>y|<li><div> |</p>|</b>|<br>|<blockquote>|<b></i>x|<p>x<b>|<span lang=ar>|<ruby><rt>"
    "|<figure><figcaption>|<pre>\n|  x|<?|</|<![CDATA[|<a/b=c |<img src=x>|<a href=/x><h2>x</h2>|<td><b>|&notanentity;"
    "|\u0315\u0300|\u202e|\U0001f1e6"
).split("|")
HOSTILE_MARKDOWN = (
    "[|*|`|` |>|>\n|a**b|*a_ |![|[a](|[a](b)|<|<a |&|\\||\n|~~|- |-\n|[a]: b\n|[a][|a\n=\n|a|b\n-|-\n".split("|")
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_body_takes_no_longer_than_its_length(unit: str) -> None:
    def body(size: int) -> None:
        rendered = render(unit * (size // len(unit)), "html", embed_hosts=HOSTS)
        assert len(rendered.html) < 12 * size

    assert_linear(body, 60_000)


@pytest.mark.parametrize("unit", HOSTILE_MARKDOWN)
def test_hostile_markdown_takes_no_longer_than_its_length(unit: str) -> None:
    assert_linear(lambda size: render(unit * (size // max(1, len(unit))), "markdown"), 60_000)


def test_a_long_address_cannot_be_multiplied() -> None:
    source = f"<a href=/{'x' * 2000}>" + "<p>y" * 20_000
    assert len(html_of(source)) < 4_000_000


@pytest.mark.parametrize("tag", ["div", "blockquote", "b", "ul><li", "table><tr><td", "span lang=ar", "q", "dl><dd"])
def test_no_nesting_is_too_deep(tag: str) -> None:
    rendered = render(f"<{tag}>" * 30_000 + "نصّ", "html")
    assert rendered.text.strip() == "نصّ" or tag == "q"
    assert json.dumps(rendered.blocks).count("[") < sys.getrecursionlimit()


def test_elements_that_never_end_are_searched_for_once() -> None:
    assert_linear(lambda size: render("<svg>" * size, "html"), 60_000)


def test_a_megabyte_of_angle_brackets_is_text() -> None:
    assert render("<" * 1_000_000, "html").text == "<" * 1_000_000
    assert_linear(lambda size: render("<" * size, "html"), 1_000_000)
