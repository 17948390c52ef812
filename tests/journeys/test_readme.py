"""The requests of the README and the examples of the guides, as they are printed, against a demo newsroom that a
newcomer has just started."""

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

from tests import guides, serving

README = (serving.ROOT / "README.md").read_text("utf-8")
PRINTED_AT = "http://localhost:8000"
# Options that only say what curl shows.
SHOWING = {"-s", "-i", "-si", "-is"}
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
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


# --- the examples of the guides ---------------------------------------------------------------------------------------

SCRIPTS = {example.guide for example in guides.examples("sh")}
PROGRAMS = [example for example in guides.examples("python") if not example.is_endless]
ENDLESS = {language: [e for e in guides.examples(language) if e.is_endless] for language in ("sh", "python")}


@pytest.fixture(scope="module")
def curl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a `curl`."""
    folder = tmp_path_factory.mktemp("curl")
    guides.install(folder, "curl", guides.CURL)
    return folder


def reader_of(demo: serving.Demo, curl: Path) -> dict[str, str]:
    """The environment of somebody who tries the examples."""
    environment = guides.environment(demo)
    return {**environment, "PATH": f"{curl}:{environment['PATH']}"}


@pytest.mark.parametrize("guide", sorted(SCRIPTS))
def test_the_requests_of_a_guide_are_answered(guide: str, demo: serving.Demo, curl: Path, tmp_path: Path) -> None:
    """In one shell, as a reader pastes them."""
    guides.put_files(tmp_path)
    steps = [example.text for example in guides.examples("sh") if example.guide == guide and not example.is_endless]
    ran = subprocess.run(
        ["sh", "-euc", "".join(steps)],
        cwd=tmp_path,
        env=reader_of(demo, curl),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert ran.stdout


@pytest.mark.parametrize("example", PROGRAMS, ids=str)
def test_a_python_example_runs(
    example: guides.Example,
    demo: serving.Demo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    guides.put_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASHRA_URL", demo.address)
    monkeypatch.setenv("TOKEN", demo.token)
    exec(compile(example.text, str(example), "exec"), {"__name__": "__main__"})  # noqa: S102  # our own documents
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "example"),
    [("sh", example) for example in ENDLESS["sh"]] + [(sys.executable, example) for example in ENDLESS["python"]],
    ids=["curl", "python"],
)
def test_an_example_of_a_stream_shows_what_is_published(
    command: str, example: guides.Example, demo: serving.Demo, curl: Path
) -> None:
    with subprocess.Popen(
        [command, "-c", example.text], env=reader_of(demo, curl), stdout=subprocess.PIPE, encoding="utf-8"
    ) as following:
        assert following.stdout is not None
        try:
            assert any("ready" in line for line in following.stdout)
            publish(demo)
            assert any("article.published" in line for line in following.stdout)
        finally:
            following.kill()


def publish(demo: serving.Demo) -> None:
    """Publishes an article of the demo."""
    headers = {"Authorization": f"Bearer {demo.token}"}
    article = {"headline": "خبر جديد", "section": "ثقافة", "body": "<p>نصّه.</p>"}
    made = httpx.post(f"{demo.address}/v1/desk/articles", json=article, headers=headers).raise_for_status().json()
    url = f"{demo.address}/v1/desk/articles/{made['id']}/publish"
    httpx.post(url, json={}, headers=headers).raise_for_status()


def test_every_guide_has_its_examples_in_three_languages() -> None:
    told = {language: {example.guide for example in guides.examples(language)} for language in ("sh", "js", "python")}
    assert told["sh"] == told["js"] == told["python"]
    assert {path.stem for path in guides.FOLDER.glob("*.md")} - told["sh"] <= {*guides.ELSEWHERE, "README", "reader"}


def test_every_other_line_of_shell_is_one_that_can_be_meant() -> None:
    others = [line for block in SHELL for line in block.splitlines() if not line.startswith("curl")]
    assert all(line.startswith(("./nashra ", "docker ", "export NASHRA_", "printf ")) for line in others)
