"""Sanitise HTML: build a new tree from the tokens of the source, with allowed elements and attributes only.

The source is tokenized as browsers do. Everything that is removed gives a warning.
"""

from dataclasses import dataclass
from urllib.parse import unquote

from app.text.allowed import (
    ADDRESSES,
    BLOCKS,
    BY_ID,
    IMAGE_BY_ID,
    INLINE,
    MEDIA,
    RENAMED,
    WRAPPERS,
    as_media_id,
    is_always_set,
    prefixed_id,
    value_parser,
)
from app.text.characters import clean_line, clean_prose, count_refused
from app.text.figures import lift_pictures
from app.text.links import host, safe_embed, safe_source
from app.text.nesting import Nesting
from app.text.styles import NO_STYLE, read_style
from app.text.tokens import EndTag, HtmlToken, StartTag, tokens
from app.text.tree import Element
from app.text.word_lists import with_lists

MAX_SOURCES = 8
COSMETIC = frozenset({"removed_attribute"})  # removals that lose no content: these warnings come last
# Attributes with the URL of a lazily loaded image.
LAZY_SOURCES = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset", "data-lazy-srcset")
LAZY_ATTRIBUTES = frozenset({*LAZY_SOURCES, "srcset", "sizes", "data-sizes", "data-lazy-sizes", "loading", "decoding"})
# What an image of the library is without: its id decides, and delivery fills these in.
GIVEN_BY_LIBRARY = LAZY_ATTRIBUTES | {"src", "width", "height", "role"}
# The mark that an element already has: the same mark from a style is redundant.
SAME_AS_MARK = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "s": "s", "del": "s", "u": "u", "ins": "u"}
MAX_WARNINGS = 50
MAX_WARNING_NAME = 40


@dataclass(frozen=True, slots=True)
class Removal:
    """A warning: what was removed (`name`) and how often. Its message is `warning.<code>`."""

    code: str
    name: str
    count: int


def sanitise(source: str, embed_hosts: frozenset[str], refused: int = 0) -> tuple[Element, list[Removal]]:
    """Return the sanitised tree of an HTML `source`, with the root `body`, and the warnings.

    `embed_hosts`: hosts, in lower case, that an `iframe` may come from. `refused`: number of characters that were
    removed before. Never raises, and takes linear time. At most 50 warnings, in order of appearance.
    """
    found = list(tokens(source))
    sanitiser = _Sanitiser(embed_hosts, _linked_ids(found))
    sanitiser.count_refused(refused)
    for token in with_lists(found):
        sanitiser.take(token)
    body = sanitiser.nesting.finish()
    if sanitiser.has_pictures:
        lift_pictures(body)
    return body, sanitiser.warnings()


def _linked_ids(found: list[HtmlToken]) -> set[str]:
    """Return the ids, with their prefix, that a link of the same source targets."""
    starts = [token for token in found if isinstance(token, StartTag)]
    links = {_target(token.attributes.get("href", "")) for token in starts if token.name == "a"}
    ids = {prefixed_id(_id_of(token) or "") for token in starts}
    return {id for id in links & ids if id is not None}


def _target(href: str) -> str | None:
    """Return the id, with its prefix, that a link to a fragment (`#…`) targets; None for other links."""
    return prefixed_id(unquote(href[1:].strip())) if href.startswith("#") else None


def _id_of(token: StartTag) -> str | None:
    return token.attributes.get("id") or (token.attributes.get("name") if token.name == "a" else None)


