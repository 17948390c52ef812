"""A comment as it comes in and goes out."""

from __future__ import annotations

from string import whitespace
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.articles.query_schemas import AnyOf, IdList
from app.articles.schemas import CommentsMode
from app.kit.faults import custom
from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import (
    Direction,
    IdInput,
    IdText,
    Input,
    Language,
    LanguageTag,
    Moment,
    Name,
    Output,
    Patch,
    Prose,
    Query,
    WebUrl,
    one_of,
    open_to,
)
from app.text.characters import is_blank
from app.text.emails import checked_email

NAME_MAX, EMAIL_MAX, BODY_MIN, BODY_MAX = 80, 254, 2, 5000
COMMENT_BODY_BYTES = 32_768  # of a request with a comment
HONEYPOT = "subject"  # a name that form-filling programs like, and that no browser fills in by itself
DECISIONS_MAX = 100
# What comes along when an address is copied out of right-to-left text.
EDGES = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"

Status = Literal["pending", "approved", "rejected", "spam", "deleted", "redacted"]
Verb = Literal["approve", "reject", "spam", "redact"]
AuthorRole = Literal["guest", "verified", "staff", "article_author"]
Sort = Literal["newest", "oldest", "top"]

AuthorName = Annotated[str, Name(NAME_MAX)]
CommentBody = Annotated[str, Prose(BODY_MAX, low=BODY_MIN)]
Reason = Annotated[str, Prose(1000, low=0)]


def _email(text: str) -> str:
    """The address in its normal form, without what was copied along with it."""
    text = text.strip(EDGES + whitespace)
    if len(text) > EMAIL_MAX:
        raise custom("too_long", max=EMAIL_MAX, actual=len(text))
    try:
        return checked_email(text)
    except ValueError:
        raise custom("email_invalid") from None


