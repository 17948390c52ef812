"""The quick start, as it is printed, in an empty newsroom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests import databases, guides, serving

PRINTED_AT = "http://localhost:8000"
SERVE, *STEPS, FOR_THE_GUIDES = guides.blocks("quickstart", "sh")
LAUNCHER = f'#!/bin/sh\nexec "{sys.executable}" -m app.cli "$@"\n'


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_the_quick_start_leads_from_nothing_to_an_article_a_ticker_and_a_comment(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    if backend == "postgresql":
        url = databases.create(request.getfixturevalue("postgresql"), "nashra_quick_start")
    guides.install(tmp_path, "curl", guides.CURL)
    guides.install(tmp_path, "nashra", LAUNCHER)
    environment = serving.environment(url, PYTHONUTF8="1")
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    with serving.served(url) as (address, _):
        ran = subprocess.run(
            ["sh", "-euc", "".join(STEPS).replace(PRINTED_AT, address)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stderr
        (article,) = httpx.get(f"{address}/v1/articles").json()["data"]
        (item,) = httpx.get(f"{address}/v1/tickers/breaking").json()["items"]
        (comment,) = httpx.get(f"{address}/v1/articles/{article['id']}/comments").json()["data"]
    assert article["headline"] == "افتتاح مكتبة الحيّ الجديدة"
    assert (item["text"], item["article"]["id"]) == ("مكتبة جديدة في الحيّ", article["id"])
    assert comment["body"] == "مبارك للحيّ!"
    assert "مبارك للحيّ!" in ran.stdout.splitlines()[-1]
    assert "NASHRA_URL" not in ran.stderr  # the commands know that it is not theirs


def test_its_other_commands_are_those_of_the_readme_and_the_demo() -> None:
    assert SERVE == "./nashra serve\n"
    assert FOR_THE_GUIDES.splitlines() == [f"export NASHRA_URL={PRINTED_AT}", "export TOKEN=nsh_…"]
