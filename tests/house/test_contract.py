"""Schemathesis calls every operation with good and bad input: no 5xx, nothing undocumented, nothing outside its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import serving

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text("utf-8"))
schema = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A running server with the demo content and an admin's token."""
    from tests import databases

    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('contract') / 'nashra.db'}"
    else:
        url = databases.create(request.getfixturevalue("postgresql"), "nashra_contract")
    token = serving.command("token", "create", "--name", "schemathesis", "--role", "admin", url=url).stdout.strip()
    with serving.served(url, NASHRA_LOG_LEVEL="error") as (address, _):
        yield address, token


@schema.parametrize()
@hypothesis.settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
def test_the_server_keeps_its_word(server: tuple[str, str], case: Any) -> None:
    address, token = server
    headers = {"Authorization": f"Bearer {token}"} if "/desk" in case.path else {}
    # A longer address never reaches the application: the HTTP parser itself refuses it.
    hypothesis.assume(len(quote(str(case.query))) < 50_000)
    response = case.call(base_url=address, headers=headers)
    case.validate_response(response, checks=CHECKS)