def _by_setting(setting: str) -> WrapValidator:
    """Blank is required or nothing, as the setting (of the `context`) says; what is not blank goes on."""

    def check(value: object, go_on: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        if value is not None and not (isinstance(value, str) and is_blank(value)):
            return go_on(value)
        if getattr(info.context, setting, True):
            raise custom("required")
        return None

    return WrapValidator(check)


def _consent(value: object, go_on: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    agreed = False if value is None else go_on(value)
    if not agreed and getattr(info.context, "comments_require_consent", False):
        raise custom("consent_required")
    return agreed


def _blank_is_nothing(value: object, go_on: ValidatorFunctionWrapHandler) -> object:
    return None if value is None or (isinstance(value, str) and is_blank(value)) else go_on(value)


Email = Annotated[str, AfterValidator(_email), Field(json_schema_extra={"format": "email", "maxLength": EMAIL_MAX})]
Ignored = Annotated[str | None, Field(max_length=4000)]


class CommentCreate(Input):
    """A new comment. Its fields stand in the order of the form, and so do the faults found in them."""

    model_config = ConfigDict(
        validate_default=True,
        json_schema_extra={
            "examples": [
                {
                    "author_name": "سلمى الخطيب",
                    "author_email": "salma@example.com",
                    "body": "شكرًا على هذا التقرير. هل تُنشر صور المرصد كاملةً؟",
                }
            ]
        },
    )

    author_name: Annotated[AuthorName | None, _by_setting("comments_require_name")] = None
    """Mandatory unless the site's settings say otherwise (see `comments/form`)."""
    author_email: Annotated[Email | None, _by_setting("comments_require_email")] = None
    """At most 254 characters; never published. Mandatory unless the site's settings say otherwise."""
    body: CommentBody
    """Plain text: markup stays as it was typed."""
    author_url: Annotated[WebUrl | None, WrapValidator(_blank_is_nothing)] = None
    parent_id: IdInput | None = None
    """The comment that is answered: approved, under the same article. A reply to one at depth 5 stands beside it."""
    consent: Annotated[StrictBool, WrapValidator(_consent)] = False
    """Agreement with the privacy text; mandatory where the form says so."""
    language: Language | None = None
    """Left out: the article's language where the text may be in it, else `und`."""
    subject: object = None
    """Leave empty: people do not see this field, programs fill it in."""
    form_token: Ignored = None
    """Reserved: accepted, not looked at."""
    challenge: Ignored = None
    """Reserved: accepted, not looked at."""


class CommentUpdate(Patch):
    """JSON Merge Patch (RFC 7396) of one's own comment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"body": "شكرًا على هذا التقرير المفصّل."}]})

    author_name: Annotated[AuthorName | None, _by_setting("comments_require_name")] = None
    body: CommentBody = ""


class CommentListQuery(CountedQuery):
    """Order of the threads under an article."""

    sort: Sort = "newest"
    """`newest`, `oldest`, or `top`: most approved replies below, then newest."""


class CommentFormQuery(Query):
    """Language of the form."""

    language: Language | None = None
    """Left out: the article's. Where there are no texts in it: the site's."""


class CommentCountsQuery(Query):
    """The articles to count."""

    articles: IdList
    """Ids or slugs, at most 100, separated by commas."""


class CommentAlone(Output):
    """A comment without its replies. Removed ones keep their place, without name and text."""

    id: IdText
    article_id: IdText
    parent_id: IdText | None
    author_name: Annotated[str | None, Field(examples=["سلمى الخطيب"])]
    """Null where none was given or the comment was removed."""
    author_role: Annotated[str, open_to(AuthorRole)]
    """More roles may be added."""
    body: Annotated[str | None, Field(examples=["شكرًا على هذا التقرير."])]
    """Plain text; null where the comment was removed."""
    body_html: Annotated[str | None, Field(examples=["<p>شكرًا على هذا التقرير.</p>"])]
    """The same as safe HTML: paragraphs, line breaks, links."""
    language: LanguageTag
    direction: Direction
    created_at: Moment
    edited_at: Moment | None
    depth: int
    """0 for a comment on the article, at most 5."""
    reply_count: int
    """Replies shown directly below."""
    removed: bool
    """The comment is not, or not any more, to be seen; it keeps its place because of the replies below it."""


class Replies(Output):
    """Replies to a comment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [], "next": None}]})

    data: list[CommentRead]
    """The first ones, oldest first, nested; of one thread at most 20 comments at once."""
    next: str | None
    """Where there are more direct replies: the cursor for `/v1/comments/{id}/replies`."""


class CommentRead(CommentAlone):
    """A comment with its replies."""

    replies: Replies


class ArticleOfComment(Output):
    """The article of a comment."""

    id: IdText
    slug: str
    headline: Annotated[str, Field(examples=["المرصد يرصد «لؤلؤة الخريف» فوق بادية تدمر"])]


class ArticleOfDeskComment(Output):
    """The article of a comment. What the member may not read of it is null."""

    id: IdText
    slug: str | None
    headline: Annotated[str | None, Field(examples=["المرصد يرصد «لؤلؤة الخريف» فوق بادية تدمر"])]


class CommentInContext(CommentRead):
    """A comment with its article, the comments above it, and its replies."""

    article: ArticleOfComment
    ancestors: list[CommentAlone]
    """The comments above it, from the root of the thread down."""
    status: Literal["pending", "approved", "rejected"] = None  # type: ignore[assignment]  # left out for others
    """Only for its author: whether it waits, is shown, or was refused."""


class CommentMade(Output):
    """The result of a new comment."""

    comment: CommentRead
    status: Literal["pending", "approved"]
    """`pending`: held for the moderators."""
    edit_token: Annotated[str | None, Field(examples=["nec_lN3pQ1Zt0hYwz3FhJ9m2c5yqk0uTjv6d8rA1xB4eGsU"])]
    """Lets its author see, change and delete the comment: `Authorization: Bearer nec_…`. Null where a repeated
    request comes from another address."""


