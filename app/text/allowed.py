"""Allow-list of HTML elements and attributes for bodies. Anything else is removed. Source: HTML standard, section 4."""

import re
from collections.abc import Callable

from app.text.characters import clean_line
from app.text.languages import canonical_language
from app.text.links import safe_link, safe_source

INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "i", "ins", "mark", "q", "rp", "rt", "ruby", "s"}
    | {"small", "span", "strong", "sub", "sup", "time", "u"}
)
MEDIA = frozenset({"audio", "iframe", "img", "video"})
HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
CELLS = frozenset({"td", "th", "caption"})
LISTS = frozenset({"ul", "ol"})
# Blocks with text and without other blocks.
TEXT_BLOCKS = HEADINGS | {"p", "pre", "caption", "figcaption", "dt"}
# The element to insert around text that may not be a direct child of these.
IMPLIED_CHILDREN = {
    "body": "p",
    "blockquote": "p",
    "figure": "p",
    "ul": "li",
    "ol": "li",
    "dl": "dd",
    "table": "tbody",
    "thead": "tr",
    "tbody": "tr",
    "tfoot": "tr",
    "tr": "td",
}
BLOCKS = (frozenset(IMPLIED_CHILDREN) - {"body"}) | TEXT_BLOCKS | CELLS | {"li", "dd", "hr"}
ELEMENTS = INLINE | MEDIA | BLOCKS | {"br", "source"}

RENAMED = {
    "h1": "h2", "strike": "s", "tt": "code", "kbd": "code", "samp": "code", "var": "i", "dfn": "i", "acronym": "abbr",
}  # fmt: skip
# Only the tags of these are removed; their content stays, on its own lines.
WRAPPERS = frozenset(
    {
        "address",
        "article",
        "aside",
        "body",
        "center",
        "details",
        "dialog",
        "div",
        "fieldset",
        "footer",
        "form",
        "header",
    }
    | {"hgroup", "html", "legend", "main", "menu", "nav", "picture", "search", "section", "summary"}
)

ValueParser = Callable[[str], str | None]

_MAX_PHRASE = 1000


def _matching(shape: str) -> ValueParser:
    compiled = re.compile(shape)
    return lambda value: value if compiled.fullmatch(value) else None


def _one_of(*choices: str) -> ValueParser:
    return lambda value: value.lower() if value.lower() in choices else None


def _language(value: str) -> str | None:
    try:
        return canonical_language(value)
    except ValueError:
        return None


def _phrase(value: str) -> str:
    return clean_line(clean_line(value)[:_MAX_PHRASE])


# An id stays if a link of the same body targets it. The prefix avoids a clash with ids of the surrounding page.
ID_PREFIX = "n-"
_ID = re.compile(r"[\w.:-]{1,100}")


def prefixed_id(id: str) -> str | None:
    """Return an id with the prefix; None if it is empty, too long or has other characters."""
    if not _ID.fullmatch(id):
        return None
    return id if id.startswith(ID_PREFIX) else ID_PREFIX + id


MEDIA_ID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_MEDIA_ID = re.compile(MEDIA_ID)
# A picture of the library: `<img>` and its `<figure>` name it in this attribute.
BY_ID = "data-media"
# The same `<img>` for `value_parser`: it has other attributes than an image at an address.
IMAGE_BY_ID = f"img[{BY_ID}]"


def as_media_id(value: str) -> str | None:
    """Return the id of a picture of the library, a UUID, in canonical form; None if it is none."""
    lowered = value.lower()
    return lowered if _MEDIA_ID.fullmatch(lowered) else None


_EVERYWHERE: dict[str, ValueParser] = {"dir": _one_of("ltr", "rtl", "auto"), "lang": _language, "id": prefixed_id}
_SIZE: dict[str, ValueParser] = {"width": _matching("[1-9][0-9]{0,4}"), "height": _matching("[1-9][0-9]{0,4}")}
_SPAN: dict[str, ValueParser] = {"colspan": _matching("[1-9][0-9]{0,2}"), "rowspan": _matching("[1-9][0-9]{0,2}")}
_OF_ELEMENT: dict[str, dict[str, ValueParser]] = {
    "a": {"href": safe_link},
    "abbr": {"title": _phrase},
    "audio": {"src": safe_source},
    "blockquote": {"cite": safe_link},
    "figure": {BY_ID: as_media_id},
    # The sanitiser checks the address of an embed: it knows the allowed hosts.
    "iframe": {"src": lambda value: value, "title": _phrase, "allowfullscreen": lambda _: "", **_SIZE},
    "img": {"src": safe_source, "alt": _phrase, **_SIZE},
    IMAGE_BY_ID: {BY_ID: as_media_id, "alt": _phrase, "data-caption": _phrase, "data-decorative": lambda _: ""},
    "li": {"value": _matching("-?[0-9]{1,5}")},
    "ol": {"start": _matching("-?[0-9]{1,5}"), "reversed": lambda _: ""},
    "q": {"cite": safe_link},
    "source": {"src": safe_source, "type": _matching("[a-z]+/[a-z0-9.+-]{1,60}")},
    "td": _SPAN,
    "th": {**_SPAN, "scope": _one_of("col", "row", "colgroup", "rowgroup")},
    "time": {"datetime": _phrase},
    "video": {"src": safe_source, "poster": safe_source, **_SIZE},
}
ADDRESSES = frozenset({"href", "src", "cite", "poster"})
# Attributes that are set on every such element, whatever the source says.
_ALWAYS = {"a": {"rel"}, "audio": {"controls"}, "video": {"controls"}}


def value_parser(element: str, attribute: str) -> ValueParser | None:
    """Return the function that parses a value of an attribute (to None: not allowed); None for an unknown attribute."""
    return _OF_ELEMENT.get(element, {}).get(attribute) or _EVERYWHERE.get(attribute)


def is_always_set(element: str, attribute: str) -> bool:
    """Return whether an attribute is set on every such element, so that removing the source's value loses nothing."""
    return attribute in _ALWAYS.get(element, ())


def attribute_names() -> dict[str, set[str]]:
    """Return the allowed attributes by element (`*`: on every element), without `rel`."""
    names = {"*": set(_EVERYWHERE)} | {element: set(readers) for element, readers in _OF_ELEMENT.items()}
    names["img"] |= names.pop(IMAGE_BY_ID) - {"data-caption"}
    return names | {element: names[element] | _ALWAYS[element] for element in ("audio", "video")}
