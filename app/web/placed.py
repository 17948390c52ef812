"""A front of the desk as the reader page draws it: a lead, the top beside it, and a group for each further slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.web.public_api import Json
from app.web.reader import Reader, Slot

HOME = "home"
# What a card reads of an article, of a link that is none.
LINK: Json = {
    **{"urgency": 9, "kind": "", "access": "free"},
    **dict.fromkeys(("section", "byline", "published_at", "content_warning")),
}


@dataclass(frozen=True)
class PlacedFront:
    """A front with its items as cards."""

    front: Json
    lead: Json
    top: Slot
    slots: list[Slot]
    newest: str | None
    """Id of the newest article, by which the script notices a newer one."""
    older: str | None
    """Cursor of the articles before the newest."""


async def home_of(reader: Reader) -> PlacedFront | None:
    """The front `home`, where it is in the language of the page and shows something."""
    fronts = (await reader.api.get("/v1/fronts", language=reader.primary, limit=100))["data"]
    home = next((one for one in fronts if one["slug"] == HOME), None)
    return None if home is None else await placed_front(reader, home["slug"])


async def placed_front(reader: Reader, name: str) -> PlacedFront | None:
    """A front by slug or id; None where it shows nothing. Raises `NotFound`, `Moved`."""
    front = await reader.api.get(f"/v1/fronts/{name}")
    slots = [Slot(slot["title"], slot["url"], list(map(_card, slot["items"]))) for slot in front["slots"]]
    shown = [slot for slot in slots if slot.articles]
    if not shown:
        return None
    newest = await reader.newest()
    (lead, *others), rest = shown[0].articles, shown[1:]
    top = Slot(shown[0].title, shown[0].url, others)
    if not others and rest:  # a lead alone has the next slot beside it
        top, rest = rest[0], rest[1:]
    ids = [one["id"] for one in newest["data"]]
    return PlacedFront(front, lead, top, rest, next(iter(ids), None), newest["page"]["next"])


def _card(item: Json) -> dict[str, Any]:
    """An item as the templates draw an article: the desk's words where it gave some."""
    article = item["article"]
    words = {name: item[name] for name in ("headline", "kicker", "summary", "language", "direction", "url")}
    picture = item["image"] or (article or {}).get("lead_image")
    return {**(article or LINK), **words, "lead_image": picture, "is_elsewhere": article is None}
