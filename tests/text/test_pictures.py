"""Pictures of the library in bodies: what is stored, and what readers are given."""

import html as html_entities
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.text import markup
from app.text.blocks import Block, ImageRendition, plain_text
from app.text.figures import MAX_PICTURES, LibraryWords
from app.text.markup import Format, Rendered, media_ids, render
from app.text.pictures import ShownPicture, fill_blocks, fill_html, has_images, has_pictures
from app.text.sanitise import sanitise
from app.text.tree import to_html
from tests.growth import assert_linear
from tests.text.test_markup import FRAGMENTS, bare, words_in

A = "0190a1b2-0000-7000-8000-00000000000a"
B = "0190a1b2-0000-7000-8000-00000000000b"
C = "0190a1b2-0000-7000-8000-00000000000c"  # not in the library
LIBRARY = {A: LibraryWords("قلعة حلب", "وكالة"), B: LibraryWords()}
SIZES = '(min-width: 48rem) 44rem, calc(100vw - "1px")'
ADAPTER = TypeAdapter[list[Block]](list[Block])


def rendition(width: int, extension: str, crop: str | None = None, *, animated: bool = False) -> ImageRendition:
    name = f"{crop or 'w'}-{width}{'-moving' if animated else ''}"
    return {
        "name": name,
        "crop": crop,
        "url": f"https://media.example/media/k/{name}.{extension}?a=1&b=2",
        "width": width,
        "height": width // 2,
        "mime_type": f"image/{extension}",
        "bytes": 1000,
        "animated": animated,
    }


STILLS = [rendition(width, extension) for extension in ("jpeg", "webp") for width in (1280, 320, 640)]
OTHERS = [rendition(640, "webp", "wide"), rendition(640, "jpeg", "social"), rendition(640, "webp", animated=True)]
CASTLE = ShownPicture(
    A,
    "https://media.example/media/k/w-1280.jpeg?a=1&b=2",
    1280,
    640,
    "قلعة حلب",
    "وكالة",
    "ar",
    "rtl",
    focal_point={"x": 0.5, "y": 0.25},
    placeholder={"color": "#aabbcc", "thumbhash": "abc"},
    animated=True,
    renditions=[*STILLS, *OTHERS],
)
PLAIN = ShownPicture(B, "/media/k/w-90.png", 90, 45, None, None, "ar", "rtl", renditions=[rendition(90, "png")])
SHOWN = {A: CASTLE, B: PLAIN}


def stored(source: str, format: Format = "html") -> Rendered:
    return render(source, format, LIBRARY)


def stored_html(source: str, format: Format = "html") -> str:
    return stored(source, format).html


def figure(inside: str = "", *, id: str = A, alt: str = "") -> str:
    return f'<figure data-media="{id}"><img data-media="{id}" alt="{alt}">{inside}</figure>'


def delivered(source: str, language: str = "ar", shown: dict[str, ShownPicture] = SHOWN) -> str:
    return fill_html(stored(source).html, shown, SIZES, language)


def filled(source: str, language: str = "ar", shown: dict[str, ShownPicture] = SHOWN) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", fill_blocks(stored(source).blocks, shown, language))


def images_in(value: object) -> Iterator[dict[str, Any]]:
    """Yield the image blocks in the order of the document."""
    if isinstance(value, list):
        for member in value:
            yield from images_in(member)
    elif isinstance(value, dict):
        if value.get("type") == "image":
            yield value
        else:
            yield from images_in([value.get(key) for key in ("children", "items", "header", "rows")])


def pictures_of(blocks: Sequence[object]) -> list[str]:
    return [image["media"] for image in images_in(list(blocks)) if image["media"]]


# --- any body -----------------------------------------------------------------------------------------------------

