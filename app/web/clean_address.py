"""Drops the query parameters that a page or a feed does not take, before the cache.

What trackers append makes no new answers.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from starlette.routing import compile_path
from starlette.types import Scope

from app.feeds.asked import PREFIX, clean_query
from app.settings import Settings
from app.site.addresses import TAKEN
from app.web.reader_router import reader_pages


class CleanAddress:
    """Knows the parameters of each page of an application."""

    def __init__(self, settings: Settings) -> None:
        self._pages: list[tuple[re.Pattern[str], tuple[str, ...]]] = [
            (compile_path(path)[0], parameters)
            for path, parameters in [*TAKEN.items(), *((one.path, one.parameters) for one in reader_pages(settings))]
        ]

    def clean(self, scope: Scope) -> Scope:
        """The scope without parameters that its page does not take; of a repeated one the last is kept."""
        query, path = scope["query_string"], scope["path"]
        if not query or path.startswith("/v1"):
            return scope
        if path.startswith(PREFIX):
            return {**scope, "query_string": clean_query(path, query)}
        taken = next((parameters for pattern, parameters in self._pages if pattern.match(path)), None)
        if taken is None:
            return scope
        pairs = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
        kept = {name: value for name, value in pairs.items() if name in taken and value}
        return {**scope, "query_string": urlencode(kept).encode()}
