"""The cache's store and its eviction: a probation part and a main part, by recent hits (after W-TinyLFU).

A new answer begins on probation. The oldest there is promoted to the main part while that has room; then only if it has
more recent hits than a sampled answer of the main part, which it evicts. So endless queries that are each sent only
once, or a few times, pass through probation and evict nothing else.

Bulky answers (pictures) have a part of their own, bounded by itself; the oldest that was not hit lately goes first.
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Iterable

from app.cache.answers import Answer

PROBATION_SHARE = 8  # probation is 1/8 of the bound, as is the largest answer
BULKY_SHARE = 4  # bulky answers take up to 1/4 of the bound; what they leave is for the others
CANDIDATES = 5  # sampled in the main part; the one with the fewest hits may be evicted
MOST_ALIASES = 8
LARGEST_ALIAS, ALIAS_SIZE = 3_000, 300  # bytes; the second is an estimate of what an alias takes beside its text
HALVED_EVERY = 10.0  # seconds: between two halvings of the hit counts


class Store:
    """At most `bound` bytes of answers, by cache key, by alias and by tag."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._answers: dict[object, Answer] = {}
        self.by_alias: dict[object, Answer] = {}
        self._tagged: dict[str, set[Answer]] = {}
        self._probation: OrderedDict[object, Answer] = OrderedDict()
        self._main: list[Answer] = []
        self._bulky: OrderedDict[object, Answer] = OrderedDict()
        self._probation_size = self._main_size = self._bulky_size = 0
        self._halved_at = time.monotonic()
        self.evicted = self.dropped = 0

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._probation_size + self._main_size + self._bulky_size

    def get(self, key: object) -> Answer | None:
        return self._answers.get(key)

    def alias(self, answer: Answer, address: object) -> None:
        """Alias a cached answer under another URL; keep the most recent aliases."""
        if address in self.by_alias or self._answers.get(answer.key) is not answer:
            return
        size = _size_of(address)
        if size > LARGEST_ALIAS:
            return
        if len(answer.aliases) == MOST_ALIASES:
            oldest = answer.aliases.pop(0)
            del self.by_alias[oldest]
            size -= _size_of(oldest)
        answer.aliases.append(address)
        self.by_alias[address] = answer
        answer.size += size
        self.resize(answer, size)

    def put(self, answer: Answer) -> None:
        """Store an answer in place of an older one with the same key; evict what no longer fits."""
        if (present := self._answers.get(answer.key)) is not None:
            self._remove(present)
        if answer.size > self.bound // PROBATION_SHARE:
            return
        self._answers[answer.key] = answer
        for tag in answer.tags:
            self._tagged.setdefault(tag, set()).add(answer)
        self._decay_hits()
        if answer.bulky:
            self._bulky[answer.key] = answer
            self.resize(answer, answer.size)
            return
        self._probation[answer.key] = answer
        self._probation_size += answer.size
        while self._probation and self._probation_size > self.bound // PROBATION_SHARE:
            self._promote_or_evict(next(iter(self._probation.values())))

    def resize(self, answer: Answer, by: int) -> None:
        """Add `by` bytes to the size of a cached answer, which has got a variant or an alias."""
        if self._answers.get(answer.key) is not answer:
            return
        if answer.bulky:
            self._bulky_size += by
        elif answer.main_index is None:
            self._probation_size += by
        else:
            self._main_size += by
        while self._bulky_size > self.bound // BULKY_SHARE:
            self._evict(self._oldest_bulky())
        while self.size > self.bound and len(self._answers) > 1:
            self._evict(self._least_used() or next(iter((self._probation or self._bulky).values())))

    def invalidate(self, tags: Iterable[str]) -> None:
        """Remove the answers that carry one of `tags`."""
        for tag in tags:
            for answer in tuple(self._tagged.get(tag, ())):
                self.dropped += 1
                self._remove(answer)

    def clear(self) -> None:
        self.dropped += len(self._answers)
        for table in (self._answers, self.by_alias, self._tagged, self._probation, self._bulky):
            table.clear()
        self._main.clear()
        self._probation_size = self._main_size = self._bulky_size = 0

    def _promote_or_evict(self, answer: Answer) -> None:
        """Promote the oldest answer on probation to the main part, or evict it."""
        room = self.bound - self.bound // PROBATION_SHARE - self._bulky_size
        while self._main_size + answer.size > room:
            candidate = self._least_used()
            if candidate is None or candidate.hits >= answer.hits:
                self._evict(answer)
                return
            self._evict(candidate)
        del self._probation[answer.key]
        self._probation_size -= answer.size
        self._main_size += answer.size
        answer.main_index = len(self._main)
        self._main.append(answer)

    def _least_used(self) -> Answer | None:
        if not self._main:
            return None
        some = (random.choice(self._main) for _ in range(CANDIDATES))  # noqa: S311  # a sample, not a secret
        return min(some, key=lambda answer: answer.hits)

    def _oldest_bulky(self) -> Answer:
        """The bulky answer to evict: the oldest; one with recent hits gets another turn (after CLOCK)."""
        while (answer := next(iter(self._bulky.values()))).hits:
            answer.hits = 0
            self._bulky.move_to_end(answer.key)
        return answer

    def _evict(self, answer: Answer) -> None:
        self.evicted += 1
        self._remove(answer)

    def _remove(self, answer: Answer) -> None:
        del self._answers[answer.key]
        for address in answer.aliases:
            self.by_alias.pop(address, None)
        for tag in answer.tags:
            tagged = self._tagged[tag]
            tagged.discard(answer)
            if not tagged:
                del self._tagged[tag]
        if answer.bulky:
            del self._bulky[answer.key]
            self._bulky_size -= answer.size
            return
        if answer.main_index is None:
            del self._probation[answer.key]
            self._probation_size -= answer.size
            return
        self._main_size -= answer.size
        last = self._main.pop()
        if last is not answer:
            self._main[answer.main_index], last.main_index = last, answer.main_index

    def _decay_hits(self) -> None:
        """Halve all hit counts every `HALVED_EVERY` seconds."""
        now = time.monotonic()
        if now - self._halved_at >= HALVED_EVERY:
            self._halved_at = now
            for answer in self._answers.values():
                answer.hits //= 2


def _size_of(alias: object) -> int:
    return ALIAS_SIZE + 2 * len(str(alias))