IMAGES = [
    *(f"<img data-media={id}>" for id in (A, B, C, A.upper(), "x", f"{A}0")),
    f'<img data-media="{A}" alt="a &quot;&lt;b" src=/a.jpg srcset="/b 2x" width=9 onclick=x dir=ltr lang=en id=i>',
    f'<img data-media={A} alt="قلعة حلب" data-decorative>',
    f"<img data-media={B} role=presentation data-caption='say &lt;i>'>",
    "<img src=/plain.jpg alt=p>",
    f'<figure data-media="{A}">',
    f"<figure data-media={B} dir=ltr class=x>",
    f"<figure data-media={C}>",
    "<figure>",
    "</figure>",
    "<figcaption>",
    "</figcaption>",
    "<picture>",
    "</picture>",
    f"<source srcset=/x data-media={A}>",
    "<cite>",
    "</cite>",
    "<cite>وكالة</cite>",
    "<small>y</small>",
    "<a href=/l#i>",
    "</a>",
    "<a href=#i>",
    "كلام",
    "\u200fتعليق\u200f",
    f'<figure data-media="{A}"><picture><source type=image/webp srcset=/q><img src=/q alt=""></picture>'
    "<figcaption>w <cite>وكالة</cite></figcaption></figure>",
]
BODIES = st.lists(st.sampled_from([*FRAGMENTS, *IMAGES, *IMAGES, *IMAGES]), max_size=30).map("".join)
NESTED = "<ul><li>" * 30


@given(BODIES)
@example(f"<pre>e<img data-media={A}>\u0301</pre>")
@example(f"<p><b><img data-media={A}> <i>x</i></b>")
@example(f"{NESTED}<img data-media={A}>x")
@example(f"{'<blockquote>' * 30}<figure data-media={A}><figure data-media={B}>")
@example(f"<dl><dt>a<img data-media={A}><dd><p>b</p></dl>")
@example(f"<table><caption><img data-media={A}>")
def test_a_body_with_pictures_stays_as_it_is(source: str) -> None:
    once = stored(source)
    assert stored(once.html) == Rendered(once.html, once.text, once.blocks, [], once.media, ())


@given(BODIES)
@example(f'<figure data-media={A} lang=en><figcaption dir=rtl><img data-media={B} alt="x">')
def test_what_delivery_gives_out_can_be_sent_back(source: str) -> None:
    once = stored(source)
    for language in ("ar", "en"):
        sent = fill_html(once.html, SHOWN, SIZES, language)
        library = LIBRARY if language == "ar" else {A: LibraryWords(None, "وكالة"), B: LibraryWords()}
        assert render(sent, "html", library) == Rendered(once.html, once.text, once.blocks, [], once.media, ())


@given(BODIES)
def test_html_and_blocks_show_the_same_pictures(source: str) -> None:
    once = stored(source)
    named = re.findall(rf'<figure data-media="({A}|{B})"', once.html)
    assert sorted(pictures_of(once.blocks)) == sorted(named)  # blocks of a table begin with its header
    assert [*once.media] == [*dict.fromkeys(named)]
    assert len(re.findall('<(?:figure|img) data-media="', once.html)) == 2 * len(named)
    assert {*once.unknown_media} <= {C}
    assert f'data-media="{C}' not in once.html
    assert {*once.media, *once.unknown_media} <= {*media_ids(source)}
    for shown in (SHOWN, {B: PLAIN}, {}):
        blocks = fill_blocks(once.blocks, shown, "ar")
        html = fill_html(once.html, shown, SIZES, "ar")
        kept = [id for id in named if id in shown]
        assert kept == re.findall('<figure data-media="([^"]*)"', html)
        assert sorted(pictures_of(blocks)) == sorted(kept)
        assert len(re.findall("<[^<>]* data-media=", html)) == html.count("<picture>") == len(kept)


@given(BODIES)
def test_html_and_blocks_give_the_same_words_about_a_picture(source: str) -> None:
    once = stored(source)
    html, blocks = fill_html(once.html, SHOWN, SIZES, "en"), fill_blocks(once.blocks, SHOWN, "en")
    figures = re.findall(r'<figure data-media="[^"]*"[^>]*>(?:<a [^>]*>)?<picture>.*?</figure>', html, re.DOTALL)
    told = [
        (
            image["alt"],
            bare(re.sub("[\u201c\u201d]", "", (image["caption"] or "") + (image["credit"] or ""))),
            "href" in image,
        )
        for image in images_in(list(blocks))
        if image["media"]
    ]
    assert sorted(map(words_of_figure, figures)) == sorted(told)


def words_of_figure(written: str) -> tuple[str, str, bool]:
    """The alt, the caption with the credit, and whether a link is around it."""
    start, _, end = written.partition("</picture>")
    alt = re.findall(r' alt="([^"]*)"', start)[0]
    said = html_entities.unescape(re.sub("<[^>]*>", "", end))
    return html_entities.unescape(alt), bare(said), "<a " in start


