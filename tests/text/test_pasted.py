"""What editors paste from elsewhere keeps its meaning, and nothing goes without a warning."""

import base64
import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import product
from typing import Any

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.markup import Format, render
from tests.text.test_markup import HOSTS, bare, blocks_of, html_of, removed, words_in

REAL = "https://e.example/real.jpg"
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def marks_of(source: str, format: Format = "html") -> dict[str, list[str]]:
    """Return the kinds of marks of each run of text, by its text."""
    return {span["text"]: [mark["type"] for mark in span["marks"]] for span in spans_of(blocks_of(source, format))}


def spans_of(value: Any) -> Iterator[dict[str, Any]]:
    for member in value if isinstance(value, list) else value.values() if isinstance(value, dict) else []:
        if isinstance(member, dict) and "marks" in member:
            yield member
        elif isinstance(member, list | dict):
            yield from spans_of(member)


# --- captions -----------------------------------------------------------------------------------------------------


def test_a_caption_does_not_replace_one_that_is_there() -> None:
    image, after = blocks_of(
        f"<figure><figure><img src={REAL}><figcaption>one</figcaption></figure><figcaption>all</figcaption></figure>"
    )
    assert image["caption"] == "one"
    assert after["type"] == "paragraph"
    assert after["spans"][0]["text"] == "all"


def test_a_picture_keeps_its_link_and_its_caption_its_marks() -> None:
    [image] = blocks_of(
        f'<figure><a href="https://e.example/"><img src={REAL}></a>'
        '<figcaption>قال <a href="/x">هنا</a></figcaption></figure>'
    )
    assert image["href"] == "https://e.example/"
    assert image["caption"] == "قال هنا"
    assert image["caption_spans"][-1] == {"text": "هنا", "marks": [{"type": "link", "href": "/x"}]}


# --- styles, Word, Google Docs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapper", ["b", "strong"])
def test_a_paste_from_google_docs_is_bold_only_where_it_was(wrapper: str) -> None:
    marks = marks_of(
        f'<{wrapper} style="font-weight:normal"><p><span style="font-weight:400">عادي </span>'
        f'<span style="font-weight:700">غامق</span></p></{wrapper}>'
    )
    assert marks == {"عادي ": [], "غامق": ["strong"]}


@pytest.mark.parametrize(
    ("style", "kinds"),
    [
        ("font-weight:600", ["strong"]),
        ("font-weight: bold", ["strong"]),
        ("FONT-WEIGHT:BOLD", ["strong"]),
        ("font-weight:599", []),
        ("font-weight:500", []),
        ("font-style:italic", ["emphasis"]),
        ("text-decoration:line-through", ["strike"]),
        ("text-decoration:underline", ["underline"]),
        ("color:red;font-size:40px;position:fixed", []),
        ("background:url(javascript:alert(1))", []),
    ],
)
def test_a_style_means_no_more_than_it_says(style: str, kinds: list[str]) -> None:
    assert marks_of(f'<p>a <span style="{style}">b</span></p>').get("b", []) == kinds
    assert "style" not in html_of(f'<p>a <span style="{style}">b</span></p>')


def test_a_paragraph_in_the_part_of_a_heading_is_one() -> None:
    [heading] = blocks_of('<p role="heading" aria-level="2">عنوان</p>')
    assert (heading["type"], heading["level"]) == ("heading", 2)


def test_paragraphs_of_a_list_of_word_are_a_list() -> None:
    item = (
        '<p class="MsoListParagraph" style="mso-list:l0 level{} lfo1">'
        '<span style="mso-list:Ignore">·<span>  </span></span>{}</p>'
    )
    before, made, after = blocks_of("<p>قبل</p>" + item.format(1, "أول") + item.format(2, "فرع") + "<p>بعد</p>")
    assert (before["type"], made["type"], after["type"]) == ("paragraph", "list", "paragraph")
    assert list(words_in(made)) == ["أول", "فرع"]
    assert made["items"][0]["children"][0]["type"] == "list"


# --- directions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "element",
    [
        '<span dir="ltr">+963 11</span>',
        '<bdo dir="ltr">+963 11</bdo>',
        '<span style="direction:ltr">+963 11</span>',
        '<span style="direction:ltr;unicode-bidi:embed">+963 11</span>',
    ],
)
def test_a_run_keeps_its_direction(element: str) -> None:
    source = f"<p>للاستفسار: {element} أو</p>"
    [run] = [span for span in spans_of(blocks_of(source)) if span["text"] == "+963 11"]
    assert run["direction"] == "ltr"
    assert "\u200e+963 11\u200e" in render(source, "html").text


