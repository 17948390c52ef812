"""Requests of uploads that nobody's browser sends: names, charsets and forms made to break what reads them."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.media.uploads import FOLDER_PREFIX
from tests.media.desk import MediaDesk, picture

MANY_DIGITS = "9" * 5_000  # Python refuses to read so long a number


async def _posted(media: MediaDesk, kind: str, content: bytes, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {media.room.tokens['admin']}", "Content-Type": kind, **headers}
    return await media.room.client.post("/v1/desk/media", content=content, headers=sent)


@pytest.mark.parametrize(
    "name",
    [
        "filename*=undefined''x.jpg",
        "filename*=idna''x.jpg",
        "filename*=punycode''%FF",
        f"filename*{MANY_DIGITS}*=x",
    ],
)
async def test_a_name_that_cannot_be_decoded_is_none(media: MediaDesk, name: str) -> None:
    answer = await _posted(media, "image/jpeg", picture(), **{"Content-Disposition": f"attachment; {name}"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["filename"] == "picture.jpg"


async def test_a_form_in_a_charset_that_decodes_nothing_is_invalid(media: MediaDesk) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{}\r\n--x--\r\n'
    answer = await _posted(media, "multipart/form-data; boundary=x; charset=undefined", form)
    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json()["errors"]] == ["form_invalid"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (json.dumps({"description": "و" * 80_000}), "too_long"),
        (json.dumps({str(number): 0 for number in range(5_000)}), "too_many"),
    ],
    ids=["long", "many"],
)
async def test_data_that_comes_as_a_file_is_bounded_too(media: MediaDesk, data: str, code: str) -> None:
    files: Any = {"file": ("a.jpg", picture(), "image/jpeg"), "data": ("data.json", data, "application/json")}
    headers = {"Authorization": f"Bearer {media.room.tokens['admin']}"}
    answer = await media.room.client.post("/v1/desk/media", files=files, headers=headers)
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/data", code)]


@pytest.mark.parametrize("kind", ["image/jpeg", "multipart/form-data; boundary=x"])
async def test_a_client_that_goes_in_the_middle_is_no_error_and_leaves_nothing(
    media: MediaDesk, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc'
    messages: Any = [{"type": "http.request", "body": form, "more_body": True}, {"type": "http.disconnect"}]
    headers = [(b"authorization", f"Bearer {media.room.tokens['admin']}".encode()), (b"content-type", kind.encode())]
    fixed = {"type": "http", "http_version": "1.1", "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 1)}
    scope = {**fixed, "method": "POST", "path": "/v1/desk/media", "raw_path": b"/v1/desk/media", "headers": headers}
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await media.room.app(scope, receive, send)
    assert sent == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert not list(tmp_path.glob(f"{FOLDER_PREFIX}*"))