@given(BODIES)
def test_text_of_filled_blocks_is_what_they_say(source: str) -> None:
    blocks = fill_blocks(stored(source).blocks, SHOWN, "ar")
    assert bare("".join(words_in(json.loads(json.dumps(blocks))))) == bare(plain_text(blocks))


@given(BODIES)
def test_blocks_with_pictures_are_what_their_types_say(source: str) -> None:
    once = stored(source)
    assert ADAPTER.validate_python(once.blocks, strict=True) == once.blocks
    blocks = fill_blocks(once.blocks, SHOWN, "ar")
    assert ADAPTER.validate_python(blocks, strict=True) == blocks


@given(BODIES)
def test_filling_changes_nothing_that_it_is_given(source: str) -> None:
    once = stored(source)
    before = json.dumps(once.blocks)
    fill_blocks(once.blocks, SHOWN, "ar")
    assert json.dumps(once.blocks) == before


@given(BODIES)
@example(f"<p>a<b><img data-media={A}></b><img data-media={A}>")
def test_no_picture_stands_where_html_does_not_allow_it(source: str) -> None:
    html = fill_html(stored_html(source), SHOWN, SIZES, "ar")
    allowed = {"*": {"lang", "dir", "id"}} | {name: set(one.split()) for name, one in ATTRIBUTES.items()}
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    # The parser of browsers moves an element that stands at a wrong place.
    again = nh3.clean(html, tags=tags, attributes=allowed, clean_content_tags=set()).replace("&nbsp;", "\u00a0")
    assert _unescaped(again) == _unescaped(html)
    outside = re.sub(r"<figure data-media=.*?</figure>", "<figure>", html, flags=re.DOTALL)
    for text_block in re.findall(r"<(p|h\d|pre|a|b|i|caption|dt|figcaption)(?: [^>]*)?>(.*?)</\1>", outside, re.DOTALL):
        assert "<figure>" not in text_block[1]


ATTRIBUTES = {
    "a": "href",
    "audio": "src controls",
    "figure": "data-media",
    "img": "src srcset sizes width height alt data-decorative loading decoding",
    "source": "type srcset sizes src",
    "td": "colspan rowspan",
    "video": "src controls width height poster",
    "iframe": "src width height title",
    "ol": "start",
    "blockquote": "cite",
}


def _unescaped(html: str) -> str:
    return html_entities.unescape(html).replace(' rel="noopener noreferrer"', "")


@given(BODIES)
def test_the_second_sanitiser_changes_no_picture(source: str) -> None:
    written = stored_html(source)
    assert markup._CLEANER.clean(written).replace("&nbsp;", "\u00a0") == written


FORGED = figure() + f"<figure data-media='{A}'>" + html_entities.escape(figure())
PLACES = [
    "<p>{}</p>",
    "<pre><code>{}</code></pre>",
    "<!-- {} -->",
    '<p title="{}">x</p>',
    "<abbr title='{}'>x</abbr>",
    '<img src=/x alt="{}">',
    f'<img data-media={B} alt="{{}}" data-caption="{{}}">',
    '<a href="/{}">x</a>',
    "<figure><img src=/x><figcaption>{}</figcaption></figure>",
    "<textarea>{}</textarea>",
    "<script>{}</script>",
    '<time datetime="{}">x</time>',
]


@pytest.mark.parametrize("place", PLACES)
@given(
    text=st.text() | st.just(FORGED) | st.lists(st.sampled_from([*"<>\"'&= ", "figure", "data-media", A])).map("".join)
)
def test_no_text_can_forge_a_picture(place: str, text: str) -> None:
    rendered = stored(place.replace("{}", html_entities.escape(text)))
    written = fill_html(rendered.html, SHOWN, SIZES, "ar")
    assert pictures_of(rendered.blocks) == ([B] if B in place else [])
    assert written.count("<picture>") == len(pictures_of(rendered.blocks))
    assert CASTLE.url.split("?")[0] not in written


@pytest.mark.parametrize("format", ["text", "markdown"])
@pytest.mark.parametrize("source", [figure(), f"`{figure()}`", f"    {figure()}", f"`![a](media:{A})`"])
def test_html_in_other_formats_and_code_is_text(format: Format, source: str) -> None:
    rendered = stored(source, format)
    assert (rendered.media, has_pictures(rendered.html)) == ((), False)
    assert fill_html(rendered.html, SHOWN, SIZES, "ar") is rendered.html


