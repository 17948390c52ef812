"""A newsroom in which tests may send as many comments as they like, and a conversation in it."""

from __future__ import annotations

import pytest

from tests.comments.talk import Talk, talk_in
from tests.newsroom import Newsroom


@pytest.fixture
async def talk(newsroom: Newsroom) -> Talk:
    """Moderated, as the site's setting says; nothing limits how much is sent."""
    newsroom.set(comments_rate=())
    return await talk_in(newsroom)
