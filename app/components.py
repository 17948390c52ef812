"""What the schemas of the OpenAPI document are called; `app/properties.py` says what their properties mean."""

from __future__ import annotations

from typing import get_args

from app.articles.schemas import Access, BodyFormat, CommentsMode, CorrectionKind, Kind, Status
from app.comments import schemas as comments
from app.entries.schemas import Status as EntryStatus
from app.jobs.kinds import Lane
from app.jobs.models import JobState
from app.kit.components import Naming
from app.media.schemas import Cause
from app.media.shown_schemas import TrackKind
from app.properties import MAX_ITEMS, PROPERTIES
from app.staff.roles import Role
from app.sync.schemas import STREAM_SCHEMAS
from app.text.blocks import MarkType
from app.text.languages import Direction
from app.tickers.schemas import Level, State

# Class names to schema names. Several classes may be one schema: what the larger one has more is optional.
NAMES = {
    "ArticleAlone": "Article",
    "ArticleRead": "Article",
    "ArticleInList": "ArticleSummary",
    "ArticleInWords": "ArticleDisplay",
    "ArticleDesk": "DeskArticle",
    "ArticleDeskList": "DeskArticleList",
    "ArticleDeskSummary": "DeskArticleSummary",
    "app__articles__schemas__Change": "FieldChange",
    "ImagePlaceholder": "Placeholder",
    "ImageRead": "Image",
    "VideoRead": "Video",
    "AudioRead": "Audio",
    "TrackRead": "Track",
    "ImageRendition": "Rendition",
    "MediaRead": "Media",
    "MediaUseRead": "MediaUse",
    "Live": "ArticleLive",
    "EntryRead": "Entry",
    "EntryDesk": "DeskEntry",
    "EntryDeskList": "DeskEntryList",
    "EntryCorrectInput": "EntryCorrectionInput",
    "EntryPage": "EntryPageInfo",
    "EntryRevisionRead": "EntryRevision",
    "CommentsOpen": "ArticleCommentsSummary",
    "CommentsState": "ArticleComments",
    "CorrectInput": "CorrectionInput",
    "CorrectionRead": "Correction",
    "ImagePatch": "ImageUpdate",
    "NoInput": "EmptyInput",
    "Ref": "TermReference",
    "RevisionRead": "Revision",
    "Warned": "Warning",
    "Audio": "AudioBlock",
    "Cell": "TableCell",
    "Code": "CodeBlock",
    "Divider": "DividerBlock",
    "Embed": "EmbedBlock",
    "Heading": "HeadingBlock",
    "Paragraph": "ParagraphBlock",
    "Quote": "QuoteBlock",
    "Table": "TableBlock",
    "Video": "VideoBlock",
    "Image": "ImageBlock",
    "SectionDesk": "DeskSection",
    "SectionDeskList": "DeskSectionList",
    "SectionPublic": "Section",
    "TagDesk": "DeskTag",
    "TagDeskList": "DeskTagList",
    "TagPublic": "Tag",
    "AuthorDesk": "DeskAuthor",
    "AuthorDeskList": "DeskAuthorList",
    "AuthorPublic": "Author",
    "TickerRead": "Ticker",
    "TickerDesk": "DeskTicker",
    "TickerDeskList": "DeskTickerList",
    "TickerDeskSummary": "DeskTickerSummary",
    "Item": "TickerItem",
    "ItemArticle": "TickerItemArticle",
    "ItemCreate": "TickerItemCreate",
    "ItemDesk": "DeskTickerItem",
    "ItemSaved": "DeskTickerItemSaved",
    "ItemUpdate": "TickerItemUpdate",
    "DeskArticle": "DeskTickerItemArticle",
    "OrderInput": "TickerOrderInput",
    "Rule": "TickerRuleInput",
    "RuleRead": "TickerRule",
    "ArticleOfComment": "CommentArticle",
    "ArticleOfDeskComment": "DeskCommentArticle",
    "CommentAlone": "CommentSummary",
    "CommentDesk": "DeskComment",
    "CommentDeskList": "DeskCommentList",
    "CommentInContext": "CommentDetail",
    "CommentMade": "CommentCreated",
    "CommentRead": "Comment",
    "Decision": "CommentDecision",
    "DecisionInput": "CommentDecisionInput",
    "DecisionsInput": "CommentDecisionsInput",
    "Outcome": "CommentDecisionOutcome",
    "Outcomes": "CommentDecisionOutcomes",
    "ParentOfComment": "DeskCommentParent",
    "Replies": "CommentReplies",
    "FormConsent": "CommentFormConsent",
    "FormField": "CommentFormField",
    "FormPrivacy": "CommentFormPrivacy",
    "Addresses": "SiteAddresses",
    "CommentPolicy": "SiteComments",
    "SiteRead": "Site",
    "app__sync__schemas__Change": "Change",
    "ChangeRead": "OtherChange",
    "ChangesRead": "ChangeList",
    "Page": "PageInfo",
    "PreviewMade": "PreviewCreated",
    "PreviewRead": "Preview",
    "Ranges": "SnippetRanges",
    "AuditRead": "AuditEntry",
    "MemberRead": "Member",
    "TokenMade": "TokenCreated",
    "JobRead": "Job",
    "TokenRead": "Token",
}
ENUMS = {
    "Access": ("Who may read the body: everybody, or subscribers of the web site.", get_args(Access)),
    "AuthorRole": ("Role of the author of a comment.", get_args(comments.AuthorRole)),
    "BodyFormat": ("Format of the source of a body.", get_args(BodyFormat)),
    "CommentsMode": ("How comments are accepted: at once, after moderation, or not at all.", get_args(CommentsMode)),
    "CommentStatus": ("Moderation status of a comment.", get_args(comments.Status)),
    "CorrectionKind": ("Kind of a correction.", get_args(CorrectionKind)),
    "Direction": ("Writing direction of the text, from its language.", get_args(Direction)),
    "JobLane": ("How urgent a kind of background job is.", get_args(Lane)),
    "JobState": ("State of a background job.", get_args(JobState)),
    "Kind": ("Kind of an article.", get_args(Kind)),
    "EntryStatus": ("Status of an entry of live coverage.", get_args(EntryStatus)),
    "Level": ("Urgency of a ticker item, the most urgent first.", get_args(Level)),
    "MarkType": ("How a run of text looks, or `link`.", get_args(MarkType)),
    "Role": ("Role of a member of the staff.", get_args(Role)),
    "Status": ("Status of an article.", get_args(Status)),
    "TrackKind": ("What a text track is for, in HTML's words.", get_args(TrackKind)),
    "WithdrawalCause": ("Why something is taken down.", get_args(Cause)),
    "TickerItemState": ("Whether a ticker item is shown, and why not.", get_args(State)),
}
OTHER_BLOCK = {
    "type": "object",
    "description": "A block of a type that this document does not name: skip it.",
    "required": ["type"],
    "properties": {"type": {"type": "string", "description": "Type of the block."}},
    "additionalProperties": True,
}
OTHER_MEDIA_ENTRY = {
    "type": "object",
    "description": "An entry of a kind that this document does not name: skip it.",
    "required": ["kind"],
    "properties": {"kind": {"type": "string", "description": "Kind of the entry."}},
    "additionalProperties": True,
}
UNIONS = {
    "Block": ("A part of a body, by `type`. Types are added: skip those that you do not know.", "OtherBlock"),
    "MediaEntry": (
        "An entry of an article's `media`, by `kind`. Kinds are added: skip those that you do not know.",
        "OtherMediaEntry",
    ),
    "Change": ("A change, by `resource`. Kinds of thing are added: ignore those that you do not know.", "OtherChange"),
}
NAMING = Naming(
    names=NAMES,
    enums=ENUMS,
    added={"OtherBlock": OTHER_BLOCK, "OtherMediaEntry": OTHER_MEDIA_ENTRY, **STREAM_SCHEMAS},
    unions=UNIONS,
    opened=frozenset({"Mark.type"}),
    properties=PROPERTIES,
    max_items=MAX_ITEMS,
)
