"""Guides: the Markdown files of `docs/` as pages under `/docs/guide/`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin

import app

DOCS = Path(app.__file__).parent.parent / "docs"
INDEX = "README"
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")')
SCROLLING = '<div class="wide" tabindex="0" role="region" aria-label="Table">'
# In the order in which a newcomer reads them; the rest follows by name.
FIRST = ("quickstart", "clients", "conventions", "articles", "tickers", "comments", "search", "paging", "sync")
OUTSIDE = {"../../openapi.json": "/openapi.json", "../openapi.json": "/openapi.json"}


@dataclass(frozen=True)
class Guide:
    """A guide: its name in the address, its title, and its HTML without the title."""

    name: str
    title: str
    html: Markup

    @property
    def url(self) -> str:
        return f"/docs/guide/{self.name}"


@cache
def all_guides() -> dict[str, Guide]:
    """The guides by name, in reading order: `docs/api/*.md` but its index, and the operator's page."""
    files = {path.stem: path for path in sorted((DOCS / "api").glob("*.md")) if path.stem != INDEX}
    files["operations"] = DOCS / "operations.md"
    order = [name for name in FIRST if name in files]
    return {name: _read(name, files[name], files) for name in dict.fromkeys((*order, *files))}


def inline(text: str) -> Markup:
    """A description in Markdown, such as those of the OpenAPI document, as HTML without paragraphs."""
    return _html(_parser().renderInline(text))


def blocks(text: str) -> Markup:
    """A description in Markdown as HTML with paragraphs and lists."""
    return _html(_parser().render(text))


def isolated(json_text: str) -> Markup:
    """JSON as HTML whose strings are isolated: an Arabic value takes its own direction and leaves the line alone."""
    pieces = _STRING.split(json_text)
    return Markup("").join(
        Markup('<bdi class="string">{}</bdi>').format(piece) if piece.startswith('"') else piece for piece in pieces
    )


def _html(rendered: str) -> Markup:
    return Markup(rendered)  # noqa: S704  # from markdown-it, which escapes all HTML: `html` is off


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").use(anchors_plugin, max_level=3, slug_func=_anchor)


def _anchor(title: str) -> str:
    """The fragment of a heading as GitHub makes it, so that links between the files work in both places."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _read(name: str, path: Path, files: dict[str, Path]) -> Guide:
    tokens = _parser().parse(path.read_text(encoding="utf-8"))
    title = tokens[1].content if tokens and tokens[0].tag == "h1" else name
    tokens = tokens[3:] if tokens and tokens[0].tag == "h1" else tokens
    for token in tokens:
        if token.children:
            token.children = _with_links(token.children, set(files))
    html = _parser().renderer.render(tokens, _parser().options, {})
    html = html.replace("<table>", SCROLLING + "<table>").replace("</table>", "</table></div>")
    return Guide(name, title, _html(html.replace("<pre>", '<pre tabindex="0">')))


def _with_links(children: list[Token], names: set[str]) -> list[Token]:
    """Links to other files lead to their pages; those to files that are not served become plain text."""
    kept: list[Token] = []
    dropped = 0
    for token in children:
        if token.type == "link_open":
            target = _target(str(token.attrs["href"]), names)
            if target is None:
                dropped += 1
                continue
            token.attrs["href"] = target
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        kept.append(token)
    return kept


def _target(href: str, names: set[str]) -> str | None:
    if "://" in href or href.startswith(("/", "#", "mailto:")):
        return href
    file, _, fragment = href.partition("#")
    if file in OUTSIDE:
        return OUTSIDE[file]
    stem = Path(file).stem
    if file.endswith("README.md") and "decisions" not in file:
        return "/docs"
    if stem not in names or "decisions" in file:
        return None
    return f"/docs/guide/{stem}" + (f"#{fragment}" if fragment else "")
