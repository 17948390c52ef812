"""JSON-LD of an article: what search engines read of it, in the terms of https://schema.org.

Sources: JSON-LD 1.1 §7.6 for JSON-LD in HTML; Google's "Article" and "Subscription and paywalled content".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal, NotRequired, TypeVar

from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict

from app.articles.schemas import ArticleAlone, Subject, Translation
from app.articles.subjects import concept_uri, scheme_uri
from app.kit.clock import written
from app.kit.schemas import LanguageTag, Moment, Ref
from app.media.schemas import Rendition
from app.media.shown_schemas import AudioRead, ImageRead, RecordingRead, TrackRead, VideoRead
from app.settings import Settings
from app.text.web_paths import names_in

MEDIA_TYPE = "application/ld+json"
CONTEXT = "https://schema.org"
# Kinds that are not here are a plain `NewsArticle`.
TYPES = {
    "opinion": "OpinionNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "feature": "ReportageNewsArticle",
    "live": "LiveBlogPosting",
}
CAPTIONS = {"captions", "subtitles"}
CORRECTIONS = {"correction", "clarification"}  # a note of the editor corrects nothing
CROPS = ("wide", "square")  # of the lead image. Google's "Article" asks for 16:9 and 1:1 beside the whole
CROP_TYPES = {"image/jpeg", "image/png"}
# What the web site marks with this class is what only subscribers may read.
PAYWALL = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paywall"}
# In a `<script>` these could end the element or the string: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
ESCAPED = [(character.encode(), b"\\u%04x" % ord(character)) for character in "<>&\u2028\u2029"]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Thing = dict[str, object]
M = TypeVar("M", ImageRead, VideoRead, AudioRead)

NewsArticle = TypedDict(
    "NewsArticle",
    {
        "@context": Annotated[Literal["https://schema.org"], Field(description="The vocabulary.")],
        "@type": Annotated[str, Field(description="By the kind: `NewsArticle`, `OpinionNewsArticle`, …")],
        "@id": Annotated[str, Field(description="`urn:uuid:` and the article's id: the same for ever.")],
        "url": Annotated[Url, Field(description="Address of its page on the web site.")],
        "mainEntityOfPage": Annotated[Thing, Field(description="The page: its `@id` is the address.")],
        "headline": str,
        "alternativeHeadline": NotRequired[Annotated[str, Field(description="The short headline.")]],
        "description": NotRequired[
            Annotated[str, Field(description="Description for search engines, or the summary.")]
        ],
        "datePublished": Annotated[Moment, Field(description="`published_at`.")],
        "dateModified": Annotated[Moment, Field(description="`revised_at`.")],
        "author": Annotated[list[Thing], Field(description="The authors; without any, the publisher.")],
        "creditText": NotRequired[Annotated[str, Field(description="The byline of an article without authors.")]],
        "publisher": Annotated[Thing, Field(description="The newsroom.")],
        "sourceOrganization": NotRequired[Annotated[Thing, Field(description="The source, such as an agency.")]],
        "articleSection": Annotated[list[str], Field(description="Names of the sections.")],
        "keywords": NotRequired[Annotated[list[str], Field(description="Names of the tags.")]],
        "about": NotRequired[
            Annotated[list[Thing], Field(description="The subjects, each a `DefinedTerm`; `@id` is its URI.")]
        ],
        "inLanguage": LanguageTag,
        "image": NotRequired[
            Annotated[list[Thing], Field(description="The lead image, with its crops, then the others.")]
        ],
        "video": NotRequired[
            Annotated[list[Thing], Field(description="The videos that have a title and a poster, as `VideoObject`.")]
        ],
        "audio": NotRequired[
            Annotated[list[Thing], Field(description="The sounds that have a title, as `AudioObject`.")]
        ],
        "isAccessibleForFree": Annotated[bool, Field(description="False for a paid article.")],
        "hasPart": NotRequired[Annotated[Thing, Field(description="Of a paid article: what is not free on the page.")]],
        "dateline": NotRequired[str],
        "contentLocation": NotRequired[Annotated[Thing, Field(description="The place of the dateline.")]],
        "correction": NotRequired[Annotated[list[Thing], Field(description="Corrections and clarifications.")]],
        "workTranslation": NotRequired[Annotated[list[Thing], Field(description="The same in other languages.")]],
        "coverageStartTime": NotRequired[Annotated[Moment, Field(description="Of live coverage: its start.")]],
        "coverageEndTime": NotRequired[Annotated[Moment, Field(description="Of live coverage: its end.")]],
        "liveBlogUpdate": NotRequired[
            Annotated[list[Thing], Field(description="Of live coverage: its newest entries, pinned ones first.")]
        ],
        "isBasedOn": NotRequired[Annotated[Url, Field(description="Where it was first published, if elsewhere.")]],
    },
)
NewsArticle.__doc__ = "An article in the terms of schema.org. What it lacks is left out."


def jsonld_of(article: Mapping[str, object], settings: Settings, updates: Sequence[Thing] = ()) -> Thing:
    """The JSON-LD of a public article, as `whole_of` shapes it. Nothing of the body is in it. `updates`: the entries of
    its live coverage, in the same terms."""
    shown = ArticleAlone.model_validate(article)
    members: Thing = {
        "@context": CONTEXT,
        "@type": TYPES.get(shown.kind, "NewsArticle"),
        "@id": f"urn:uuid:{shown.id}",
        "url": shown.url,
        "mainEntityOfPage": {"@type": "WebPage", "@id": shown.url},
        **_texts(shown),
        **_times(shown),
        **_makers(shown, settings),
        "articleSection": [section.name for section in shown.sections],
        "keywords": [tag.name for tag in shown.tags],
        "about": list(map(_subject, shown.subjects)),
        "inLanguage": shown.language,
        "image": [*_lead_images(shown.lead_image), *map(_image, _of_kind(ImageRead, shown))],
        "video": _present_ones(_video(one, shown) for one in _of_kind(VideoRead, shown)),
        "audio": _present_ones(_recording("AudioObject", one) for one in _of_kind(AudioRead, shown)),
        "isAccessibleForFree": shown.access == "free",
        "hasPart": None if shown.access == "free" else PAYWALL,
        **_place(shown),
        "correction": _corrections(shown),
        "workTranslation": [_translation(other, settings) for other in shown.translations],
        **_coverage(shown, updates),
        "isBasedOn": shown.canonical_url,
    }
    return _present(members)


def written_for_script(thing: Thing) -> bytes:
    """JSON that may also stand inside `<script type="application/ld+json">`, whatever the texts in it are."""
    content = to_json(thing)
    for character, escaped in ESCAPED:
        content = content.replace(character, escaped)
    return content


def _present(members: Thing) -> Thing:
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def _texts(shown: ArticleAlone) -> Thing:
    described = (shown.seo.description if shown.seo else None) or shown.summary
    return {"headline": shown.headline, "alternativeHeadline": shown.short_headline, "description": described}


def _times(shown: ArticleAlone) -> Thing:
    return {"datePublished": written(shown.published_at), "dateModified": written(shown.revised_at)}


def _coverage(shown: ArticleAlone, updates: Sequence[Thing]) -> Thing:
    if shown.live is None:
        return {}
    start, end = shown.live.started_at, shown.live.ended_at
    return {
        "coverageStartTime": start and written(start),
        "coverageEndTime": end and written(end),
        "liveBlogUpdate": list(updates),
    }


def _makers(shown: ArticleAlone, settings: Settings) -> Thing:
    publisher = {"@type": "NewsMediaOrganization", "name": settings.site_name, "url": settings.site_url}
    return {
        "author": [_person(author) for author in shown.authors] or [publisher],
        "creditText": None if shown.authors else shown.byline,
        "publisher": publisher,
        "sourceOrganization": {"@type": "Organization", "name": shown.source} if shown.source else None,
    }


def _person(author: Ref) -> Thing:
    return {"@type": "Person", "name": author.name, "url": author.url}


def _subject(subject: Subject) -> Thing:
    return _present(
        {
            "@type": "DefinedTerm",
            "@id": concept_uri(subject.scheme, subject.code),
            "name": subject.name,
            "termCode": subject.code,
            "inDefinedTermSet": scheme_uri(subject.scheme),
        }
    )


def _lead_images(image: ImageRead | None) -> list[Thing]:
    """The image whole, then the widest JPEG or PNG of each crop: search engines take several ratios."""
    if image is None:
        return []
    crops = [one for one in image.renditions if one.crop in CROPS and one.mime_type in CROP_TYPES]
    widest = {one.crop: one for one in sorted(crops, key=lambda one: one.width)}
    return [_image(image), *(_image(image, widest[name]) for name in CROPS if name in widest)]


def _image(image: ImageRead, rendition: Rendition | None = None) -> Thing:
    file = rendition or image
    words = {"caption": image.caption, "description": image.alt, "creditText": image.credit}
    return _present({"@type": "ImageObject", "url": file.url, "width": file.width, "height": file.height, **words})


def _of_kind(kind: type[M], shown: ArticleAlone) -> Iterator[M]:
    return (entry for entry in shown.media if isinstance(entry, kind))


def _present_ones(found: Iterable[Thing | None]) -> list[Thing]:
    return [thing for thing in found if thing is not None]


def _video(video: VideoRead, shown: ArticleAlone) -> Thing | None:
    """None where what search engines require is missing: Google's "Video" asks for name, thumbnail and date."""
    thing = _recording("VideoObject", video)
    if thing is None or video.poster is None:
        return None
    return thing | {"thumbnailUrl": video.poster.url, "uploadDate": written(shown.first_published_at)}


