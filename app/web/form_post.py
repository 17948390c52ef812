"""The form post of a comment, for browsers without a script: `POST {page of the article}/comments`.

The cached page holds neither key nor token, so the request itself must show that it comes from our page: by
`Sec-Fetch-Site: same-origin`, else by an `Origin` of ours, else by a form token from the page that is answered then.
What is sent goes to the public API, which judges it as any other comment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from app.comments.schemas import COMMENT_BODY_BYTES
from app.kit import clock
from app.kit.errors import PayloadTooLarge, Problem, UnsupportedMediaType
from app.kit.signing import from_base64url, signer_of, to_base64url
from app.text.messages import message
from app.web.public_api import PublicApi

FORM = "application/x-www-form-urlencoded"
TOKEN_SECONDS = 3_600
PURPOSE = "form-post"
CHECKBOXES = ("consent",)
MOST_FIELDS = 20


@dataclass(frozen=True)
class CommentForm:
    """The values of the form, and what became of them."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """Messages by name of the field; those of no field under the empty name."""
    status: int = 200
    sent: str | None = None
    """`held` or `public` where it was accepted."""
    token: str | None = None
    """A form token, for the page that is answered."""

    @classmethod
    def empty(cls, request: Request) -> Self:
        """The form as the page shows it: only what `reply` in the address fills in."""
        reply = request.query_params.get("reply")
        return cls({"parent_id": reply} if reply else {})


async def receive_comment(request: Request, name: str) -> CommentForm:
    """Read the form, check where it comes from, and send the comment to the article with this slug or id."""
    values = await _values(request)
    token = values.pop("form_token", "")
    if not (_is_from_our_page(request) or _is_valid(request, token)):
        language = request.app.state.settings.language
        return CommentForm(values, {"": message("reader.send_again", language)}, 403, token=_new_token(request))
    return await _send(request, name, values)


async def _values(request: Request) -> dict[str, str]:
    """The fields; of repeated ones the last."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaType()
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > COMMENT_BODY_BYTES:
            raise PayloadTooLarge()
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)[:MOST_FIELDS]
    return dict(pairs)


def _is_from_our_page(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    ours = {urlsplit(url)[:2] for url in (request.app.state.settings.site_url, request.app.state.settings.api_url)}
    return origin is not None and urlsplit(origin)[:2] in ours


def _new_token(request: Request) -> str:
    until = str(int(clock.now().timestamp()) + TOKEN_SECONDS)
    signature = signer_of(request.app.state.settings.secret_key, PURPOSE).sign(_signed(request, until), 16)
    return f"{until}.{to_base64url(signature)}"


def _is_valid(request: Request, token: str) -> bool:
    until, _, signature = token.partition(".")
    if not (until.isascii() and until.isdecimal()) or int(until) < clock.now().timestamp():
        return False
    try:
        given = from_base64url(signature)
    except ValueError:
        return False
    return signer_of(request.app.state.settings.secret_key, PURPOSE).verify(_signed(request, until), given)


def _signed(request: Request, until: str) -> bytes:
    """A token is for one address of a visitor and one article."""
    return f"{until}\n{request.state.address}\n{request.scope['path']}".encode()


async def _send(request: Request, name: str, values: dict[str, str]) -> CommentForm:
    """Send the comment to the API. A comment that is there already is answered like the first."""
    content: dict[str, object] = {key: value for key, value in values.items() if value and key not in CHECKBOXES}
    content |= {key: True for key in CHECKBOXES if values.get(key)}
    try:
        status = await PublicApi(request).post(f"/v1/articles/{name}/comments", content)
    except Problem as problem:
        if problem.slug == "duplicate-comment":
            return CommentForm(sent="held")
        return CommentForm(values, _messages(request, problem), problem.status)
    return CommentForm(sent="held" if status == 202 else "public")


def _messages(request: Request, problem: Problem) -> dict[str, str]:
    language = request.app.state.settings.language
    if not problem.errors:
        return {"": message(problem.detail_key, language, problem.params)}
    found: dict[str, str] = {}
    for fault in problem.errors:
        found.setdefault((fault.pointer or "").removeprefix("/"), message(fault.key, language, fault.params))
    return found
