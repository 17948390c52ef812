"""The CDN purge: a consumer of the log that sends the cache tags of all changes to a purge URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.changes.consumers import Batch, Consumer
from app.changes.pending import EVERYTHING
from app.outbound.client import outbound_client
from app.settings import Settings

TAGS_AT_ONCE = 30  # in one request: the limit of the strictest CDN
TIMEOUT = 10.0  # seconds for one request


class Refused(Exception):
    """The purge URL did not answer with a success."""


class CdnPurge(Consumer):
    """Sends the tags to `NASHRA_PURGE_URL`."""

    name = "purge"
    is_outbound = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def is_enabled(self) -> bool:
        return bool(self._settings.purge_url)

    async def consume(self, batch: Batch) -> None:
        """Send all tags. Raises `Refused`, or an error of httpx."""
        if not batch.changes:
            return
        token = self._settings.purge_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        tags = [EVERYTHING, *sorted({tag for change in batch.changes for tag in change.tags})]
        async with outbound_client(TIMEOUT) as client:
            for some in _in_parts(tags):
                await batch.renew_lease()
                request = client.stream("POST", self._settings.purge_url, json={"tags": some}, headers=headers)
                async with request as answer:  # streamed: its body, of any length, is not read
                    if not answer.is_success:
                        raise Refused(f"purge address answered {answer.status_code}")


def _in_parts(tags: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(tags), TAGS_AT_ONCE):
        yield list(tags[start : start + TAGS_AT_ONCE])
