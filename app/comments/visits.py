"""Who sends: known by keyed digests only; how often they may, and whether they have said the same before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from app.comments.write_repository import CommentsToChange
from app.kit.addresses import Address, network_of, person_of
from app.kit.errors import Conflict, RateLimited
from app.kit.rate_limits import Limit, count_in
from app.kit.signing import signer_of
from app.settings import Settings
from app.text.emails import email_key

SAME_WITHIN = timedelta(hours=24)


class DuplicateComment(Conflict):
    """The same person has said the same here within 24 hours."""

    slug = "duplicate-comment"


@dataclass(frozen=True)
class Visit:
    """A request of a commenter: its transaction, the settings, the network address and the time.

    Digests (HMAC) come one per secret key, the present key's first; of an unknown address there are none.
    """

    session: AsyncSession
    settings: Settings
    address: Address | None
    now: datetime

    @cached_property
    def comments(self) -> CommentsToChange:
        return CommentsToChange(self.session)

    def digests(self, kind: str, text: str) -> list[str]:
        return signer_of(self.settings.secret_key, f"comment-{kind}").digests(text)

    @cached_property
    def person(self) -> list[str]:
        """Of the network address."""
        return [] if self.address is None else self.digests("address", person_of(self.address))

    @cached_property
    def network(self) -> list[str]:
        """Of the network around it."""
        return [] if self.address is None else self.digests("network", str(network_of(self.address)))

    def email(self, address: str | None) -> list[str]:
        return self.digests("email", email_key(address)) if address else []

    async def is_author(self, comment_id: str) -> bool:
        """Whether the request has the network address of the comment's author; True if both are unknown."""
        private = await self.comments.private(comment_id)
        if private is None:
            return False
        if not self.person or private.address_digest is None:
            return not self.person and private.address_digest is None
        return private.address_digest in self.person


async def is_repeated(visit: Visit, words: Sequence[str], email: Sequence[str], besides: str | None = None) -> bool:
    """Whether the same e-mail address sent this from another network. Raises `DuplicateComment` for the same person.

    `words` and `email` are digests. The same person: the same e-mail address and network; without an e-mail address,
    the same network address. A refusal must not reveal to a third party who knows the e-mail address that its owner
    wrote here.
    """
    here = visit.network if email else visit.person
    is_here = await visit.comments.was_sent_here(words, email, here, visit.now - SAME_WITHIN, besides)
    if is_here:
        raise DuplicateComment()
    return bool(email) and is_here is not None


async def limit_rate(visit: Visit) -> None:
    """Counts a comment or an edit per address and per network. Raises `RateLimited`; a rollback undoes the count."""
    settings = visit.settings
    if not visit.person or not settings.comments_rate:
        return
    person, network = f"comments:{visit.person[0]}", f"comments:{visit.network[0]}"
    limits = [Limit(person, count, seconds) for count, seconds in settings.comments_rate]
    limits += [Limit(network, count * settings.comments_network_factor, s) for count, s in settings.comments_rate]
    exceeded = await count_in(visit.session, limits, visit.now)
    if exceeded is not None:
        who = "person" if exceeded.limit.key == person else "network"
        raise RateLimited(exceeded.wait, _limit_headers(settings, who, exceeded.limit.seconds, exceeded.wait))


def _limit_headers(settings: Settings, who: str, seconds: int, wait: int) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers: all policies, and the exhausted one."""
    factors = {"person": 1, "network": settings.comments_network_factor}
    policies = [
        f'"{name}-{window}";q={count * factor};w={window}'
        for name, factor in factors.items()
        for count, window in settings.comments_rate
    ]
    return {
        "RateLimit-Policy": ", ".join(policies),
        "RateLimit": f'"{who}-{seconds}";r=0;t={wait}',
    }