# --- lazy pictures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        f'<img src="{DOT}" data-src="{REAL}"><noscript><img src="{REAL}"></noscript>',
        f'<img src="{DOT}" data-src="{REAL}">',
        f'<img data-src="{REAL}">',
        f'<img src="{DOT}"><noscript><img src="{REAL}"></noscript>',
        f'<p><img src="{DOT}" data-lazy-src="{REAL}"></p>',
    ],
)
def test_the_real_picture_of_a_lazy_one_stays_once(source: str) -> None:
    assert [block["url"] for block in blocks_of(source) if block["type"] == "image"] == [REAL]


@pytest.mark.parametrize("source", [f"<img src='{DOT}'>", "<img src=javascript:alert(1)>"])
def test_a_picture_that_cannot_stay_is_told_by_its_own_warning(source: str) -> None:
    assert [code for code, _, _ in removed(f"<p>a</p>{source}")] == ["removed_image"]


# --- verse, footnotes, lists --------------------------------------------------------------------------------------


def test_a_pre_without_code_is_verse() -> None:
    verse, code = blocks_of("<pre>قفا  <b>نبك</b>\nمن</pre><pre><code>a = <b>1</b></code></pre>")
    assert (verse["type"], verse["verse"]) == ("paragraph", True)
    assert [span["text"] for span in verse["spans"]] == ["قفا  ", "نبك", "\nمن"]
    assert code["type"] == "code"
    assert code["text"] == "a = 1"
    assert code["spans"][-1]["marks"] == [{"type": "strong"}]


def test_a_footnote_is_reached_and_nothing_else_keeps_its_id() -> None:
    html = html_of(
        '<p id="top">x<sup id="r1"><a href="#n1">1</a></sup></p><ol><li id="n1">note <a href="#r1">↩</a></li></ol>'
        '<p id="location">y</p>'
    )
    assert 'id="n-n1"' in html
    assert 'href="#n-n1"' in html
    assert 'id="n-r1"' in html
    assert "location" not in html
    assert 'id="top"' not in html


def test_markdown_has_footnotes() -> None:
    rendered = render("نص[^1] بعد.\n\n[^1]: الحاشية", "markdown")
    assert "الحاشية" in rendered.text
    targets = [part.split('"')[0] for part in rendered.html.split('href="#')[1:]]
    assert len(targets) == 2  # there and back
    assert all(f'id="{target}"' in rendered.html for target in targets)


@pytest.mark.parametrize(
    ("source", "strong"),
    [
        ("لـ**«الفجر»** قال", "«الفجر»"),
        ("و**«الفجر»** قال", "«الفجر»"),
        ('بـ**"العربي"** قال', '"العربي"'),
        ("هذا **الخبر:**نصه", "الخبر:"),
    ],
)
def test_emphasis_beside_arabic_letters(source: str, strong: str) -> None:
    assert marks_of(source, "markdown")[strong] == ["strong"]


@pytest.mark.parametrize("source", ["2 ** 3 ** 4", "a**.b.**c", "\\*\\*نص\\*\\*"])
def test_what_is_no_emphasis_in_commonmark_is_none_here(source: str) -> None:
    assert "strong" not in {kind for kinds in marks_of(source, "markdown").values() for kind in kinds}


@pytest.mark.parametrize("source", ["<ul><p><li>x</li></p></ul>", "<ol><div><li>x</li></div></ol>"])
def test_no_empty_item_comes_before_one(source: str) -> None:
    [made] = blocks_of(source)
    assert [list(words_in(item)) for item in made["items"]] == [["x"]]


def test_old_elements_keep_their_meaning() -> None:
    html = html_of(
        "<p><strike>a</strike><tt>b</tt> <kbd>c</kbd> <samp>d</samp> <var>e</var> <dfn>f</dfn>"
        " <acronym title=x>g</acronym></p><ol reversed><li value=7>h</li></ol>"
    )
    assert "<s>a</s>" in html
    assert all(f"<code>{letter}</code>" in html for letter in "bcd")
    assert all(f"<i>{letter}</i>" in html for letter in "ef")
    assert '<abbr title="x">g</abbr>' in html
    [made] = [block for block in blocks_of(html) if block["type"] == "list"]
    assert made["reversed"] is True
    assert made["items"][0]["value"] == 7


# --- every editor -------------------------------------------------------------------------------------------------

