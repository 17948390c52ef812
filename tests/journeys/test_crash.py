"""`kill -9` while writing: nothing that was acknowledged is lost, nothing half-written is visible."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import databases, serving

WRITERS = 4


@pytest.fixture
def crash_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'nashra.db'}"
    return databases.create(request.getfixturevalue("postgresql"), "nashra_crash")


class Writer(threading.Thread):
    """Creates and publishes articles until the server is gone; remembers what was acknowledged."""

    def __init__(self, address: str, token: str, number: int) -> None:
        super().__init__(daemon=True)
        self.address, self.number = address, number
        self.headers = {"Authorization": f"Bearer {token}"}
        self.created: dict[str, str] = {}
        self.published: set[str] = set()

    def run(self) -> None:
        with httpx.Client(base_url=self.address, headers=self.headers, timeout=10) as client:
            try:
                for turn in range(10_000):
                    self.write(client, f"خبر {self.number} رقم {turn}")
            except httpx.TransportError:
                return

    def write(self, client: httpx.Client, headline: str) -> None:
        body = {"headline": headline, "body": f"<p>{headline}</p>", "section": "علوم", "tags": ["فلك"]}
        answer = client.post("/v1/desk/articles", json=body)
        if answer.status_code == 201:
            self.created[answer.json()["id"]] = headline
            if client.post(f"/v1/desk/articles/{answer.json()['id']}/publish", json={}).status_code == 200:
                self.published.add(answer.json()["id"])


def test_what_was_acknowledged_survives_a_crash(crash_url: str) -> None:
    token = serving.command("token", "create", "--name", "desk", "--role", "admin", url=crash_url).stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    with serving.served(crash_url) as (address, process):
        for path, name in (("sections/علوم", "علوم"), ("tags/فلك", "فلك")):
            assert httpx.put(f"{address}/v1/desk/{path}", json={"name": name}, headers=headers).status_code == 201
        writers = [Writer(address, token, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        serving.until(lambda: sum(len(writer.published) for writer in writers) > 10 * WRITERS)
        os.killpg(process.pid, signal.SIGKILL)
        for writer in writers:
            writer.join(timeout=20)
    created = {id: headline for writer in writers for id, headline in writer.created.items()}
    published = {id for writer in writers for id in writer.published}
    with serving.served(crash_url) as (address, _), httpx.Client(base_url=address, headers=headers) as client:
        for id, headline in created.items():
            article = client.get(f"/v1/desk/articles/{id}").json()
            assert article["headline"] == headline
            assert id not in published or article["status"] == "published"
        everything = list(pages(client, "/v1/desk/articles?limit=100"))
        assert created.keys() <= {article["id"] for article in everything}
        for article in everything:
            assert_whole(client, article)
        assert published <= {article["id"] for article in pages(client, "/v1/articles?limit=100")}


def pages(client: httpx.Client, url: str) -> Any:
    following: str | None = url
    while following:
        answer = client.get(following).raise_for_status()
        yield from answer.json()["data"]
        following = answer.links.get("next", {}).get("url")


def assert_whole(client: httpx.Client, article: dict[str, Any]) -> None:
    """With its body, section, tag and a revision for every version: all of a save, or none of it."""
    whole = client.get(f"/v1/desk/articles/{article['id']}").json()
    assert whole["body"]["text"] == whole["headline"]
    assert whole["section"]["slug"] == "علوم"
    assert [tag["slug"] for tag in whole["tags"]] == ["فلك"]
    numbers = [save["number"] for save in client.get(f"/v1/desk/articles/{article['id']}/revisions").json()["data"]]
    assert numbers == list(range(whole["version"], 0, -1))
