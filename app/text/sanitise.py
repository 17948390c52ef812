"""How does any HTML become a body of text that is safe, and what is lost on the way?

The source is read as browsers read it and built anew from what the allow-list names, so that nothing else can pass.
"""

from dataclasses import dataclass

from app.text.allowed import ADDRESSES, BLOCKS, INLINE, MEDIA, RENAMED, WRAPPERS, is_always_set, reader
from app.text.characters import clean_line, clean_prose, count_refused
from app.text.links import host, safe_embed
from app.text.nesting import Nesting
from app.text.tokens import End, Start, Token, tokens
from app.text.tree import Element

MAX_SOURCES = 8
MAX_WARNINGS = 50
MAX_WARNING_NAME = 40


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken away: the message `warning.<code>` says it; `name` is what it was, `count` how often it was."""

    code: str
    name: str
    count: int


def sanitise(source: str, embed_hosts: frozenset[str], refused: int = 0) -> tuple[Element, list[Removal]]:
    """Return the tree that is left of an HTML `source`, below a root `body`, and what was taken away.

    `embed_hosts` are the hosts, in lower case, that an `iframe` may come from; `refused` is how many characters have
    gone before. Never raises, and takes time that grows with the length of the source only. What was taken away comes
    in order of appearance, 50 kinds at most.
    """
    sanitiser = _Sanitiser(embed_hosts)
    sanitiser.count_refused(refused)
    for token in tokens(source):
        sanitiser.take(token)
    return sanitiser.nesting.finish(), sanitiser.warnings()


class _Sanitiser:
    def __init__(self, embed_hosts: frozenset[str]) -> None:
        self.embed_hosts = embed_hosts
        self.nesting = Nesting()
        self.taken: dict[tuple[str, str], int] = {}

    def warnings(self) -> list[Removal]:
        return [Removal(code, name, count) for (code, name), count in self.taken.items()]

    def count_refused(self, refused: int) -> None:
        if refused:
            self._warn("removed_characters", "", refused)

    def take(self, token: Token) -> None:
        if isinstance(token, str):
            self._text(token)
        elif isinstance(token, Start):
            self._start(RENAMED.get(token.name, token.name), token)
        elif isinstance(token, End):
            self._end(RENAMED.get(token.name, token.name))
        else:
            self._warn("removed_element", token.name)

    def _text(self, text: str) -> None:
        self.count_refused(count_refused(text))
        self.nesting.text(clean_prose(text))

    def _start(self, name: str, token: Start) -> None:
        if name in INLINE:
            self._start_inline(name, token)
        elif name in BLOCKS:
            if not self.nesting.begin_block(name, self._attributes(name, token)):
                self._warn("removed_element", name)
        elif name in MEDIA:
            self._media(name, token)
        elif name == "br":
            self.nesting.line_break()
        elif name != "source":
            self._unknown(name, token)

    def _start_inline(self, name: str, token: Start) -> None:
        attributes = self._attributes(name, token)
        if name == "a" and "href" not in attributes:
            self.nesting.end_inline("a")
        elif not self.nesting.begin_inline(name, attributes):
            self._warn("removed_element", name)

    def _unknown(self, name: str, token: Start) -> None:
        self._warn("removed_element", name)
        if name in WRAPPERS:
            kept = {key: value for key, value in token.attributes.items() if key in ("dir", "lang")}
            self.nesting.begin_wrapper(self._attributes(name, Start(name, kept)))

    def _end(self, name: str) -> None:
        if name in INLINE:
            self.nesting.end_inline(name)
        elif name in BLOCKS:
            self.nesting.end_block(name)
        elif name in WRAPPERS:
            self.nesting.end_wrapper()

    def _media(self, name: str, token: Start) -> None:
        element = Element(name, self._attributes(name, token))
        if name in ("audio", "video"):
            element.attributes["controls"] = ""
            element.children = [*self._sources(token.content)]
        if name == "iframe" and not self._embed(element):
            self._warn("removed_embed", host(token.attributes.get("src", "")))
        elif "src" in element.attributes or element.children:
            self.nesting.media(element)

    def _embed(self, element: Element) -> bool:
        address = safe_embed(element.attributes.get("src", ""), self.embed_hosts)
        element.attributes["src"] = address or ""
        return address is not None

    def _sources(self, content: str) -> list[Element]:
        found = (token for token in tokens(content) if isinstance(token, Start) and token.name == "source")
        sources = [Element("source", self._attributes("source", token)) for token in found]
        return [source for source in sources if "src" in source.attributes][:MAX_SOURCES]

    def _attributes(self, element: str, token: Start) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, raw in token.attributes.items():
            value = self._attribute(element, name, raw)
            if value is not None:
                kept[name] = value
        return kept

    def _attribute(self, element: str, name: str, raw: str) -> str | None:
        read = reader(element, name)
        value = read(raw) if read else None
        if value is None and read and name in ADDRESSES:
            self._warn("removed_link", element)
        elif value is None and not is_always_set(element, name):
            self._warn("removed_attribute", name)
        return value

    def _warn(self, code: str, name: str, count: int = 1) -> None:
        short = name[:MAX_WARNING_NAME]
        key = code, short if short.isascii() and short.isalpha() else clean_line(short)
        if key in self.taken or len(self.taken) < MAX_WARNINGS:
            self.taken[key] = self.taken.get(key, 0) + count