# --- canonical form -----------------------------------------------------------------------------------------------

CITED = figure("<figcaption>تعليق <cite>المصوّر</cite></figcaption>")
LINKED = f'<a href="/l" rel="noopener noreferrer"><img data-media="{A}" alt=""></a>'
IMAGE = f"<img data-media={A}>"
OTHER = '<img src="/x">'
WORDS = "<figcaption>c</figcaption>"
FORMS = [
    (f"<img data-media={A.upper()}>", figure()),
    (f"<img data-media={A} src=/a.jpg alt=وصف>", figure(alt="وصف")),
    (f"<figure data-media={A}></figure>", figure()),
    (f"<figure data-media={A}><img src=/any.jpg alt=x></figure>", figure(alt="x")),
    (f"<figure data-media={A}><img data-media={B}></figure>", figure()),
    (f"<figure data-media={A}><p><img src=/any.jpg alt=x></p></figure>", figure(alt="x")),
    (f"<figure data-media={A}><hr><img data-media={B}></figure>", figure() + "<hr>" + figure(id=B)),
    (f"<figure>{IMAGE}<figcaption>تعليق <small>المصوّر</small></figcaption></figure>", CITED),
    (f"<figure data-media={A}><figcaption><cite>المصوّر</cite> تعليق</figcaption></figure>", CITED),
    (f"<p>a {IMAGE}<br>b</p>", f"<p>a</p>{figure()}<p>b</p>"),
    (f"<p><b>a{IMAGE}b</b>", f"<p><b>a</b></p>{figure()}<p><b>b</b></p>"),
    (f"<h2>a{IMAGE}</h2>", f"<h2>a</h2>{figure()}"),
    (f"<pre>a{IMAGE}b</pre>", f"<pre>ab</pre>{figure()}"),
    (f"<ul><li>a{IMAGE}</ul>", f"<ul><li>a{figure()}</li></ul>"),
    (f"<table><caption>a{IMAGE}</table>", f"<table><caption>a</caption></table>{figure()}"),
    (f"<table><tr><td>{IMAGE}</table>", f"<table><tbody><tr><td>{figure()}</td></tr></tbody></table>"),
    (f"<dl><dt>a{IMAGE}<dd>b</dl>", f"<dl><dt>a</dt><dd>b</dd></dl>{figure()}"),
    (f"<a href=/l>{IMAGE}</a>", f'<figure data-media="{A}">{LINKED}</figure>'),
    (f"<a href=/l><figure data-media={A}></figure></a>", figure()),
    (f"<figure><img src=/x>{IMAGE}{WORDS}</figure>", OTHER + figure(WORDS)),
    (f"<figure>{IMAGE}<img src=/x>{WORDS}</figure>", f"{figure()}<figure>{OTHER}{WORDS}</figure>"),
    (f"<figure data-media={A}>t<figcaption>c{OTHER}", f"{figure(WORDS)}<p>{OTHER}</p><p>t</p>"),
    (f"<figure>{OTHER}<figcaption>c{IMAGE}</figure>", f"<figure>{OTHER}{WORDS}</figure>{figure()}"),
]


@pytest.mark.parametrize(("source", "written"), FORMS)
def test_each_picture_has_one_form(source: str, written: str) -> None:
    assert stored_html(source) == written


def test_links_to_a_paragraph_lead_to_its_picture() -> None:
    source = f"<p><a href=#i>x</a><p id=i>{IMAGE}"
    assert f'<figure data-media="{A}" id="n-i">' in stored_html(source)
    assert filled(source)[1]["id"] == "n-i"


def test_a_picture_takes_the_direction_of_its_paragraph() -> None:
    html = stored_html(f"<p dir=ltr lang=en>a<img data-media={A} data-caption=c>b</p>")
    assert re.findall("<(?:p|figure)[^>]*>", html) == [
        '<p dir="ltr" lang="en">',
        f'<figure data-media="{A}" lang="en" dir="ltr">',
        '<p dir="ltr" lang="en">',
    ]


