"""The change log, for whoever keeps a copy of what readers see."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.changes.log import EVERYTHING
from app.kit import clock
from app.kit.caching import deliver
from app.kit.db import Reading
from app.kit.errors import InvalidQuery
from app.kit.routing import problems, router_of
from app.sync.filters import Filter
from app.sync.repository import ChangeFeed
from app.sync.schemas import ChangesQuery, ChangesRead
from app.sync.tokens import MustRestart, read_token

router = router_of("/v1", "sync")


@router.get("/changes", response_model=ChangesRead, responses=problems(InvalidQuery, MustRestart))
async def list_changes(request: Request, query: Annotated[ChangesQuery, Query()], reader: Reading) -> Response:
    """Follow what changes

    Each entry is the present state of a thing, or a tombstone. Start without `since`, then always come back with the
    `since` of the answer: at once while `more` is true, later otherwise. Whoever does so from nothing ends with what
    the delivery API shows. Entries come in the order of the changes, each at least once; several changes of one thing
    may come as one. Names of sections, tags and authors inside articles are those of now: renaming one is a change of
    its own and does not repeat the articles. With an article that is gone its comments are gone. 410: start again.
    """
    feed = ChangeFeed(reader, request.app.state.settings, clock.now(), query.object)
    standing, filter = await feed.standing(), Filter.of(query)
    token = read_token(query.since, standing, filter.digest, follows_tree=filter.section is not None)
    part = await feed.behind(token, filter, query.limit, standing.head)
    content = b'{"data":[%b],"since":"%b","more":%b}' % (
        b",".join(entry.content for entry in part.entries),
        str(token.at(part.reached)).encode(),
        b"true" if part.more else b"false",
    )
    return deliver(request, content, tags=[EVERYTHING])
