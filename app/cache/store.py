"""Which answers are kept: as many as fit into the bound, and those that are asked for.

A new answer waits in a small first part. Whoever is pushed out of it by newer ones goes on to the main part while there
is room; then only who was asked for more often lately than one of those that it would replace. So endless queries that
are each asked once, or a few times, pass through the first part and leave the rest alone.
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Iterable

from app.cache.answers import Answer

FIRST_SHARE = 8  # the first part is 1/8 of the bound, as is the largest answer
CANDIDATES = 5  # in the main part, of which the least wanted may be replaced
MOST_ALIASES = 8
LARGEST_ALIAS, ALIAS_SIZE = 3_000, 300  # bytes; those that one costs beside its own, about
HALVED_EVERY = 10.0  # seconds: "lately"


class Store:
    """At most `bound` bytes of answers, by what was asked and by tag."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._answers: dict[object, Answer] = {}
        self.by_address: dict[object, Answer] = {}
        self._tagged: dict[str, set[Answer]] = {}
        self._first: OrderedDict[object, Answer] = OrderedDict()
        self._main: list[Answer] = []
        self._first_size = self._main_size = 0
        self._halved_at = time.monotonic()
        self.evicted = self.dropped = 0

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._first_size + self._main_size

    def find(self, key: object) -> Answer | None:
        return self._answers.get(key)

    def alias(self, answer: Answer, address: object) -> None:
        """Lets an answer that is kept be found by an address as it was sent, too; of many by those sent last."""
        if address in self.by_address or self._answers.get(answer.key) is not answer:
            return
        size = _size_of(address)
        if size > LARGEST_ALIAS:
            return
        if len(answer.aliases) == MOST_ALIASES:
            oldest = answer.aliases.pop(0)
            del self.by_address[oldest]
            size -= _size_of(oldest)
        answer.aliases.append(address)
        self.by_address[address] = answer
        answer.size += size
        self.grown(answer, size)

    def keep(self, answer: Answer) -> None:
        """Takes an answer in, in place of an older one to the same question."""
        if (present := self._answers.get(answer.key)) is not None:
            self._remove(present)
        if answer.size > self.bound // FIRST_SHARE:
            return
        self._answers[answer.key] = self._first[answer.key] = answer
        self._first_size += answer.size
        for tag in answer.tags:
            self._tagged.setdefault(tag, set()).add(answer)
        self._forget_slowly()
        while self._first and self._first_size > self.bound // FIRST_SHARE:
            self._judge(next(iter(self._first.values())))

    def grown(self, answer: Answer, by: int) -> None:
        """An answer that is kept has got another variant."""
        if self._answers.get(answer.key) is not answer:
            return
        if answer.place is None:
            self._first_size += by
        else:
            self._main_size += by
        while self.size > self.bound and len(self._answers) > 1:
            self._evict(self._least_wanted() or next(iter(self._first.values())))

    def drop(self, tags: Iterable[str]) -> None:
        """Takes out whatever carries one of `tags`."""
        for tag in tags:
            for answer in tuple(self._tagged.get(tag, ())):
                self.dropped += 1
                self._remove(answer)

    def clear(self) -> None:
        self.dropped += len(self._answers)
        for table in (self._answers, self.by_address, self._tagged, self._first):
            table.clear()
        self._main.clear()
        self._first_size = self._main_size = 0

    def _judge(self, answer: Answer) -> None:
        """The oldest of the first part goes on to the main part, or out."""
        room = self.bound - self.bound // FIRST_SHARE
        while self._main_size + answer.size > room:
            rival = self._least_wanted()
            if rival is None or rival.hits >= answer.hits:
                self._evict(answer)
                return
            self._evict(rival)
        del self._first[answer.key]
        self._first_size -= answer.size
        self._main_size += answer.size
        answer.place = len(self._main)
        self._main.append(answer)

    def _least_wanted(self) -> Answer | None:
        if not self._main:
            return None
        some = (random.choice(self._main) for _ in range(CANDIDATES))  # noqa: S311  # a sample, no secret
        return min(some, key=lambda answer: answer.hits)

    def _evict(self, answer: Answer) -> None:
        self.evicted += 1
        self._remove(answer)

    def _remove(self, answer: Answer) -> None:
        del self._answers[answer.key]
        for address in answer.aliases:
            self.by_address.pop(address, None)
        for tag in answer.tags:
            tagged = self._tagged[tag]
            tagged.discard(answer)
            if not tagged:
                del self._tagged[tag]
        if answer.place is None:
            del self._first[answer.key]
            self._first_size -= answer.size
            return
        self._main_size -= answer.size
        last = self._main.pop()
        if last is not answer:
            self._main[answer.place], last.place = last, answer.place

    def _forget_slowly(self) -> None:
        """What was asked for long ago counts for less."""
        now = time.monotonic()
        if now - self._halved_at >= HALVED_EVERY:
            self._halved_at = now
            for answer in self._answers.values():
                answer.hits //= 2


def _size_of(alias: object) -> int:
    return ALIAS_SIZE + 2 * len(str(alias))
