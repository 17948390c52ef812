"""HTML tokenizer (HTML standard, section 13.2.5) for untrusted input: it never raises and takes linear time.

Comments and declarations yield no token.
"""

import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StartTag:
    """A start tag: its name and attributes in lower case, and for opaque elements the source up to their end tag."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: str = ""


@dataclass(frozen=True, slots=True)
class EndTag:
    """An end tag."""

    name: str


@dataclass(frozen=True, slots=True)
class UnfinishedTag:
    """A tag or a comment (`!--`) that the end of the source cuts off: browsers do not show it."""

    name: str


HtmlToken = StartTag | EndTag | UnfinishedTag | str

# Opaque elements: their content is no part of the text. Without an end tag they count as empty…
_OPAQUE = (
    "applet audio canvas datalist iframe math noembed noframes noscript object select svg template textarea title video"
    " xmp"
)
# …except these, which run to the end of the source.
_SWALLOWING = "script style plaintext"
_ENDS = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII) for name in f"{_OPAQUE} {_SWALLOWING}".split()
}

_MARKUP = re.compile("<(?=[A-Za-z/!?])")
# Fast route: most tags have no attributes.
_BARE_TAG = re.compile("<(/?)([A-Za-z][A-Za-z0-9]*)>")
_TAG_NAME = re.compile(r"[A-Za-z][^ \t\n\f\r/>]*")
_ATTRIBUTE = re.compile(r"[ \t\n\f\r/]*(?:([^ \t\n\f\r/>][^ \t\n\f\r/>=]*)[ \t\n\f\r]*(=[ \t\n\f\r]*)?)?")
_BARE_VALUE = re.compile(r"[^ \t\n\f\r>]*")
_COMMENT_END = re.compile("--!?>")

_LEADING_ZEROS = re.compile("&#0+(?=[0-9])")
_HUGE_REFERENCE = re.compile("&#[0-9]{8,};?")
_REFERENCE_IN_ATTRIBUTE = re.compile("&(?:#[0-9]+;?|#[xX][0-9A-Fa-f]+;?|[A-Za-z][A-Za-z0-9]*(?:;|(?![A-Za-z0-9=;])))")


def tokens(source: str) -> Iterator[HtmlToken]:
    """Yield the tags and the decoded texts of `source` in order; an unfinished tag or comment is the last."""
    return _Tokenizer(source).tokens()


class _Tokenizer:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.without_end: set[str] = set()

    def tokens(self) -> Iterator[HtmlToken]:
        while found := _MARKUP.search(self.source, self.position):
            if found.start() > self.position:
                yield _decoded(self.source[self.position : found.start()])
            self.position = found.start()
            token = self._markup()
            if token:
                yield token
        if self.position < len(self.source):
            yield _decoded(self.source[self.position :])

    def _markup(self) -> HtmlToken | None:
        if bare := _BARE_TAG.match(self.source, self.position):
            self.position = bare.end()
            return EndTag(bare[2].lower()) if bare[1] else self._start(bare[2].lower(), {})
        if self.source.startswith("<!--", self.position):
            return self._comment()
        closing = self.source.startswith("</", self.position)
        name = _TAG_NAME.match(self.source, self.position + 1 + closing)
        if not name:
            self._skip_declaration()
            return None
        self.position = name.end()
        attributes = self._attributes()
        if attributes is None:
            return self._unfinished(name[0].lower())
        return EndTag(name[0].lower()) if closing else self._start(name[0].lower(), attributes)

    def _comment(self) -> HtmlToken | None:
        # "<!-->" and "<!--->" are whole comments.
        end = _COMMENT_END.search(self.source, self.position + 2)
        if not end:
            return self._unfinished("!--")
        self.position = end.end()
        return None

    def _skip_declaration(self) -> None:
        end = self.source.find(">", self.position)
        self.position = end + 1 if end >= 0 else len(self.source)

    def _unfinished(self, name: str) -> UnfinishedTag:
        self.position = len(self.source)
        return UnfinishedTag(name)

    def _attributes(self) -> dict[str, str] | None:
        """Parse the attributes up to the end of the tag; None if the source ends first."""
        attributes: dict[str, str] = {}
        while found := _ATTRIBUTE.match(self.source, self.position):
            self.position = found.end()
            if found[1] is None:
                break
            value = self._value() if found[2] else ""
            if value is None:
                return None
            attributes.setdefault(found[1].lower(), value)
        if self.position >= len(self.source):
            return None
        self.position += 1
        return attributes

    def _value(self) -> str | None:
        quote = self.source[self.position : self.position + 1]
        if quote in ("'", '"'):
            return self._quoted_value(quote)
        found = _BARE_VALUE.match(self.source, self.position)
        self.position = found.end() if found else self.position
        return _decoded_attribute(found[0] if found else "")

    def _quoted_value(self, quote: str) -> str | None:
        start, end = self.position + 1, self.source.find(quote, self.position + 1)
        self.position = end + 1
        return _decoded_attribute(self.source[start:end]) if end >= 0 else None

    def _start(self, name: str, attributes: dict[str, str]) -> StartTag:
        return StartTag(name, attributes, self._content(name) if name in _ENDS else "")

    def _content(self, name: str) -> str:
        start = self.position
        end = None if name in self.without_end else _ENDS[name].search(self.source, start)
        if end:
            self.position = end.start()
        elif name in _SWALLOWING:
            self.position = len(self.source)
        else:
            # Cached: ten thousand of these must not search the source ten thousand times.
            self.without_end.add(name)
        return self.source[start : self.position]


def _decoded(text: str) -> str:
    if "&" not in text:
        return text
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", _LEADING_ZEROS.sub("&#", text)))


def _decoded_attribute(value: str) -> str:
    # "?a=1&section=2" has no section sign: here a name without semicolon before a letter, digit or "=" is text.
    return _REFERENCE_IN_ATTRIBUTE.sub(lambda found: _decoded_name(found[0]), value) if "&" in value else value


def _decoded_name(reference: str) -> str:
    whole = reference.startswith("&#") or reference.removeprefix("&") in html.entities.html5
    return _decoded(reference) if whole else reference
