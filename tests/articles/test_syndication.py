"""What others may publish again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.articles.syndication import may_syndicate

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("syndication", "default", "allowed"),
    [
        ("yes", "no", True),
        ("no", "yes", False),
        ("verify", "yes", False),
        (None, "yes", True),
        (None, "no", False),
        (None, "verify", False),
    ],
)
def test_only_yes_permits_and_the_site_answers_where_the_article_does_not(
    syndication: str | None, default: str, allowed: bool
) -> None:
    assert may_syndicate({"syndication": syndication}, default, NOW) is allowed
    assert may_syndicate({"syndication": syndication, "holder": "المرصد"}, default, NOW) is allowed


def test_without_rights_the_site_answers() -> None:
    assert may_syndicate(None, "yes", NOW)
    assert not may_syndicate(None, "verify", NOW)


@pytest.mark.parametrize(("ahead", "allowed"), [(timedelta(milliseconds=1), True), (timedelta(0), False)])
def test_nothing_is_syndicated_from_the_moment_when_its_rights_expire(ahead: timedelta, allowed: bool) -> None:
    expires_at = NOW + ahead
    assert may_syndicate({"expires_at": expires_at.isoformat()}, "yes", NOW) is allowed
    assert may_syndicate({"expires_at": expires_at}, "yes", NOW) is allowed