EDITORS = {
    "Word": '<p class=MsoNormal dir=RTL style="text-align:right"><b><span lang=AR-SA>قال</span></b><o:p></o:p></p>'
    '<p class=MsoListParagraph style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">1.</span>بند</p>',
    "Word Online": '<div class="OutlineElement"><p role="heading" aria-level="3">عنوان</p></div>'
    '<ul role="list"><li><p><span style="font-weight:bold">بند</span></p></li></ul>',
    "Google Docs": '<b style="font-weight:normal" id="docs-internal-guid-1"><p dir="rtl"><span style="font-weight:700">'
    'قال</span></p><ul><li dir="rtl"><p role="presentation"><span>بند</span></p></li></ul></b>',
    "WordPress": '<!-- wp:paragraph --><p>نص</p><!-- /wp:paragraph --><figure class="wp-block-image"><a href="/x">'
    f'<img src="{REAL}" class="wp-image-1"></a><figcaption class="wp-element-caption">تعليق</figcaption></figure>',
    "WordPress, classic": f'<div class="wp-caption"><img src="{REAL}"><p class="wp-caption-text">تعليق</p></div>نص',
    "Ghost": f'<figure class="kg-card kg-image-card kg-card-hascaption"><img src="{REAL}"><figcaption>'
    '<span style="white-space: pre-wrap;">تعليق</span></figcaption></figure><hr><blockquote>قول</blockquote>',
    "an agency": "<FONT FACE=Arial><CENTER><B>دمشق</B></CENTER>نص<BR><BR>نص ثان<TT>x</TT></FONT><DIR><LI>بند</DIR>",
}


@pytest.mark.parametrize("editor", EDITORS)
def test_the_words_of_every_editor_stay_in_all_three_forms(editor: str) -> None:
    rendered = render(EDITORS[editor], "html", embed_hosts=HOSTS)
    blocks = json.loads(json.dumps(rendered.blocks))
    seen = bare("".join(words_in(blocks)))
    for word in ("قال", "بند", "نص", "تعليق", "عنوان", "قول", "دمشق"):
        if word in EDITORS[editor]:
            assert word in rendered.html, word
            assert word in rendered.text, word
            assert word in seen, word
    assert REAL not in EDITORS[editor] or REAL in rendered.html


@pytest.mark.parametrize("editor", EDITORS)
def test_what_nashra_gave_it_takes_back_unchanged(editor: str) -> None:
    once = render(EDITORS[editor], "html", embed_hosts=HOSTS)
    again = render(once.html, "html", embed_hosts=HOSTS)
    assert again.html == once.html
    assert again.blocks == once.blocks
    assert again.warnings == []


# --- every word, every picture, every link ------------------------------------------------------------------------

WRAPPERS = (
    "<p>{}</p>",
    "<div>{}</div>",
    '<b style="font-weight:normal">{}</b>',
    '<span style="font-style:italic">{}</span>',
    '<span dir="ltr">{}</span>',
    '<bdo dir="rtl">{}</bdo>',
    "<ul><li>{}</li></ul>",
    "<ul><p><li>{}</li></p></ul>",
    "<ol reversed><li value=4>{}</li></ol>",
    "<blockquote>{}</blockquote>",
    "<pre>{}</pre>",
    "<pre><code>{}</code></pre>",
    "<table><tr><td>{}</td></tr></table>",
    "<dl><dt>{}</dt></dl>",
    f"<figure><img src={REAL}><figcaption>{{}}</figcaption></figure>",
    "<figure>{}</figure>",
    '<p role="heading" aria-level="2">{}</p>',
    '<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·</span>{}</p>',
    '<a href="https://e.example/a">{}</a>',
    "<tt>{}</tt>",
    "<font color=red>{}</font>",
    "<center>{}</center>",
    "<h2>{}</h2>",
)


def words_of_html(html: str) -> list[str]:
    return re.findall(r"كلمة\d+", re.sub(r"<[^>]*>", "", html))


pasted = st.recursive(
    st.just("{word}"),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(WRAPPERS), inner).map(lambda pair: pair[0].replace("{}", pair[1])),
        st.lists(inner, min_size=2, max_size=3).map("".join),
    ),
    max_leaves=8,
)


@given(pasted)
def test_no_word_is_lost_or_told_twice(shape: str) -> None:
    source = shape
    words: list[str] = []
    while "{word}" in source:
        words.append(f"كلمة{len(words) + 1:02}")
        source = source.replace("{word}", words[-1], 1)
    rendered = render(source, "html", embed_hosts=HOSTS)
    seen = bare("".join(words_in(json.loads(json.dumps(rendered.blocks)))))
    assert sorted(words_of_html(rendered.html)) == words
    assert sorted(re.findall(r"كلمة\d{2}", bare(rendered.text))) == words
    assert sorted(re.findall(r"كلمة\d{2}", seen)) == words
    assert rendered.html.count(REAL) == source.count(REAL)
    assert [json.dumps(rendered.blocks).count(REAL)] == [source.count(REAL)]