@pytest.mark.parametrize("mark", ["data-decorative", "data-decorative=true", "role=presentation", "role=none"])
def test_a_decorative_picture_has_no_alt(mark: str) -> None:
    rendered = stored(f'<img data-media={A} alt="x" {mark}>')
    [block] = images_in(rendered.blocks)
    assert 'alt="" data-decorative="">' in rendered.html
    assert (block["alt"], block["decorative"], rendered.warnings) == ("", True, [])
    assert 'alt="" data-decorative=""' in fill_html(rendered.html, SHOWN, SIZES, "ar")
    assert fill_blocks(rendered.blocks, SHOWN, "ar")[0]["alt"] == ""  # type: ignore[typeddict-item]  # an image


@pytest.mark.parametrize(
    "id", ["", "x", A[:-1], f"{A}0", f" {A}", A.replace("-", ""), f"{{{A}}}", A.replace("a", "g"), f"{A}\n"]
)
def test_what_is_no_uuid_names_no_picture(id: str) -> None:
    rendered = stored(f'<img data-media="{id}" src=/a.jpg data-decorative><figure data-media="{id}"><hr></figure>')
    assert rendered.html == '<img src="/a.jpg"><figure><hr></figure>'
    assert (rendered.media, rendered.unknown_media) == ((), ())
    assert {(one.code, one.name) for one in rendered.warnings} == {
        ("removed_attribute", "data-media"),
        ("removed_attribute", "data-decorative"),
    }


def test_hostile_attributes_of_a_picture_are_removed() -> None:
    rendered = stored(
        f'<img data-media={A} src="javascript:x" srcset="data:x" onerror=x style="x:y" alt="&quot;><script>" class=x>'
    )
    assert rendered.html == figure(alt="&quot;&gt;&lt;script&gt;")
    assert [(one.code, one.name) for one in rendered.warnings] == [
        ("removed_attribute", "onerror"),
        ("removed_attribute", "style"),
        ("removed_attribute", "class"),
    ]


def test_images_at_addresses_stay_as_they_are() -> None:
    source = "<p>a<img src=/a.jpg alt=b width=3></p>"
    assert stored_html(source) == '<p>a<img src="/a.jpg" alt="b" width="3"></p>'
    assert stored(source) == render(source, "html")


# --- the library --------------------------------------------------------------------------------------------------


def test_unknown_pictures_are_told_and_left_out_with_their_captions() -> None:
    rendered = stored(
        f"<p>a<img data-media={C} alt=b>c</p><figure data-media={C}><figcaption>gone</figcaption></figure>"
        f"<figure><img data-media={C}><figcaption>gone</figcaption></figure><img data-media={B}>"
    )
    assert (rendered.media, rendered.unknown_media) == ((B,), (C,))
    assert rendered.html == f"<p>a</p><p>c</p>{figure(id=B)}"
    assert rendered.text == "a\n\nc"


def test_pictures_are_listed_once_in_order() -> None:
    assert stored(f"<img data-media={B}><img data-media={A}><img data-media={B}>").media == (B, A)


def test_the_librarys_words_are_not_stored() -> None:
    html = stored_html(
        f'<figure data-media={A}><img alt=" قلعة  حلب"><figcaption>ت <cite lang=en>وكالة</cite></figcaption></figure>'
    )
    assert html == figure("<figcaption>ت</figcaption>")
    assert stored_html(f"<figure data-media={A}><figcaption><cite>وكالة</cite></figcaption></figure>") == figure()


def test_ids_are_found_before_the_library_is_asked() -> None:
    source = f"<img DATA-MEDIA = '{A.upper()}'>![x](media:{B}) data-media={A} /articles/{C}"
    assert media_ids(source) == [A, B]
    many = "".join(f"media:0190a1b2-0000-7000-8000-{number:012x} " for number in range(900))
    assert len(media_ids(many)) == 500


def test_the_pictures_of_a_body_are_bounded() -> None:
    rendered = stored(f"<img data-media={A}>" * (MAX_PICTURES + 7))
    assert len(pictures_of(rendered.blocks)) == MAX_PICTURES
    assert [(one.code, one.name, one.count) for one in rendered.warnings] == [("removed_image", "img", 7)]


# --- Markdown -----------------------------------------------------------------------------------------------------


