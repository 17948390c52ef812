"""HTML pages as pure functions from values to text. All values are escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from app.kit.errors import Problem
from app.text.languages import direction
from app.text.messages import message

STYLE = """\
:root{color-scheme:light dark}body{font:1.05rem/1.7 system-ui,"Segoe UI","Noto Naskh Arabic",Tahoma,sans-serif;
max-width:46rem;margin:3rem auto;padding:0 1.2rem}h1{line-height:1.3}code{font-family:ui-monospace,monospace;
direction:ltr;unicode-bidi:isolate}a{color:#0b5cad}@media(prefers-color-scheme:dark){a{color:#8cc4ff}}
table{border-collapse:collapse;width:100%}td,th{padding:.35rem .6rem;border-bottom:1px solid #8884;text-align:start}"""


def page(title: str, body: str, language: str) -> str:
    """A whole page in `language`."""
    return (
        f'<!doctype html><html lang="{escape(language)}" dir="{direction(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f'<link rel="icon" href="/static/nashra.svg"><style>{STYLE}</style></head><body>{body}</body></html>'
    )


def home(site_name: str, language: str) -> str:
    """The front page: the name of the site and links."""
    links = [
        ("/docs", "docs"),
        ("/openapi.json", "openapi"),
        ("/v1/site", "site"),
        ("/v1/articles", "articles"),
        ("/v1/tickers", "tickers"),
        ("/problems", "problems"),
    ]
    items = "".join(
        f'<li><a href="{url}">{escape(message(f"page.{key}", language))}</a> <code>{url}</code></li>'
        for url, key in links
    )
    lead = escape(message("page.lead", language))
    return page(site_name, f"<h1>{escape(site_name)}</h1><p>{lead}</p><ul>{items}</ul>", language)


def problem(kind: type[Problem], language: str) -> str:
    """What one kind of problem means."""
    title = message(f"problem.{kind.slug}.title", language)
    detail = message(f"problem.{kind.slug}.detail", language)
    body = f"<h1>{escape(title)}</h1><p><code>{kind.status} {kind.slug}</code></p><p>{escape(detail)}</p>"
    return page(title, body + '<p><a href="/problems">/problems</a></p>', language)


def problems(kinds: Iterable[type[Problem]], language: str) -> str:
    """The table of all kinds."""
    title = message("page.problems", language)
    rows = "".join(
        f'<tr><td>{kind.status}</td><td><a href="/problems/{kind.slug}"><code>{kind.slug}</code></a></td>'
        f"<td>{escape(message(f'problem.{kind.slug}.title', language))}</td></tr>"
        for kind in kinds
    )
    return page(title, f"<h1>{escape(title)}</h1><table>{rows}</table>", language)


def docs(site_name: str) -> str:
    """Swagger UI from static files of this server."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(site_name)} · API</title>"
        '<link rel="icon" href="/static/nashra.svg"><link rel="stylesheet" href="/static/swagger-ui.css"></head>'
        '<body><div id="swagger-ui"></div><script src="/static/swagger-ui-bundle.js"></script>'
        '<script src="/static/docs.js"></script></body></html>'
    )
