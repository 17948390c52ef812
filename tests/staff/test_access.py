"""Who asks, what they may do, and what is kept of it."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import Response

from app.kit import clock
from app.kit.db import Writing
from app.kit.routing import router_of
from app.models import metadata
from app.staff import actions, repository
from app.staff.access import AnyStaff
from app.staff.models import Member, StaffToken
from app.staff.tokens import is_well_formed, new_token
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


def challenge(description: str) -> str:
    return f'Bearer realm="nashra", error="invalid_token", error_description="{description}"'


NOBODY = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"


async def me(newsroom: Newsroom, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"authorization": authorization}
    return await newsroom.client.get("/v1/desk/me", headers=headers)


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_has_its_shape_and_its_checksum() -> None:
    made = {new_token() for _ in range(50)}
    assert len(made) == 50
    for token in made:
        assert re.fullmatch(r"nsh_[0-9A-Za-z]{38}", token)
        assert is_well_formed(token)
        for place in (4, 20, -1):
            other = "A" if token[place] != "A" else "B"
            assert not is_well_formed(token[:place] + other + (token[place + 1 :] if place != -1 else ""))
    for wrong in ("", "nsh_", "nsh_" + "٣" * 38, new_token() + "x", new_token()[1:], new_token().upper()):
        assert not is_well_formed(wrong)


async def test_an_invented_token_does_not_reach_the_database(newsroom: Newsroom) -> None:
    with newsroom.counted() as statements:
        for invented in ("nsh_" + "0" * 38, "x", "nsh_" + "ا" * 38):
            answer = await newsroom.client.get("/v1/desk/me", headers={b"authorization": f"Bearer {invented}".encode()})
            assert answer.status_code == 401
    assert statements == []


async def test_a_token_is_shown_once_and_kept_as_a_digest_only(newsroom: Newsroom) -> None:
    member = newsroom.members["admin"]
    made = (await newsroom.desk("POST", f"/staff/{member}/tokens", {"label": "هاتف"}, expect=201)).json()
    secret = made["token"]
    assert is_well_formed(secret)
    assert secret.startswith(made["prefix"])
    assert len(made["prefix"]) == 10
    listed = await newsroom.desk("GET", f"/staff/{member}/tokens")
    assert secret not in listed.text
    assert "token" not in listed.json()["data"][-1]
    async with newsroom.app.state.database.connection() as connection:
        kept = [str((await connection.execute(select(table))).all()) for table in metadata.sorted_tables]
    assert secret not in "".join(kept)
    assert secret[10:] not in "".join(kept)
    assert (await me(newsroom, f"Bearer {secret}")).json()["token"]["id"] == made["id"]


async def test_what_is_not_a_good_token_is_refused_with_a_challenge(newsroom: Newsroom) -> None:
    good = newsroom.tokens["admin"]
    for header in (None, "", "Bearer", f"Basic {good}", good, f"Token {good}"):
        answer = await me(newsroom, header)
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"] == 'Bearer realm="nashra"'
        assert answer.json()["reason"] == "missing"
    for header in (f"Bearer {good}x", f"Bearer {new_token()}", "Bearer null", f"Bearer {good} {good}", "Bearer nec_x"):
        answer = await me(newsroom, header)
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"] == challenge("The token is not known")
        assert answer.json()["reason"] == "unknown"
        assert answer.json()["type"] == "/problems/unauthorized"
        assert answer.headers["cache-control"] == "no-store"
    assert (await me(newsroom, f"bearer {good}")).status_code == 200
    await newsroom.get(f"/v1/desk/me?access_token={good}", 401)


async def test_an_expired_token_is_refused(newsroom: Newsroom) -> None:
    soon = clock.written(clock.now() + timedelta(minutes=5))
    url = f"/staff/{newsroom.members['admin']}/tokens"
    secret = (await newsroom.desk("POST", url, {"expires_at": soon})).json()["token"]
    assert (await me(newsroom, f"Bearer {secret}")).status_code == 200
    with clock.shifted(timedelta(minutes=5)):
        assert (await me(newsroom, f"Bearer {secret}")).status_code == 401
    past = {"expires_at": clock.written(clock.now() - timedelta(seconds=1))}
    answer = await newsroom.desk("POST", url, past, expect=422)
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/expires_at", "in_past")]


@pytest.mark.parametrize(
    ("reason", "description"),
    [
        ("expired", "The token has expired"),
        ("revoked", "The token was revoked"),
        ("inactive_member", "The member of the token is switched off"),
    ],
)
async def test_whoever_holds_a_token_is_told_why_it_is_refused(
    newsroom: Newsroom, reason: str, description: str
) -> None:
    await newsroom.hire("editor")
    url = f"/staff/{newsroom.members['editor']}"
    soon = clock.written(clock.now() + timedelta(minutes=5))
    made = (await newsroom.desk("POST", f"{url}/tokens", {"expires_at": soon})).json()
    if reason == "revoked":
        await newsroom.desk("DELETE", f"{url}/tokens/{made['id']}", expect=204)
    if reason == "inactive_member":
        await newsroom.desk("PATCH", url, {"active": False}, if_match='"1"', expect=200)
    with clock.shifted(timedelta(minutes=5 if reason == "expired" else 0)):
        answer = await me(newsroom, f"Bearer {made['token']}")
        wrong = await me(newsroom, f"Bearer {new_token()}")
    assert (answer.status_code, answer.json()["reason"]) == (401, reason)
    assert answer.headers["www-authenticate"] == challenge(description)
    assert wrong.json()["reason"] == "unknown"


async def test_each_reason_has_a_sentence_of_its_own_in_both_languages(newsroom: Newsroom) -> None:
    details = set()
    for language, letters in (("ar", "[\u0600-\u06ff]"), ("en", "[a-z]")):
        for header in ({}, {"authorization": f"Bearer {new_token()}"}):
            answer = await newsroom.client.get("/v1/desk/me", headers={**header, "accept-language": language})
            assert re.search(letters, answer.json()["detail"])
            details.add(answer.json()["detail"])
    assert len(details) == 4


async def test_no_use_of_a_refused_token_is_stored(newsroom: Newsroom) -> None:
    token = newsroom.tokens["admin"]
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(update(StaffToken).values(revoked_at=clock.now()))
    assert (await me(newsroom, f"Bearer {token}")).status_code == 401
    assert await last_used(newsroom) is None


async def test_a_revoked_token_is_refused_from_the_next_request_on(newsroom: Newsroom) -> None:
    url = f"/staff/{newsroom.members['admin']}/tokens"
    made = (await newsroom.desk("POST", url, {})).json()
    await newsroom.desk("DELETE", f"{url}/{made['id']}", expect=204)
    assert (await me(newsroom, f"Bearer {made['token']}")).status_code == 401
    await newsroom.desk("DELETE", f"{url}/{made['id']}", expect=204)
    await newsroom.desk("DELETE", f"{url}/{NOBODY}", expect=404)
    await newsroom.hire("editor")
    await newsroom.desk("DELETE", f"/staff/{newsroom.members['editor']}/tokens/{made['id']}", expect=404)


async def test_a_rotated_token_gives_way_to_a_new_one_that_lasts_as_long(newsroom: Newsroom) -> None:
    soon = clock.written(clock.now() + timedelta(minutes=5))
    url = f"/staff/{newsroom.members['admin']}/tokens"
    old = (await newsroom.desk("POST", url, {"label": "هاتف", "expires_at": soon})).json()
    new = (await newsroom.desk("POST", f"{url}/{old['id']}/rotate", expect=201)).json()
    assert (new["label"], new["expires_at"]) == ("هاتف", soon)
    assert (await me(newsroom, f"Bearer {old['token']}")).status_code == 401
    assert (await me(newsroom, f"Bearer {new['token']}")).status_code == 200


async def test_a_token_that_is_over_does_not_turn_into_a_new_one(newsroom: Newsroom) -> None:
    soon = clock.written(clock.now() + timedelta(minutes=5))
    url = f"/staff/{newsroom.members['admin']}/tokens"
    expiring = (await newsroom.desk("POST", url, {"expires_at": soon})).json()
    revoked = (await newsroom.desk("POST", url, {})).json()
    await newsroom.desk("DELETE", f"{url}/{revoked['id']}")
    with clock.shifted(timedelta(minutes=6)):
        for token, state in ((expiring, "expired"), (revoked, "revoked")):
            answer = await newsroom.desk("POST", f"{url}/{token['id']}/rotate", expect=409)
            assert answer.json()["state"] == state
    assert len((await newsroom.desk("GET", url)).json()["data"]) == 3


async def write_something(session: Writing) -> None:
    await session.execute(update(Member).values(version=Member.version))


async def write_before_the_actor_is_known(_: Annotated[None, Depends(write_something)], actor: AnyStaff) -> Response:
    return Response(status_code=204)


async def test_the_use_of_a_token_is_stored_also_where_the_request_is_writing_already(newsroom: Newsroom) -> None:
    """SQLite has one writing connection: a second transaction inside the request would wait 15 s for the first."""
    router = router_of("/v1/desk/scratch", "scratch")
    router.add_api_route("", write_before_the_actor_is_known, methods=["POST"])
    newsroom.app.router.routes.extend(router.routes)
    with clock.frozen(moment := clock.now() + timedelta(minutes=2)):
        async with asyncio.timeout(10):
            await newsroom.desk("POST", "/scratch", {}, expect=204)
    assert await last_used(newsroom) == moment


async def last_used(newsroom: Newsroom) -> Any:
    async with newsroom.app.state.database.connection() as connection:
        return (await connection.execute(select(StaffToken.last_used_at))).scalar_one()


async def test_the_last_use_is_noted_at_most_once_a_minute(newsroom: Newsroom) -> None:
    begin = clock.now()
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (119, 60), (121, 121)):
        with clock.frozen(begin + timedelta(seconds=seconds)):
            await newsroom.desk("GET", "/me")
        assert await last_used(newsroom) == begin + timedelta(seconds=noted)


@pytest.mark.parametrize(
    "error",
    [OperationalError("", {}, sqlite3.OperationalError("database is locked")), PoolTimeout(), ConnectionRefusedError()],
    ids=["locked", "pool", "refused"],
)
async def test_a_use_that_cannot_be_noted_stops_nobody(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(repository, "record_use", fail)
    await newsroom.desk("GET", "/me", expect=200)
    assert await last_used(newsroom) is None


# --- members ----------------------------------------------------------------------------------------------------------


async def test_a_member_who_is_switched_off_is_refused_at_once(newsroom: Newsroom) -> None:
    token = await newsroom.hire("editor")
    url = f"/staff/{newsroom.members['editor']}"
    await newsroom.desk("PATCH", url, {"active": False}, if_match='"1"')
    assert (await me(newsroom, f"Bearer {token}")).status_code == 401
    await newsroom.desk("PATCH", url, {"active": True}, if_match='"2"')
    assert (await me(newsroom, f"Bearer {token}")).json()["member"]["roles"] == ["editor"]


async def test_members_are_added_and_changed(newsroom: Newsroom) -> None:
    made = await newsroom.desk(
        "POST", "/staff", {"name": "سَلمى الخطيب", "roles": ["reporter", "moderator"]}, expect=201
    )
    member = made.json()
    assert made.headers["location"] == f"/v1/desk/staff/{member['id']}"
    assert member["roles"] == ["reporter", "moderator"]
    taken = await newsroom.desk("POST", "/staff", {"name": "سلمى الخطيب", "roles": ["editor"]}, expect=409)
    assert taken.json()["type"] == "/problems/already-exists"
    url = f"/staff/{member['id']}"
    await newsroom.desk("PATCH", url, {"name": "admin"}, if_match='"1"', expect=409)
    await newsroom.desk("PATCH", url, {"name": "غيرها"}, expect=428)
    await newsroom.desk("PATCH", url, {"name": "غيرها"}, if_match='"7"', expect=412)
    changed = (await newsroom.desk("PATCH", url, {"name": "سلمى"}, if_match='"1"')).json()
    assert (changed["name"], changed["roles"], changed["version"]) == ("سلمى", ["reporter", "moderator"], 2)
    wrong: list[Any] = [
        {"name": None},
        {"roles": []},
        {"roles": ["pope"]},
        {"active": None},
        {"active": "no"},
        {"x": 1},
    ]
    for fields in wrong:
        await newsroom.desk("PATCH", url, fields, if_match='"2"', expect=422)
    for name in ("", " ـ ", "a\u202eb", "сaпe\u0430x y" * 40):
        await newsroom.desk("POST", "/staff", {"name": name, "roles": ["editor"]}, expect=422)
    await newsroom.desk("GET", f"/staff/{NOBODY}", expect=404)
    await newsroom.desk("GET", "/staff/x", expect=404)


async def test_nobody_takes_their_own_key_away(newsroom: Newsroom) -> None:
    url = f"/staff/{newsroom.members['admin']}"
    for fields in ({"roles": ["editor"]}, {"active": False}):
        await newsroom.desk("PATCH", url, fields, if_match='"1"', expect=409)
    await newsroom.desk("PATCH", url, {"roles": ["admin", "editor"]}, if_match='"1"', expect=200)


async def test_two_admins_who_dismiss_each_other_leave_one(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    await newsroom.hire("admin", "ثانٍ")
    change = actions.change_member

    async def slow(*given: Any, **changes: Any) -> None:
        await asyncio.sleep(0.2)  # long enough for both to have asked who is an admin
        await change(*given, **changes)

    monkeypatch.setattr(actions, "change_member", slow)

    async def dismiss(name: str, by: str, fields: dict[str, Any]) -> int:
        headers = {"authorization": f"Bearer {newsroom.tokens[by]}", "if-match": "*"}
        url = f"/v1/desk/staff/{newsroom.members[name]}"
        return (await newsroom.client.patch(url, json=fields, headers=headers)).status_code

    outcomes = await asyncio.gather(
        dismiss("ثانٍ", "admin", {"roles": ["editor"]}), dismiss("admin", "ثانٍ", {"active": False})
    )
    assert outcomes.count(200) == 1
    (alive,) = [name for name, status in zip(("admin", "ثانٍ"), outcomes, strict=True) if status == 200]
    await newsroom.desk("GET", "/staff", by=alive, expect=200)