@given(pasted)
def test_nashras_own_html_comes_back_as_it_was(shape: str) -> None:
    once = render(shape.replace("{word}", "كلمة"), "html", embed_hosts=HOSTS)
    again = render(once.html, "html", embed_hosts=HOSTS)
    assert again.html == once.html
    assert again.blocks == once.blocks
    assert again.text == once.text
    assert again.warnings == []


# --- attacks ------------------------------------------------------------------------------------------------------

SCHEMES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload=alert(1)>").decode(),
)
CARRIERS = (
    '<a href="{}">x</a>',
    '<img src="{}">',
    '<img src="{dot}" data-src="{}">',
    '<img srcset="{} 2x">',
    '<noscript><img src="{}"></noscript>',
    '<iframe src="{}"></iframe>',
    '<video src="{}" poster="{}"></video>',
    '<audio src="{}"></audio>',
    '<video><source src="{}"></video>',
    '<blockquote cite="{}">x</blockquote>',
    '<form action="{}"><button formaction="{}">x</button></form>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<svg><a xlink:href="{}"><text>x</text></a></svg>',
    '<math href="{}">x</math>',
    '<p style="background:url({})">x</p>',
    "<b style=\"font-weight:700;background:url('{}')\">x</b>",
    '<base href="{}">',
    '<link rel=stylesheet href="{}">',
    '<meta http-equiv=refresh content="0;url={}">',
)
BREAKERS = (
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<noscript><img data-src='</noscript><script>alert(1)</script>'></noscript>",
    "<img data-src='https://e.example/\" onerror=\"alert(1)'>",
    "<p id='x\" onclick=\"alert(1)'><a href='#x\" onclick=\"alert(1)'>x</a></p>",
    "<a href='#__proto__'>x</a><p id=__proto__>y</p>",
    "<ol start='1 onload=alert(1)'><li value='1\" onclick=alert(1)'>x</li></ol>",
    "<p role=heading aria-level='2\" onclick=\"alert(1)'>x</p>",
    "<p style='mso-list:l0 level1 lfo1'><script>alert(1)</script>x</p>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<svg><style><a title='</style><img src=x onerror=alert(1)>'>",
    "<select><noscript></select><img src=x onerror=alert(1)></noscript>",
    "<pre><code><img src=x onerror=alert(1)></code></pre>",
    "<span dir='ltr\" onclick=\"alert(1)'>x</span>",
)
EVENTS = tuple(
    f"<{name} {event}={quote}alert(1){quote}>x</{name}>"
    for name, event, quote in product(
        ("p", "b", "a", "li", "pre", "sup", "bdo", "span", "img", "table", "figure", "strike"),
        ("onclick", "ONERROR", "onload", "onmouseover"),
        ("", "'", '"'),
    )
)
ATTACKS = (
    *BREAKERS,
    *EVENTS,
    *(carrier.replace("{dot}", DOT).replace("{}", scheme) for carrier in CARRIERS for scheme in SCHEMES),
)
HARMFUL = frozenset("script style svg math object embed form button base link meta noscript template".split())


@pytest.mark.parametrize("wrapper", ["{}", "<p>{}</p>", "<ul><li>{}", "<figure>{}<figcaption>{}</figcaption></figure>"])
def test_no_attack_comes_through(wrapper: str) -> None:
    """Read by an HTML5 parser, not by our own tokens."""
    attributes: list[tuple[str, str, str]] = []

    def seen(name: str, attribute: str, value: str) -> str:
        attributes.append((name, attribute, value))
        return value

    tags = {"p", "b", "a", "img", *HARMFUL} - {"script", "style"}
    assert len(ATTACKS) > 300
    for attack in ATTACKS:
        html = html_of(wrapper.replace("{}", attack))
        nh3.clean(html, tags=nh3.ALLOWED_TAGS | tags, attribute_filter=seen)
        lower = unescape(html).lower()
        assert not any(f"<{name}" in html.lower() for name in HARMFUL), attack
        assert "=data:" not in lower.replace('"', ""), attack
        # What is left of an attack is text: no attribute of the parsed answer holds it.
        markup = "".join(part.split(">")[0] for part in html.split("<")[1:])
        for bad in ("javascript:", "vbscript:", " onerror=", " onclick=", " onload=", " onmouseover=", " style="):
            assert bad not in unescape(markup).lower().replace("\n", ""), (attack, html)
    assert not [one for one in attributes if one[1].startswith("on") or "script:" in one[2].lower()]