def test_markdown_names_a_picture() -> None:
    source = (
        f'نص ![بديل *x*](media:{A.upper()} "تعليق &amp; \\"x\\"") بعد\n\n[![](media:{B})](/l)\n\n'
        f"![ref][r]\n\n[r]: MEDIA:{A}"
    )
    rendered = stored(source, "markdown")
    assert rendered.html.replace("\n", "") == (
        "<p>نص</p>" + figure('<figcaption>تعليق &amp; "x"</figcaption>', alt="بديل x") + "<p>بعد</p>"
        f'<figure data-media="{B}">{LINKED.replace(A, B)}</figure>' + figure(alt="ref")
    )
    assert rendered.warnings == []


def test_markdown_without_a_uuid_names_no_picture() -> None:
    rendered = stored("![a](media:x)", "markdown")
    assert (rendered.media, [one.code for one in rendered.warnings]) == ((), ["removed_image"])


# --- what readers are given ---------------------------------------------------------------------------------------


def test_html_has_the_sizes_that_a_browser_chooses_from() -> None:
    sizes = html_entities.escape(SIZES)
    webp = ", ".join(f"https://media.example/media/k/w-{w}.webp?a=1&amp;b=2 {w}w" for w in (320, 640, 1280))
    assert delivered(f"<figure data-media={A}><figcaption>تعليق</figcaption></figure>") == (
        f'<figure data-media="{A}"><picture><source type="image/webp" srcset="{webp}" sizes="{sizes}">'
        f'<img src="https://media.example/media/k/w-1280.jpeg?a=1&amp;b=2" srcset="{webp.replace("webp", "jpeg")}"'
        f' sizes="{sizes}" width="1280" height="640" alt="قلعة حلب" loading="lazy" decoding="async"></picture>'
        "<figcaption>تعليق <cite>وكالة</cite></figcaption></figure>"
    )


def test_avif_comes_first() -> None:
    shown = {A: replace(CASTLE, renditions=[*CASTLE.renditions, rendition(320, "avif")])}
    html = delivered(f"<img data-media={A}>", shown=shown)
    assert re.findall('type="([^"]*)"', html) == ["image/avif", "image/webp"]


@given(st.lists(st.sampled_from([*STILLS, *OTHERS, rendition(320, "avif"), rendition(90, "png")]), max_size=8))
def test_srcset_holds_only_whole_pictures_that_do_not_move(renditions: list[ImageRendition]) -> None:
    html = delivered(f"<img data-media={A}>", shown={A: replace(CASTLE, renditions=renditions)})
    listed = html_entities.unescape(" ".join(re.findall('srcset="([^"]*)"', html)))
    found = set(re.findall(r"https://\S+", listed))
    stills = {one["url"] for one in renditions if one in STILLS or one["mime_type"] in ("image/avif", "image/png")}
    if any(one["mime_type"] == "image/jpeg" and one["crop"] is None for one in renditions):
        stills = {url for url in stills if ".png" not in url}
    assert found == stills
    assert html.count("<source") == len(
        {one["mime_type"] for one in renditions if one["url"] in found} & {"image/webp", "image/avif"}
    )


def test_a_block_has_all_of_the_picture() -> None:
    [block] = filled(f"<a href=/l><img data-media={A}></a>")
    assert block == {
        "type": "image",
        "url": CASTLE.url,
        "alt": "قلعة حلب",
        "caption": None,
        "credit": "وكالة",
        "width": 1280,
        "height": 640,
        "media": A,
        "focal_point": {"x": 0.5, "y": 0.25},
        "language": "ar",
        "direction": "rtl",
        "decorative": False,
        "animated": True,
        "placeholder": {"color": "#aabbcc", "thumbhash": "abc"},
        "renditions": [*STILLS, *OTHERS],
        "href": "/l",
    }


def test_words_of_this_use_come_first() -> None:
    source = f"<figure data-media={A}><img alt=هنا><figcaption>ت <cite>غيرها</cite></figcaption></figure>"
    [block] = filled(source)
    assert (block["alt"], block["caption"], block["credit"]) == ("هنا", "ت", "غيرها")
    assert 'alt="هنا"' in delivered(source)
    assert "<figcaption>ت <cite>غيرها</cite></figcaption>" in delivered(source)


