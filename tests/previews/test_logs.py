"""The token of a preview is in no log line, whatever the answer."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from app.kit.logs import Json, Text
from app.masking import masked
from app.previews import repository
from app.previews.tokens import new_token
from app.staff import tokens as staff_tokens
from tests.newsroom import Newsroom
from tests.previews.links import preview_of
from tests.wire import connected, served

pytestmark = pytest.mark.anyio


async def test_no_request_with_a_token_leaves_it_in_a_log(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await newsroom.draft()
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.INFO, "nashra.access"):
        preview = await preview_of(newsroom, draft)
        token = preview["token"]
        newsroom.set(access_log=True)
        for stem in ("/v1/preview", "/preview"):
            for path in (f"/{token}", f"/{token}?x={token}", f"/{token}/x", f"s/{token}", f"/{token}x"):
                await newsroom.client.request("GET", stem + path)
                await newsroom.client.request("HEAD", stem + path)
                await newsroom.client.request("POST", stem + path, json={})

        def broken(text: str) -> Any:
            raise RuntimeError(f"no digest of {text}")

        monkeypatch.setattr(repository, "digest", broken)
        for stem in ("/v1/preview", "/preview"):
            answer = await newsroom.client.get(f"{stem}/{token}")
            assert answer.status_code == 500
            assert token not in answer.text
    ours = [record for record in caplog.records if record.name.startswith(("nashra", "sqlalchemy", "app"))]
    assert any("/v1/preview/{token}" in record.getMessage() for record in ours)
    assert any(record.exc_info for record in ours)
    for record in ours:
        for formatter in (Text(coloured=False), Json()):
            assert token[4:] not in formatter.format(record)


async def test_what_is_refused_below_the_application_does_not_repeat_it_either(newsroom: Newsroom) -> None:
    draft = await newsroom.draft("أول")
    token = (await preview_of(newsroom, draft))["token"]
    async with served(newsroom) as port:
        for headline in ("ثان", "ثالث"):  # no cache answers before the application
            draft = await newsroom.change(draft, headline=headline)
            async with connected(port) as wire:
                for _ in range(2):
                    status, headers, body = await wire.ask(f"/v1/preview/{token}")
                    assert (status, json.loads(body)["headline"]) == (200, headline)
                    assert "etag" not in headers
        for target in (f"/v1/preview/{token}", f"/preview/{token}", f"/x?{token}"):
            async with connected(port) as wire:
                wire.send(f"GET {target} HTTP/1.1\r\n\r\n")  # without `Host`
                status, _, body = await wire.answer()
                assert status == 400
                assert token[4:] not in body.decode()


@pytest.mark.parametrize("kind", ["staff", "preview", "comment"])
def test_tokens_are_masked_in_every_text(kind: str) -> None:
    edit_token = "nec_lN3pQ1Zt0hYwz3FhJ9m2c5yqk0uTjv6d8rA1xB4eGsU"
    token = {"staff": staff_tokens.new_token(), "preview": new_token(), "comment": edit_token}[kind]
    for text in (
        token,
        f"Bearer {token}",
        f"/preview/{token}?x=1",
        json.dumps({"token": token}),
        f"_{token}",
        f"x{token}",
    ):
        assert token[4:] not in masked(text)
        assert token[:4] in masked(text)
    assert masked("finsh_and_connec_tions_of_words_stay") == "finsh_and_connec_tions_of_words_stay"
