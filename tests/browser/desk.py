"""The desk of a demo newsroom: what editors do while a reader has a page open."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.serving import Demo

Json = dict[str, Any]


class Desk:
    """Requests with the token of an admin, and those of readers without a browser."""

    def __init__(self, demo: Demo, language: str) -> None:
        self.client = httpx.Client(base_url=demo.address, timeout=60)
        self.headers = {"Authorization": f"Bearer {demo.token}"}
        self.language = language

    def read(self, path: str) -> Json:
        """A public answer."""
        return dict(self.client.get(path).raise_for_status().json())

    def send(self, method: str, path: str, content: Json) -> Json:
        """An answer of the desk."""
        headers = self.headers if method == "PUT" else {**self.headers, "If-Match": "*"}
        answer = self.client.request(method, f"/v1/desk{path}", json=content, headers=headers)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    def publish(self, headline: str, **fields: Any) -> Json:
        """A new article that readers see, in the last section: the first one keeps its pictures for other tests."""
        section = self.read("/v1/sections")["data"][-1]["slug"]
        content = {"headline": headline, "body": "<p>متن الخبر.</p>", "section": section, "language": self.language}
        draft = self.send("POST", "/articles", {**content, **fields})
        return self.send("POST", f"/articles/{draft['id']}/publish", {})

    def ticker(self) -> str:
        """The slug of the ticker that the reader page shows."""
        tickers = self.read("/v1/tickers")["data"]
        return str(next(one["slug"] for one in tickers if one["language"] == self.language and one["items"]))

    def put_on_ticker(self, **item: Any) -> Json:
        return self.send("POST", f"/tickers/{self.ticker()}/items", item)

    def comment(self, article: Json, **fields: Any) -> Json:
        """A comment under an article, approved."""
        content = {"author_name": "سلمى", "author_email": "salma@example.org", "body": "شكرًا على هذا الخبر.", **fields}
        answer = self.client.post(f"/v1/articles/{article['id']}/comments", json=content)
        assert answer.is_success, answer.text
        comment: Json = answer.json()["comment"]
        return self.send("POST", f"/comments/{comment['id']}/approve", {})

    def close(self) -> None:
        self.client.close()


def path_of(thing: Json) -> str:
    """The page of an article or a term."""
    return urlsplit(str(thing["url"])).path


def language_of(request: pytest.FixtureRequest) -> str:
    """The language of the newsroom that a test asks for."""
    called = getattr(request.node, "callspec", None)
    return str(called.params.get("site", "ar")) if called else "ar"
