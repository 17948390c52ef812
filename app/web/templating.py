"""Jinja2 templates: `templates/*.html`. All values are escaped; a missing one is an error.

Every template extends `base.html`. In each of them `t("page.lead")` is a message in the language of the page,
`static_url("base.css")` the address of a static file, and `direction("ar")` a writing direction; the filter `markdown`
renders a line of Markdown, `isolated` keeps the directions of the strings of JSON apart, and `no_break` keeps French
punctuation on its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from app.kit.caching import deliver
from app.text.languages import direction
from app.text.messages import message, plural_forms
from app.text.spacing import no_break
from app.web.guides import inline, isolated
from app.web.inline_html import inline_html, lang, own_attributes, page_lang
from app.web.static_files import static_url

LANGUAGE_NAMES = {
    "ar": "العربية",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "fr": "Français",
    "he": "עברית",
    "ku": "Kurdî",
    "ckb": "کوردی",
    "tr": "Türkçe",
    "ur": "اردو",
}
HTML = "text/html; charset=utf-8"


class JsonEnvironment(Environment):
    """Templates in which `thing.name` of a JSON object is its member, also where dictionaries have such a method."""

    def getattr(self, obj: object, attribute: str) -> object:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


ENVIRONMENT = JsonEnvironment(
    loader=FileSystemLoader(Path(__file__).with_name("templates"), encoding="utf-8"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
ENVIRONMENT.globals.update(static_url=static_url, direction=direction, plural_forms=plural_forms)


def _trusted(html: str) -> Markup:
    """HTML of an answer of the public API that is documented as safe."""
    return Markup(html)  # noqa: S704  # sanitised where it was stored: app/text/sanitise.py, comments' own mark-up


def _query(parameters: Mapping[str, str | None]) -> str:
    """A relative reference with these parameters."""
    return "?" + urlencode({name: value for name, value in parameters.items() if value is not None})


def _digest(value: object) -> str:
    """A digest of JSON, by which a script sees whether what it shows has changed."""
    return blake2b(to_json(value), digest_size=8).hexdigest()


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _language_name(tag: str) -> str:
    """The name of a language in itself, else the tag."""
    return LANGUAGE_NAMES.get(tag.partition("-")[0], tag)


ENVIRONMENT.filters.update(
    decoded=unquote,
    digest=_digest,
    page_lang=page_lang,
    host=_host,
    inline_html=inline_html,
    isolated=isolated,
    lang=lang,
    language_name=_language_name,
    markdown=inline,
    no_break=no_break,
    own_attributes=own_attributes,
    path=lambda url: urlsplit(url).path,
    query=_query,
    trusted=_trusted,
)


def render(template: str, language: str, **values: object) -> bytes:
    """The page of a template in `language`."""
    translate = partial(message, language=language)
    return ENVIRONMENT.get_template(template).render(language=language, t=translate, **values).encode()


def content_security_policy(images: str = "", more: str = "", *, scripts: bool = True) -> str:
    """The Content-Security-Policy of a page: what is ours, with no inline script or style.

    `images` are further sources of pictures, each after a space; `more` are directives, each after a semicolon. Without
    `scripts` none runs, and nothing calls out.
    """
    running = "script-src 'self'; connect-src 'self'; " if scripts else ""
    return (
        f"default-src 'none'; {running}style-src 'self'; font-src 'self'; "
        f"img-src 'self' data:{images}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'{more}"
    )


def plain_page(request: Request, template: str, language: str, **values: object) -> Response:
    """A page without anything from the database. Cached, compressed and validated as answers of the API are; its cache
    tag is `pages`."""
    site_name = request.app.state.settings.site_name
    content = render(template, language, site_name=site_name, **values)
    headers = {"Content-Security-Policy": content_security_policy(), "Content-Language": language}
    return deliver(request, content, tags=["pages"], headers=headers, media_type=HTML)
