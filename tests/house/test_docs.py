"""The documents are complete: what the code offers occurs in them, and what they point to is there."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app.main  # noqa: F401  # every room has defined its problems
from app.commands.options import parser
from app.kit.errors import every_problem
from app.nouns import EVENT_TYPES
from app.settings import NOT_SETTINGS, PREFIX, Settings
from app.settings.group import SettingsGroup
from app.text.messages import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
API = "\n".join(page.read_text("utf-8") for page in sorted((DOCS / "api").glob("*.md")))
ERRORS = (DOCS / "api" / "errors.md").read_text("utf-8")
OPERATIONS = (DOCS / "operations.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
MESSAGES: dict[str, str] = json.loads((ROOT / "app/text/messages/en.json").read_text("utf-8"))
ROUTES = [(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item]
GROUPS = [group for group in reversed(Settings.__bases__) if issubclass(group, SettingsGroup)]
VARIABLES = sorted({PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + name for name in NOT_SETTINGS})
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row of every table."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def marked(text: str) -> set[str]:
    """What stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


# --- settings -----------------------------------------------------------------------------------------------------


def settings_table() -> dict[str, tuple[str, str]]:
    """Variable -> (default, meaning), from the table of operations.md."""
    found = (row for row in rows(OPERATIONS) if len(row) == 3 and row[0].startswith(f"`{PREFIX}"))
    return {name.strip("`"): (default, meaning) for name, default, meaning in found}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_its_row(name: str) -> None:
    default, meaning = settings_table()[PREFIX + name.upper()]
    assert default
    assert meaning


def test_the_table_has_the_groups_of_the_code() -> None:
    told: dict[str, list[str]] = {}
    for first, *_ in rows(OPERATIONS.partition("## Settings")[2].partition("\n### ")[0]):
        if first.startswith("**"):
            told[first.strip("*")] = []
        elif first.strip("`") in {PREFIX + name.upper() for name in Settings.model_fields}:
            told[list(told)[-1]].append(first.strip("`"))
    groups = {
        group.__module__.rpartition(".")[2].replace("_", " "): [PREFIX + name.upper() for name in group.model_fields]
        for group in GROUPS
    }
    assert list(told.items()) == list(groups.items())


def test_a_setting_stands_in_one_group() -> None:
    assert sum(len(group.model_fields) for group in GROUPS) == len(Settings.model_fields)


def test_no_row_tells_of_a_setting_that_is_not_there() -> None:
    assert set(settings_table()) - set(VARIABLES) == set()


def written(value: Any) -> str | None:
    """A default as it stands in the table; None where words say it better."""
    if value in ("", (), None):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join("/".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value)
    return str(value)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_the_default_in_the_table_is_the_default(name: str) -> None:
    default = written(Settings.model_fields[name].default)
    told = settings_table()[PREFIX + name.upper()][0]
    assert told == f"`{default}`" if default is not None else "`" not in told


@pytest.mark.parametrize("name", VARIABLES)
def test_every_environment_variable_is_told(name: str) -> None:
    assert name in marked(OPERATIONS)


def test_no_page_names_a_variable_that_nothing_reads() -> None:
    named = {name for page in PAGES for name in re.findall(rf"{PREFIX}[A-Z0-9_]+[A-Z]", page.read_text("utf-8"))}
    assert named - set(VARIABLES) == set()


# --- problems, faults, warnings -----------------------------------------------------------------------------------


def test_every_problem_has_its_row_with_its_status() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(ERRORS) if len(row) == 4 and row[1].isdecimal()}
    assert told == {kind.slug: str(kind.status) for kind in every_problem()}


def test_every_event_type_has_its_row_and_every_row_its_type() -> None:
    section = (DOCS / "api" / "sync.md").read_text("utf-8").partition("### Types")[2].partition("\n### ")[0]
    told = {name for row in rows(section) for name in marked(row[0])}
    assert told - {"type"} == set(EVENT_TYPES)


@pytest.mark.parametrize("kind", ["fault", "warning"])
def test_every_code_has_its_row_and_every_row_its_code(kind: str) -> None:
    heading = {"fault": "## Fault codes", "warning": "## Warnings"}[kind]
    section = ERRORS.partition(heading)[2].partition("\n## ")[0]
    told = {code for row in rows(section) for code in marked(row[0])}
    assert told == {key.split(".")[1] for key in MESSAGES if key.startswith(f"{kind}.")}


def test_the_languages_of_messages_are_told() -> None:
    names = {"ar": "Arabic", "en": "English", "fr": "French"}
    assert all(names[language] in API for language in LANGUAGES)


# --- routes -------------------------------------------------------------------------------------------------------


def told_routes() -> set[tuple[str, str]]:
    """Routes that the pages of the API name, as `GET /v1/…` or several with `,` between."""
    return {
        (method, path)
        for span in marked(API)
        for method, path in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/\S*)", span)
    }


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
def test_every_route_is_told(method: str, path: str) -> None:
    assert (method, path) in told_routes()