def test_the_librarys_alt_is_given_only_in_its_language() -> None:
    source = f"<img data-media={A}>"
    assert [(filled(source, tag)[0]["alt"]) for tag in ("ar", "ar-SY", "en")] == ["قلعة حلب", "قلعة حلب", ""]
    assert [' alt=""' in delivered(source, tag) for tag in ("ar", "ar-SY", "en")] == [False, False, True]


@pytest.mark.parametrize(
    ("language", "around", "cite"),
    [
        ("ar-EG", "", "<cite>"),
        ("fa", "", '<cite lang="ar">'),
        ("en", "", '<cite lang="ar" dir="rtl">'),
        ("ar", "dir=ltr", '<cite lang="ar" dir="rtl">'),
    ],
)
def test_a_credit_in_another_language_says_so(language: str, around: str, cite: str) -> None:
    assert f"{cite}وكالة</cite>" in delivered(f"<figure data-media={A} {around}></figure>", language)


def test_an_arabic_caption_keeps_its_marks() -> None:
    caption = "\u200f«ميدان التحرير» 2011\u200f"
    source = f"<figure data-media={A}><figcaption>{caption}</figcaption></figure>"
    [block] = filled(source)
    assert block["caption"] == caption
    assert f"<figcaption>{caption} <cite>" in delivered(source)


def test_a_withdrawn_picture_leaves_nothing_behind() -> None:
    source = f"<p>a</p><blockquote>{CITED}</blockquote><ul><li>b{CITED}</ul>{CITED}<p>c</p><img data-media={B}>"
    html, blocks = delivered(source, shown={B: PLAIN}), filled(source, shown={B: PLAIN})
    assert [block["type"] for block in blocks] == ["paragraph", "list", "paragraph", "image"]
    assert blocks[1]["items"][0]["children"] == []
    assert "تعليق" not in html + json.dumps(blocks, ensure_ascii=False) + plain_text(cast("list[Block]", blocks))
    assert html.count("<figure") == 1


def test_images_stored_by_an_earlier_version_have_all_keys() -> None:
    old = {"type": "image", "url": "/a.jpg", "alt": "", "caption": None, "credit": None, "width": 1, "height": 2}
    [new] = fill_blocks(cast("list[Block]", [old]), {}, "ar")
    assert new == stored("<img src=/a.jpg width=1 height=2>").blocks[0]
    assert has_images('<p>x</p><img src="/a.jpg">')
    assert not has_images("<p>&lt;img </p>")


def test_the_address_of_a_picture_cannot_leave_its_attribute() -> None:
    shown = {A: replace(CASTLE, url='/"><script>', alt='"><b>', credit="<b>", renditions=[])}
    html = delivered(f"<img data-media={A}>", shown=shown)
    assert "<script" not in html
    assert "<b>" not in html


# --- hostile bodies -----------------------------------------------------------------------------------------------

UNITS = [
    IMAGE,
    f"<p>x{IMAGE}",
    f"<b>x{IMAGE}",
    f"<figure data-media={A}>",
    f"<figure>{IMAGE}",
    f"<figure>{IMAGE}<figcaption>",
    f"<figcaption>{IMAGE}x",
    f"<figure data-media={A}><figcaption>x<cite>y</cite>",
    f"<a href=/x>{IMAGE}y",
    f"<li>{IMAGE}",
    f"<blockquote>{IMAGE}",
    f"<table><caption>{IMAGE}",
    f"<dt>{IMAGE}x",
    f"<ruby>{IMAGE}<rt>",
    f"<noscript>{IMAGE}</noscript>",
    "<picture>",
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "start", ["", f"<figure data-media={A}>", f"<p><a href=/{'x' * 2000}><abbr title={'y' * 1000}>"]
)
def test_a_hostile_body_with_pictures_takes_no_longer_than_its_length(unit: str, start: str) -> None:
    def body(size: int) -> str:
        html = stored(start + unit * (size // len(unit))).html
        assert len(html) < max(5_000_000, 84 * size)
        assert len(fill_html(html, SHOWN, SIZES, "ar")) < max(6_000_000, 100 * size)
        return html

    assert_linear(body, 60_000)
    html = body(60_000)
    assert stored(html).html == html


def test_an_image_below_the_deepest_block_is_kept() -> None:
    rendered = stored(NESTED + IMAGE)
    assert rendered.media == (A,)
    assert to_html(sanitise(rendered.html, frozenset())[0]) == rendered.html
