"""The requests of the README, as they are printed, against a demo newsroom that a newcomer has just started."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests import databases, serving

README = (serving.ROOT / "README.md").read_text("utf-8")
PRINTED_AT = "http://localhost:8000"
# Options that only say what curl shows.
SHOWING = {"-s", "-i", "-si", "-is"}
BEFORE, _, AFTER = README.partition("## Quick start")
QUICK_START, _, AFTER = AFTER.partition("\n## ")
SHELL = re.findall(r"```sh\n(.*?)```", BEFORE + AFTER, re.DOTALL)
STEPS = re.findall(r"```sh\n(.*?)```", QUICK_START, re.DOTALL)
LINES = [line for block in SHELL for line in block.splitlines() if line.startswith("curl")]


class Shown(NamedTuple):
    """A request of the README and the excerpt of its answer."""

    line: str
    status: int
    content: Any


def shown() -> list[Shown]:
    pattern = r"```sh\n(curl [^\n]*)\n```\n\n```http\nHTTP/1\.1 (\d{3})\n\n(.*?)```"
    found = re.findall(pattern, README, re.DOTALL)
    return [Shown(line, int(status), json.loads(content)) for line, status, content in found]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    """A running demo; each test takes its address and its token."""
    with serving.demo(tmp_path_factory.mktemp("a newcomer's folder")) as running:
        yield running


def run(line: str, address: str, token: str) -> httpx.Response:
    """What `curl` would do, so that it need not be installed. An option that is not known here fails."""
    words = shlex.split(line.replace("$TOKEN", token).replace(PRINTED_AT, address))
    assert words.pop(0) == "curl"
    method, url, body, headers = "GET", "", None, []
    while words:
        word = words.pop(0)
        if word in SHOWING:
            continue
        if word == "-H":
            name, _, value = words.pop(0).partition(":")
            headers.append((name, value.strip()))
        elif word == "-d":
            method, body = "POST", words.pop(0).encode()
        else:
            assert word.startswith(address), word
            url = word
    return httpx.request(method, url, headers=headers, content=body, timeout=30)


def keys(value: Any, path: str = "") -> set[str]:
    """Every key of a JSON value with its place; the entries of a list are as one."""
    if isinstance(value, dict):
        return {f"{path}/{name}" for name in value}.union(
            *(keys(item, f"{path}/{name}") for name, item in value.items())
        )
    if isinstance(value, list):
        return set().union(*(keys(item, f"{path}/*") for item in value))
    return set()


def test_five_requests_are_shown_and_each_has_its_answer() -> None:
    assert len(LINES) == 5
    assert [request.line for request in shown()] == LINES


@pytest.mark.parametrize("request_shown", shown(), ids=["list", "ticker", "article", "comment", "draft"])
def test_the_request_is_answered_as_it_is_shown(request_shown: Shown, demo: tuple[str, str]) -> None:
    answer = run(request_shown.line, *demo)
    assert answer.status_code == request_shown.status, answer.text
    assert keys(request_shown.content) <= keys(answer.json())


def test_what_does_not_change_is_shown_to_the_letter(demo: tuple[str, str]) -> None:
    """Ids and times differ from one demo to the next; headlines, messages and codes do not."""
    for line, _, content in shown():
        answer = run(line, *demo).json()
        for name in {"headline", "byline", "name", "title", "type", "errors", "direction"} & set(content):
            assert answer[name] == content[name]
        for entry, found in zip(content.get("data", []), answer.get("data", []), strict=False):
            assert (entry["headline"], entry["section"]["name"]) == (found["headline"], found["section"]["name"])
        for entry, found in zip(content.get("items", []), answer.get("items", []), strict=False):
            assert (entry["text"], entry["level"]) == (found["text"], found["level"])


def test_whoever_has_the_readme_finds_every_fault_in_arabic(demo: tuple[str, str]) -> None:
    refused = run(shown()[3].line, *demo)
    assert refused.headers["content-language"] == "ar"
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/author_name", "/author_email", "/body"]


# --- the quick start --------------------------------------------------------------------------------------------------

# What stands in for curl, so that it need not be installed: the options of the quick start, and no others.
CURL = (
    f"#!{sys.executable}\n"
    + """
import argparse, urllib.request
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("-s", action="store_true", required=True)
parser.add_argument("-X")
parser.add_argument("-H", action="append", default=[])
parser.add_argument("-d")
parser.add_argument("url")
asked = parser.parse_args()
headers = dict(header.split(": ", 1) for header in asked.H)
body = asked.d and asked.d.encode()
request = urllib.request.Request(asked.url, body, headers, method=asked.X)
with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
    print(answer.read().decode())
"""
)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_the_quick_start_leads_from_nothing_to_an_article_a_ticker_and_a_comment(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    if backend == "postgresql":
        url = databases.create(request.getfixturevalue("postgresql"), "nashra_quick_start")
    launcher = f'#!/bin/sh\nexec "{sys.executable}" -m app.cli "$@"\n'
    for name, text in (("curl", CURL), ("nashra", launcher)):
        (tmp_path / name).write_text(text, "utf-8")
        (tmp_path / name).chmod(0o755)
    assert STEPS[0] == "./nashra serve\n"
    environment = serving.environment(url, PYTHONUTF8="1")
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    with serving.served(url) as (address, _):
        script = "set -eu\n" + "".join(STEPS[1:]).replace(PRINTED_AT, address)
        ran = subprocess.run(
            ["sh", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert ran.returncode == 0, ran.stderr
        (article,) = httpx.get(f"{address}/v1/articles").json()["data"]
        (item,) = httpx.get(f"{address}/v1/tickers/breaking").json()["items"]
        (comment,) = httpx.get(f"{address}/v1/articles/{article['id']}/comments").json()["data"]
    assert article["headline"] == "افتتاح مكتبة الحيّ الجديدة"
    assert (item["text"], item["article"]["id"]) == ("مكتبة جديدة في الحيّ", article["id"])
    assert comment["body"] == "مبارك للحيّ!"
    shown = ran.stdout.splitlines()
    assert "مبارك للحيّ!" in shown[-1]


def test_every_other_line_of_shell_is_one_that_can_be_meant() -> None:
    others = [line for block in SHELL for line in block.splitlines() if not line.startswith("curl")]
    assert all(line.startswith(("./nashra ", "docker ", "export NASHRA_", "printf ")) for line in others)