def test_no_page_tells_of_a_route_that_is_not_there() -> None:
    pages = {
        ("GET", path)
        for path in (
            *("/", "/docs", "/static/{name}", "/openapi.json", "/openapi.yaml", "/.well-known/api-catalog"),
            *("/problems", "/problems/{slug}", "/search", "/favicon.ico"),
            *("/docs/guide/{name}", "/docs/operations/{name}", "/docs/schemas/{name}"),
        )
    }
    told = {(method, path.partition("?")[0]) for method, path in told_routes()}
    assert told - set(ROUTES) - pages == set()


# --- commands -----------------------------------------------------------------------------------------------------


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """Every command with its subcommands: `serve`, `token create`, …"""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                deeper = list(commands(inner, f"{before}{name} "))
                yield from deeper or [f"{before}{name}"]


OURS = sorted(commands(parser()))
LAUNCHERS = ["check", "lock", "test"]


@pytest.mark.parametrize("command", OURS)
def test_every_command_is_told(command: str) -> None:
    assert any(span.startswith(f"./nashra {command}") for span in marked(OPERATIONS))
    assert any(re.match(rf"(\./nashra )?{command}\b", span) for span in marked(README))


@pytest.mark.parametrize("command", LAUNCHERS)
def test_what_the_launcher_does_itself_is_told(command: str) -> None:
    assert f"./nashra {command}" in marked(README) & marked(CONTRIBUTING)
    assert re.search(rf"^  {command}\)$", (ROOT / "nashra").read_text("utf-8"), re.MULTILINE)


def test_ci_runs_every_test_once_and_the_suite_last() -> None:
    """The last line that CI writes is pytest's own; what the suite does not collect has a step of its own."""
    script = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    ours = [line for line in script if line.startswith("./nashra")]
    groups = [f"./nashra test --{folder}" for folder in ("interop", "browser")]
    assert ours == [*groups, "./nashra check --no-tests", "./nashra test"]
    assert script[-1] == ours[-1]


def test_no_page_tells_of_a_command_that_is_not_there() -> None:
    known = {command.split()[0] for command in OURS} | set(LAUNCHERS) | {"COMMAND"}
    told = {name for page in PAGES for name in re.findall(r"\./nashra (\w+)", page.read_text("utf-8"))}
    assert told - known == set()


def test_the_two_commands_of_the_readme_are_there() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert [block.strip() for block in blocks[:2]] == ["./nashra demo", "./nashra test"]
    assert (ROOT / "nashra").stat().st_mode & 0o111


# --- pages and links ----------------------------------------------------------------------------------------------


def test_every_decision_is_in_the_index_and_has_its_parts() -> None:
    index = (DOCS / "decisions" / "README.md").read_text("utf-8")
    pages = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
    assert [path.name[:4] for path in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for path in pages:
        text = path.read_text("utf-8")
        title = text.splitlines()[0].removeprefix(f"# {path.name[:4]} ")
        assert f"| [{path.name[:4]}]({path.name}) | {title} |" in index
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Alternatives"]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> Iterator[str]:
    for target in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if "://" not in target:
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / target.partition("#")[0]).resolve() for target in links(page) if target[0] != "#"]
    assert set(PAGES) - reached == {DOCS / "README.md"}


def test_files_that_the_pages_name_are_there() -> None:
    for page in PAGES:
        if page.parent.name == "decisions" and page.name != "README.md":
            continue  # a record is never edited: it names the files of its time
        for name in re.findall(r"`((?:app|tests|docs|migrations|tools)/[\w./-]+)`", page.read_text("utf-8")):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_the_map_of_the_code_names_every_room() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    rooms = [path for path in (ROOT / "app").iterdir() if (path / "__init__.py").exists()]
    assert [path.name for path in rooms if f"| `app/{path.name}/` |" not in text] == []
    assert all(f"{path.name}/" in text.partition("## Code map")[0] for path in rooms)


def test_the_picture_is_there_and_shows_both_colour_schemes() -> None:
    picture = (DOCS / "picture.svg").read_text("utf-8")
    assert "](docs/picture.svg)" in README
    assert "prefers-color-scheme: dark" in picture


# --- recipes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["typescript/openapi-fetch.ts", "python/openapi_python_client.py"])
def test_the_recipes_are_those_that_the_interop_tests_run(program: str) -> None:
    name = program.partition("/")[0]
    language = {"typescript": "ts"}.get(name, name)
    blocks = re.findall(rf"```{language}\n(.*?)```", (DOCS / "api" / "clients.md").read_text("utf-8"), re.DOTALL)
    source = (ROOT / "tests/interop" / program).read_text("utf-8")
    assert blocks
    assert [block for block in blocks if block not in source] == []
