"""Which SELECTs of a statement read articles without saying which of them readers may see."""

from __future__ import annotations

import re

READS = re.compile(r"\b(?:FROM|JOIN)\s+articles\b(?:\s+AS\s+(\w+))?")
INNERMOST = re.compile(r"\(([^()]*)\)")
HARMLESS = {"id", "translation_group"}  # of an article whose id is known already they tell nothing
# SELECTs that may read any article, each with the reason.
EXEMPT = {
    "max[articles.withdrawn_at]": "when an item left its ticker: a moment, for `updated_at`",
    "max[ticker_items.expires_at]": "likewise, of items that were shown before they expired",
    "SELECT articles.id, articles.withdrawn_at, articles.withdrawn_reason, articles.version \n": "tombstones of feeds",
    "SELECT articles.id, articles.state, articles.withdrawn_at, articles.withdrawn_reason \n": "why a thing is gone",
    "ORDER BY articles.first_published_at, articles.id": "places in a sitemap: the SELECT around says which are seen",
    "SELECT min[articles.first_published_at] AS first": "the month that a sitemap looks at next",
    "WHERE previews.digest = ": "whoever holds the token of a preview may see its article, of any state",
}


def unguarded(sql: str) -> list[str]:
    """The SELECTs of `sql` that read `articles` without the two conditions of `visible(now)`.

    Each SELECT is judged by itself, and each alias in it: a condition of another SELECT or of another alias does not
    count. An id that comes from a guarded SELECT is guarded.
    """
    return _Statement(sql).unguarded()


class _Statement:
    """Its SELECTs by number; a nested one stands as `{number}` in the one around it."""

    def __init__(self, sql: str) -> None:
        self.selects: list[str] = []
        while INNERMOST.search(sql):
            sql = INNERMOST.sub(self._take, sql)
        self.selects.append(sql)
        cte = re.compile(r"(\w+) AS (?:(?:NOT )?MATERIALIZED\s*)?\{(\d+)\}")
        self.ctes = dict(found for text in self.selects for found in cte.findall(text))

    def _take(self, group: re.Match[str]) -> str:
        if not re.match(r"\s*(WITH|SELECT)\b", group[1]):
            return f"[{group[1]}]"
        self.selects.append(group[1])
        return f"{{{len(self.selects) - 1}}}"

    def unguarded(self) -> list[str]:
        return [part for text in self.selects for part in self._wrong(text)]

    def _wrong(self, text: str) -> list[str]:
        parts = re.split(r"\bUNION(?: ALL)?\b", text)  # each a SELECT of its own
        return [part for part in parts for alias in READS.findall(part) if not self._is_guarded(part, alias)]

    def _is_guarded(self, select: str, alias: str) -> bool:
        name = re.escape(alias or "articles")
        if set(re.findall(rf"\b{name}\.(\w+)", select)) <= HARMLESS or any(text in select for text in EXEMPT):
            return True
        sources = re.findall(rf"\b{name}\.id (?:IN \{{|= )(\w+)", select)
        if any(self._gives_guarded(self.ctes.get(source, source)) for source in sources):
            return True
        return bool(re.search(rf"(?<!NOT \[)\b{name}\.state = 'published' AND {name}\.published_at <= ", select))

    def _gives_guarded(self, number: str) -> bool:
        text = self.selects[int(number)] if number.isdigit() else ""
        return bool(READS.search(text)) and not self._wrong(text)
