"""From an editor's input to the entry: look authors and pictures up, render the body, collect faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from app.articles import pictures
from app.articles.models import Article
from app.articles.rendering import fill_body, render_body
from app.articles.repository import Terms
from app.authors.models import Author
from app.entries.desk_repository import EntriesToEdit
from app.entries.models import UNPINNED, Entry
from app.entries.schemas import MOST_PINNED, EntryUpdate
from app.kit.errors import Fault, InvalidBody
from app.kit.forms import in_order
from app.media.desk_repository import MediaToEdit, Use
from app.media.models import Media
from app.media.shown import NO_PICTURES, Pictures
from app.staff.work import Work
from app.terms.repository import known
from app.text.markup import media_ids
from app.text.pictures import shown_ids

CONTENT = ("headline", "key_event", "pinned", "language", "status")


@dataclass
class EntryDraft:
    """An entry being written, below its locked article."""

    work: Work
    entries: EntriesToEdit
    article: Article
    entry: Entry
    authors: Terms = ()
    stored_authors: Terms = ()
    pictures: Pictures = field(default_factory=lambda: NO_PICTURES)
    """Pictures that it showed before this save."""
    stored_uses: frozenset[Use] = frozenset()
    faults: list[Fault] = field(default_factory=list)
    warnings: list[dict[str, object]] = field(default_factory=list)
    is_importing: bool = False
    """Whether it comes from an export: what is not there any more is left out, with a warning."""

    def __post_init__(self) -> None:
        self.library: dict[str, Media] = {}

    @property
    def is_published(self) -> bool:
        return self.entry.status == "published"

    @property
    def uses(self) -> set[Use]:
        """Where it uses pictures of the library with this save."""
        return {("body", id) for id in shown_ids(self.entry.html)}

    def content(self) -> dict[str, object]:
        """The editable fields as JSON values; authors by id."""
        entry = self.entry
        return {
            **{name: getattr(entry, name) for name in CONTENT},
            "authors": [id for id, _, _ in self.authors],
            "body": entry.source,
            "body_format": entry.format,
        }

    async def write(self, fields: EntryUpdate, given: set[str]) -> None:
        """Sets the `given` fields. Raises `InvalidBody` with every fault at once."""
        entry = self.entry
        if "headline" in given:
            entry.headline = fields.headline or None
        if "language" in given:
            entry.language = fields.language or self.article.language
        if "key_event" in given:
            entry.key_event = bool(fields.key_event)
        if "pinned" in given:
            entry.rank = fields.pinned or UNPINNED
        if "status" in given:
            entry.status = fields.status or "draft"
        if {"body", "body_format"} & given:
            await self._render(fields, given)
        if "authors" in given:
            self.authors = await self._find_authors(fields.authors or [])
        await self.check()

    async def check(self) -> None:
        """Raises `InvalidBody` with every fault that was found, and what readers could not be shown."""
        entry = self.entry
        if self.is_published and not (entry.headline or entry.blocks) and not self.faults:
            self.faults += [Fault("required", pointer="/headline"), Fault("required", pointer="/body")]
        if entry.rank < UNPINNED and await self.entries.other_pinned(entry) >= MOST_PINNED:
            self.faults.append(Fault("too_many", pointer="/pinned", params={"max": MOST_PINNED}))
        self._judge_images()
        if self.faults:
            raise InvalidBody(errors=in_order(EntryUpdate, self.faults))

    def _judge_images(self) -> None:
        """An image without a text for people who do not see it: a warning, or a fault where the site requires one."""
        entry, library = self.entry, dict[str, pictures.Described]({**self.pictures, **self.library})
        if not pictures.has_silent_image(entry.html, entry.blocks, entry.language, library):
            return
        if self.work.settings.require_alt and self.is_published and not self.is_importing:
            self.faults.append(Fault("alt_missing", pointer="/body"))
        else:
            self.warnings.append({"code": "alt_missing", "pointer": "/body"})

    async def _render(self, fields: EntryUpdate, given: set[str]) -> None:
        entry = self.entry
        source = (fields.body or "") if "body" in given else entry.source
        format = (fields.body_format or "html") if "body_format" in given else entry.format
        self.library = await MediaToEdit(self.work.session).standing(set(media_ids(source)))
        rendered = await render_body(source, format, entry.language, self.library, self.work.settings)
        for id in rendered.unknown_media:
            self._not_found("/body", "body", id)
        fill_body(entry, source, format, rendered)
        self.warnings += [asdict(removal) for removal in rendered.warnings]

    async def _find_authors(self, wanted: Sequence[str]) -> Terms:
        found = await known(self.work.session, Author, wanted)
        for place, name in enumerate(wanted):
            if name not in found:
                self._not_found(f"/authors/{place}", "authors", name)
        terms = (found[name] for name in wanted if name in found)
        return tuple(dict.fromkeys((term.id, term.slug, term.name) for term in terms))

    def _not_found(self, pointer: str, field: str, value: str) -> None:
        if self.is_importing:
            self.warnings.append({"code": "not_restored", "field": field, "value": value})
        else:
            self.faults.append(Fault("not_found", pointer=pointer, params={"value": value}))