class CommentCount(Output):
    """Approved comments under one article."""

    asked: Annotated[str, Field(examples=["المرصد-يرصد-لؤلؤة-الخريف"])]
    """The id or slug in the request; it may be a former slug."""
    article_id: IdText
    slug: str
    """The present one."""
    count: int


class CommentCounts(Output):
    """Counts in the order of the request; articles that cannot be seen are left out."""

    data: list[CommentCount]


class FormField(Output):
    """One field of the form."""

    name: str
    label: Annotated[str, Field(examples=["البريد الإلكتروني"])]
    type: Annotated[str, one_of(("text", "email", "url", "textarea"))]
    """Type of the input. More types may be added."""
    required: bool
    min: int | None
    """Minimum number of characters (grapheme clusters)."""
    max: int | None
    """Maximum number of characters (grapheme clusters)."""
    autocomplete: str
    """For the HTML attribute of the same name."""


class FormConsent(Output):
    """The box to tick, sent as `consent`."""

    required: bool
    label: str


class FormPrivacy(Output):
    """The privacy notice."""

    text: str
    version: str


class CommentForm(Output):
    """All that a client needs to draw the form."""

    article_id: IdText
    open: bool
    """Whether a comment can be sent."""
    mode: Annotated[str, open_to(CommentsMode)]
    """How comments are accepted."""
    language: LanguageTag
    direction: Direction
    title: Annotated[str, Field(examples=["شارك برأيك"])]
    note: str
    fields: list[FormField]
    """Fields, in order."""
    honeypot: str
    """Name of a field that is drawn invisibly and must stay empty."""
    consent: FormConsent
    privacy: FormPrivacy
    submit: str
    """Label of the button."""
    reply: str
    """Label of the link that answers a comment."""


class CommentDeskQuery(CountedQuery):
    """Filters of the moderators' list."""

    status: AnyOf | None = None
    """`pending`, `approved`, `rejected`, `spam`, `deleted`, `redacted`. A comma means any of."""
    article: AnyOf | None = None
    """Ids or slugs of articles. A comma means any of."""


class ParentOfComment(Output):
    """The comment that it replies to."""

    id: IdText
    author_name: str | None
    excerpt: str | None
    status: Status


class CommentDesk(Output):
    """A comment as a moderator sees it."""

    id: IdText
    status: Status
    article: ArticleOfDeskComment
    parent: ParentOfComment | None
    author_name: str | None
    author_email: Annotated[str | None, Field(json_schema_extra={"format": "email"})]
    """For moderators only."""
    author_role: Annotated[str, open_to(AuthorRole)]
    author_url: str | None
    body: str | None
    body_html: str | None
    language: LanguageTag
    direction: Direction
    depth: int
    reply_count: int
    was_approved: bool
    """Readers have seen it: what is pending now was changed afterwards."""
    consent_at: Moment | None
    consent_version: str | None
    created_at: Moment
    edited_at: Moment | None
    version: int


class DecisionInput(Input):
    """A reason for the audit, and the version that was read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "خارج عن موضوع المقال."}]})

    reason: Reason | None = None
    version: Annotated[StrictInt | None, Field(ge=1)] = None
    """The version that was read, as the row shows it. Mandatory to approve what its author has changed."""


class Decision(DecisionInput):
    """A decision on one comment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "action": "approve"}]}
    )

    id: IdInput
    action: Verb


class DecisionsInput(Input):
    """Up to 100 decisions, taken one after the other."""

    decisions: Annotated[list[Decision], Field(min_length=1, max_length=DECISIONS_MAX)]


class Outcome(Output):
    """The result of one decision."""

    id: IdText
    outcome: Literal["ok", "unchanged", "not_found", "conflict"]
    status: Status | None
    """The comment's status now; null where there is no such comment."""


class Outcomes(Output):
    """In the order of the decisions."""

    data: list[Outcome]


class CommentList(Listed[CommentRead]):
    """A page of comments, each with its replies."""


class CommentDeskList(Listed[CommentDesk]):
    """A page of comments for the moderators."""