class _Sanitiser:
    def __init__(self, embed_hosts: frozenset[str], ids: set[str]) -> None:
        self.embed_hosts = embed_hosts
        self._pending_ids = ids
        self._ids = frozenset(ids)
        self._headings: list[str] = []  # names of elements that became headings
        self._shown: set[str] = set()  # URLs of the images so far
        self._missing = 0  # images without a URL so far: a <noscript> may have it
        self._awaited: str | None = None  # the id of an open figure of the library that has no image yet
        self._ignored_pictures = 0  # open `<picture>` elements in figures of the library
        self.has_pictures = False  # of the library
        self.nesting = Nesting()
        self.removed: dict[tuple[str, str], int] = {}
        self._warning_counts = {True: 0, False: 0}  # by whether they are cosmetic

    def warnings(self) -> list[Removal]:
        found = [Removal(code, name, count) for (code, name), count in self.removed.items()]
        return sorted(found, key=lambda removal: removal.code in COSMETIC)[:MAX_WARNINGS]

    def count_refused(self, refused: int) -> None:
        if refused:
            self._warn("removed_characters", "", refused)

    def take(self, token: HtmlToken) -> None:
        if isinstance(token, str):
            self._text(token)
        elif isinstance(token, StartTag):
            self._start(self._element_of(token), token)
        elif isinstance(token, EndTag):
            self._end(self._closed_element(token.name))
        else:
            self._warn("removed_element", token.name)

    def _element_of(self, token: StartTag) -> str:
        """The element that a start tag begins. Word Online writes headings as paragraphs with `role=heading`."""
        if token.name in ("p", "div") and token.attributes.get("role", "").lower() == "heading":
            level = token.attributes.get("aria-level", "")
            self._headings.append(token.name)
            return f"h{min(max(int(level), 2), 6)}" if level.isdecimal() and len(level) < 3 else "h2"
        return RENAMED.get(token.name, token.name)

    def _closed_element(self, name: str) -> str:
        if self._headings and self._headings[-1] == name and self.nesting.is_in_heading:
            self._headings.pop()
            return "h2"
        return RENAMED.get(name, name)

    def _text(self, text: str) -> None:
        self.count_refused(count_refused(text))
        self.nesting.text(clean_prose(text))

    def _start(self, name: str, token: StartTag) -> None:
        if name in INLINE:
            self._start_inline(name, token)
        elif name in BLOCKS:
            self._start_block(name, self._attributes(name, token))
        elif name in MEDIA:
            self._media(name, token)
        elif name == "br":
            self.nesting.line_break()
        elif name == "noscript":
            self._noscript(token)
        elif name == "picture" and self._awaited:
            self._ignored_pictures += 1
        elif name != "source":
            self._unknown(name, token)

    def _start_block(self, name: str, attributes: dict[str, str]) -> None:
        is_begun = self.nesting.begin_block(name, attributes)
        if not is_begun:
            self._warn("removed_element", name)
        if name != "p":
            self._awaited = attributes.get(BY_ID) if is_begun else None
        self.has_pictures |= BY_ID in attributes

    def _start_inline(self, name: str, token: StartTag) -> None:
        attributes = self._attributes(name, token)
        style = read_style(token.attributes["style"]) if "style" in token.attributes else NO_STYLE
        marks = [mark for mark in style.marks if mark != SAME_AS_MARK.get(name) and (name, mark) != ("a", "u")]
        shown = "span" if style.negates(name) else name
        if name == "a" and "href" not in attributes:
            self.nesting.end_inline("a")
            if not ("id" in attributes or marks):
                return
            shown = "span"
        if not self.nesting.begin_inline(shown, attributes, marks, name):
            self._warn("removed_element", name)

    def _unknown(self, name: str, token: StartTag) -> None:
        self._warn("removed_element", name)
        if name in WRAPPERS:
            kept = {key: value for key, value in token.attributes.items() if key in ("dir", "lang", "style")}
            self.nesting.begin_wrapper(self._attributes(name, StartTag(name, kept)))

    def _end(self, name: str) -> None:
        if name in INLINE:
            self.nesting.end_inline(name)
        elif name in BLOCKS:
            self._awaited = None if name == "figure" else self._awaited
            self.nesting.end_block(name)
        elif name == "picture" and self._ignored_pictures:
            self._ignored_pictures -= 1
        elif name in WRAPPERS:
            self.nesting.end_wrapper()

    def _media(self, name: str, token: StartTag) -> None:
        if name == "img" and (id := self._awaited or as_media_id(token.attributes.get(BY_ID, ""))):
            self._picture(id, token)
            return
        if name == "img":
            self._image(token)
            return
        element = Element(name, self._attributes(name, token))
        if name in ("audio", "video"):
            element.attributes["controls"] = ""
            element.children = [*self._sources(token.content)]
        if name == "iframe" and not self._embed(element):
            self._warn("removed_embed", host(token.attributes.get("src", "")))
        elif "src" in element.attributes or element.children:
            self.nesting.media(element)

    def _picture(self, id: str, token: StartTag) -> None:
        """Add an image of the library. Its id, words and `data-decorative` count (also `role="presentation"`)."""
        self._awaited, self.has_pictures = None, True
        given = {name: value for name, value in token.attributes.items() if name not in GIVEN_BY_LIBRARY}
        if token.attributes.get("role", "").lower() in ("presentation", "none"):
            given["data-decorative"] = ""
        kept = self._attributes(IMAGE_BY_ID, StartTag("img", given))
        alt = "" if "data-decorative" in kept else kept.get("alt", "")
        self.nesting.media(Element("img", {**kept, BY_ID: id, "alt": alt}))

    def _image(self, token: StartTag) -> None:
        """Add an image with its real URL; the placeholder of a lazily loaded image is dropped."""
        later = next((token.attributes[name] for name in LAZY_SOURCES if token.attributes.get(name)), None)
        address = safe_source(_first_of(later)) if later else None
        given = {name: value for name, value in token.attributes.items() if name not in LAZY_ATTRIBUTES}
        if address is not None:
            given["src"] = address
        attributes = self._attributes("img", StartTag("img", given))
        if "src" in attributes:
            self._shown.add(attributes["src"])
            self.nesting.media(Element("img", attributes))
        elif "src" not in given:
            self._missing += 1
            self._warn("removed_image", "img")
        else:
            self._missing += 1

    def _noscript(self, token: StartTag) -> None:
        """Add the images of a `<noscript>` that the body does not have yet."""
        inside = list(tokens(token.content))
        images = [one for one in inside if isinstance(one, StartTag) and one.name == "img"]
        for image in images:
            if safe_source(image.attributes.get("src", "")) not in self._shown:
                self._withdraw_missing_image()
                self._media("img", image)
        if not images:
            self._warn("removed_element", "noscript")

    def _withdraw_missing_image(self) -> None:
        key = ("removed_image", "img")
        if self._missing and key in self.removed:
            self._missing -= 1
            self.removed[key] -= 1
            if not self.removed[key]:
                del self.removed[key]

    def _embed(self, element: Element) -> bool:
        address = safe_embed(element.attributes.get("src", ""), self.embed_hosts)
        element.attributes["src"] = address or ""
        return address is not None

    def _sources(self, content: str) -> list[Element]:
        found = (token for token in tokens(content) if isinstance(token, StartTag) and token.name == "source")
        sources = [Element("source", self._attributes("source", token)) for token in found]
        return [source for source in sources if "src" in source.attributes][:MAX_SOURCES]

    def _attributes(self, element: str, token: StartTag) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, raw in token.attributes.items():
            value = self._attribute(element, name, raw)
            if value is not None:
                kept[name] = value
        side = read_style(token.attributes["style"]).direction if "style" in token.attributes else None
        if side is not None:
            kept.setdefault("dir", side)
        id = prefixed_id(_id_of(token) or "")
        if id is not None and id in self._pending_ids:
            self._pending_ids.discard(id)
            kept["id"] = id
        return kept

    def _attribute(self, element: str, name: str, raw: str) -> str | None:
        if name == "id" or (element == "a" and name == "name"):
            return None
        if name == "href" and (target := _target(raw)) in self._ids:
            return f"#{target}"
        read = value_parser(element, name)
        value = read(raw) if read else None
        if value is None and read and (element, name) == ("img", "src"):
            self._warn("removed_image", "img")
        elif value is None and read and name in ADDRESSES:
            self._warn("removed_link", element)
        elif value is None and not is_always_set(element, name):
            self._warn("removed_attribute", name)
        return value

    def _warn(self, code: str, name: str, count: int = 1) -> None:
        short = name[:MAX_WARNING_NAME]
        key = code, short if short.isascii() and short.isalpha() else clean_line(short)
        if key not in self.removed:
            self._warning_counts[code in COSMETIC] += 1
        if key in self.removed or self._warning_counts[code in COSMETIC] <= MAX_WARNINGS:
            self.removed[key] = self.removed.get(key, 0) + count


def _first_of(addresses: str) -> str:
    """The last URL of a `srcset`, mostly the largest image; a single URL is returned as it is."""
    *_, last = addresses.split(", ")
    return last.strip().split(" ")[0]
