"""The bare server, the parts of the machine's reading that need no machine."""

from __future__ import annotations

import os
from pathlib import Path

import httpx

from bench import bare, machine


async def test_the_bare_server_answers_the_captured_bytes(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    got = bare.Answer.of(200, [("content-type", "x/y"), ("date", "now"), ("content-length", "3")], b"abc")
    bare.write(path, {"GET /a%20b?c=1": got, "POST /": bare.Answer.of(201, [], b"made")})
    transport = httpx.ASGITransport(app=bare.Bare(path))
    async with httpx.AsyncClient(transport=transport, base_url="http://bare.test") as client:
        answer = await client.get("/a%20b?c=1")
        made = await client.post("/", content=b"sent")
    assert (answer.status_code, answer.content) == (200, b"abc")
    assert answer.headers.multi_items() == [("content-type", "x/y"), ("content-length", "3")]
    assert (made.status_code, made.content) == (201, b"made")


def test_our_own_process_is_among_its_descendants() -> None:
    assert os.getpid() in machine.descendants([os.getpid()])


def test_a_share_is_a_share() -> None:
    share = machine.Others().share()
    assert share is None or 0 <= share <= 1
