"""Where a picture is used: by things of rooms above, which tell what they are called through the list of nouns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from app.changes.noun import Label, Noun, Viewer
from app.media.desk_repository import uses
from app.media.models import MediaUse
from app.staff.work import Work

MOST_SHOWN = 100
AT_ONCE = 500
EVERYTHING = Viewer(member_id="", sees_all=True)


@dataclass(frozen=True)
class SeenUses:
    """The uses that a member may know of, for the schema `MediaUses`, and how many there are beside them."""

    shown: list[dict[str, object]]
    hidden: int

    @property
    def total(self) -> int:
        return len(self.shown) + self.hidden


class UsePlaces:
    """The uses of pictures, with what the nouns say of them."""

    def __init__(self, nouns: Sequence[Noun]) -> None:
        self._labels = {noun.kind: noun.labels for noun in nouns if noun.labels}

    async def is_public(self, work: Work, media_id: str) -> bool:
        """Whether something that readers see shows the picture."""
        async for _, label in self._labelled(work, media_id, EVERYTHING):
            if label is not None and label.is_public:
                return True
        return False

    async def seen_by(self, work: Work, media_id: str) -> SeenUses:
        """The uses that the acting member may see: at most `MOST_SHOWN`."""
        viewer = Viewer(work.actor.member_id, work.actor.has("editor"))
        shown: list[dict[str, object]] = []
        hidden = 0
        async for use, label in self._labelled(work, media_id, viewer):
            if label is None or len(shown) == MOST_SHOWN:
                hidden += 1
            else:
                shown.append(_shown(use, label))
        return SeenUses(shown, hidden)

    async def _labelled(
        self, work: Work, media_id: str, viewer: Viewer
    ) -> AsyncIterator[tuple[MediaUse, Label | None]]:
        found = await uses(work.session, media_id)
        for start in range(0, len(found), AT_ONCE):
            some = found[start : start + AT_ONCE]
            labels = await self._labels_of(work, some, viewer)
            for use in some:
                yield use, labels.get((use.resource, use.resource_id))

    async def _labels_of(
        self, work: Work, found: Sequence[MediaUse], viewer: Viewer
    ) -> Mapping[tuple[str, str], Label]:
        labels: dict[tuple[str, str], Label] = {}
        for kind in sorted({use.resource for use in found} & self._labels.keys()):
            ids = list(dict.fromkeys(use.resource_id for use in found if use.resource == kind))
            known = await self._labels[kind](work.session, ids, viewer, work.settings, work.now)
            labels |= {(kind, id): label for id, label in known.items()}
        return labels


def _shown(use: MediaUse, label: Label) -> dict[str, object]:
    return {
        "resource": use.resource,
        "id": use.resource_id,
        "place": use.place,
        "title": label.title,
        "url": label.url,
        "is_public": label.is_public,
    }