def _recording(kind: str, one: RecordingRead) -> Thing | None:
    """A video or sound; only where its MIME type is known the address is that of a file. None without a name."""
    if not one.title:
        return None
    seconds = one.duration_seconds
    members: Thing = {
        "@type": kind,
        "name": one.title,
        "inLanguage": one.language,
        "contentUrl" if one.mime_type else "url": one.url,
        "encodingFormat": one.mime_type,
        "duration": f"PT{seconds}S" if seconds else None,
        "caption": [_track(track) for track in one.tracks if track.kind in CAPTIONS],
    }
    return _present(members)


def _track(track: TrackRead) -> Thing:
    address = {"contentUrl": track.url, "encodingFormat": "text/vtt"}
    return _present({"@type": "MediaObject", "name": track.label, "inLanguage": track.language, **address})


def _place(shown: ArticleAlone) -> Thing:
    """`dateline` is a property of news articles only."""
    if not shown.dateline:
        return {}
    own = {} if shown.kind == "live" else {"dateline": shown.dateline}
    return {**own, "contentLocation": {"@type": "Place", "name": shown.dateline}}


def _corrections(shown: ArticleAlone) -> list[Thing]:
    return [
        {"@type": "CorrectionComment", "text": one.note, "datePublished": written(one.at)}
        for one in shown.corrections
        if one.kind in CORRECTIONS
    ]


def _translation(other: Translation, settings: Settings) -> Thing:
    """A translation; with its address where that needs no more than is known of it here."""
    url = None
    if names_in(settings.article_path) <= {"slug", "id"}:
        url = settings.article_url(slug=other.slug, id=other.id, section=None, published=("", "", ""))
    return _present({"@type": "NewsArticle", "@id": f"urn:uuid:{other.id}", "inLanguage": other.language, "url": url})
