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


@pytest.mark.parametrize("kind", ["staff", "preview", "comment"])
def test_tokens_are_masked_in_every_text(kind: str) -> None:
    edit_token = "nec_lN3pQ1Zt0hYwz3FhJ9m2c5yqk0uTjv6d8rA1xB4eGsU"
    token = {"staff": staff_tokens.new_token(), "preview": new_token(), "comment": edit_token}[kind]
    for text in (token, f"Bearer {token}", f"/preview/{token}?x=1", json.dumps({"token": token}), f"_{token}"):
        assert token[4:] not in masked(text)
        assert token[:4] in masked(text)
    assert masked("finsh_and_connec_tions_of_words_stay") == "finsh_and_connec_tions_of_words_stay"
