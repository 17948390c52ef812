"""Schemathesis calls every operation with good and bad input: no 5xx, nothing undocumented or outside its schema."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import hypothesis
import jsonschema_rs
import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.kit.caching import PARTIAL
from tests import databases, serving

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text("utf-8"))
# A stream does not end: tests/sync reads them.
schema = schemathesis.openapi.from_dict(DOCUMENT).exclude(path_regex="/stream$")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif")
def bytes_of_picture(_context: Any, value: Any) -> bytes:
    """Whatever is generated: no decoder takes it for a picture."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class Server:
    """A running newsroom with a little of everything, so that half of the calls meet something that exists."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.headers = {"Authorization": f"Bearer {token}"}
        self.known: dict[str, dict[str, list[str]]] = {}
        # One for all calls: else each connects anew, and searches the environment for proxies.
        self.session = requests.Session()
        self.session.trust_env = False
        with httpx.Client(base_url=address, headers=self.headers) as client:
            self._fill(client)

    def _fill(self, client: httpx.Client) -> None:
        for path in ("sections/علوم", "tags/فلك", "authors/ليلى", "tickers/عاجل"):
            client.put(f"/v1/desk/{path}", json={"name": path.partition("/")[2]}).raise_for_status()
        filed = {"body": "<p>متن</p>", "section": "علوم", "tags": ["فلك"], "authors": ["ليلى"], "comments_mode": "open"}
        made = [
            client.post("/v1/desk/articles", json={"headline": f"خبر {n}", **filed}).raise_for_status().json()
            for n in range(4)
        ]
        for article in made[:3]:
            client.post(f"/v1/desk/articles/{article['id']}/publish", json={}).raise_for_status()
        item = client.post("/v1/desk/tickers/عاجل/items", json={"text": "عاجل"}).raise_for_status().json()
        said = {"author_name": "سامر", "author_email": "samer@example.org", "body": "شكرًا لكم."}
        url = f"/v1/articles/{made[0]['id']}/comments"
        comment = client.post(url, json=said).raise_for_status().json()["comment"]["id"]
        member = (
            client.post("/v1/desk/staff", json={"name": "هند", "roles": ["reporter"]}).raise_for_status().json()["id"]
        )
        secret = client.post(f"/v1/desk/staff/{member}/tokens", json={}).raise_for_status().json()["id"]
        preview = client.post(f"/v1/desk/articles/{made[3]['id']}/previews", json={}).raise_for_status().json()
        ids = [article["id"] for article in made]
        self.known = {
            "/v1/articles/": {"slug": [made[0]["slug"], ids[1], ids[3]]},
            "/v1/sections/": {"slug": ["علوم"]},
            "/v1/tags/": {"slug": ["فلك"]},
            "/v1/authors/": {"slug": ["ليلى"]},
            "/v1/tickers/": {"slug": ["عاجل"]},
            "/v1/comments/": {"id": [comment]},
            "/v1/preview/": {"token": [preview["token"]]},
            "/v1/desk/articles/": {"id": ids, "number": ["1", "2"], "preview_id": [preview["id"]]},
            "/v1/desk/sections/": {"slug": ["علوم"]},
            "/v1/desk/tags/": {"slug": ["فلك"]},
            "/v1/desk/authors/": {"slug": ["ليلى"]},
            "/v1/desk/tickers/": {"slug": ["عاجل"], "id": [item["id"]]},
            "/v1/desk/comments/": {"id": [comment]},
            "/v1/desk/staff/": {"id": [member], "token_id": [secret]},
        }

    def aimed(self, case: Any, choice: random.Random) -> None:
        """Half of the time the call meets what exists, with a version that fits."""
        for prefix, values in self.known.items():
            if case.path.startswith(prefix) and choice.random() < 0.6:
                for name in case.path_parameters.keys() & values.keys():
                    case.path_parameters[name] = choice.choice(values[name])
                case.headers["If-Match"] = "*"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('contract') / 'nashra.db'}"
    else:
        url = databases.create(request.getfixturevalue("postgresql"), "nashra_contract")
    token = serving.command("token", "create", "--name", "schemathesis", "--role", "admin", url=url).stdout.strip()
    with serving.served(url, NASHRA_LOG_LEVEL="error") as (address, _):
        running = Server(address, token)
        yield running
        running.session.close()


@schema.parametrize()
@hypothesis.settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
def test_the_server_keeps_its_word(server: Server, case: Any) -> None:
    server.aimed(case, random.Random(repr(case.body) + repr(case.query)))
    # A longer address never reaches the application: the HTTP parser itself refuses it.
    hypothesis.assume(len(quote(str(case.query))) < 50_000)
    headers = server.headers if "/desk" in case.path else {}
    response = case.call(base_url=server.address, session=server.session, headers=headers)
    if response.headers.get("content-type") == [PARTIAL]:  # for Schemathesis a media type has no parameters
        answers = DOCUMENT["paths"][case.path][case.method.lower()]["responses"]["200"]["content"]
        validator = jsonschema_rs.validator_for({**answers[PARTIAL]["schema"], "components": DOCUMENT["components"]})
        validator.validate(response.json())
        case.validate_response(response, checks=[check for check in CHECKS if check != response_schema_conformance])
    else:
        case.validate_response(response, checks=CHECKS)
