"""Help, completion and wrong options: what a stranger reads first."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from app.commands.completion import write
from app.commands.options import LAUNCHERS, SETTINGS, Parser, parser
from app.kit.openapi import VERSION
from app.settings import PREFIX, Settings
from app.staff.roles import ROLES
from tests import serving


def pages(command: Parser) -> Iterator[Parser]:
    """Every command that has a page of help."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield inner
                yield from pages(inner)


PAGES = list(pages(parser()))
COMMANDS = [page for page in PAGES if page.get_default("run")]
NAMES = [page.prog.removeprefix("./nashra ") for page in PAGES]


def told(*arguments: str) -> subprocess.CompletedProcess[str]:
    return serving.command(*arguments, url="sqlite:///var/unused.db")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_page_has_a_sentence_and_says_what_each_option_does(page: Parser) -> None:
    assert (page.description or "").split("\n")[0].endswith(".")
    options = [action for action in page._actions if not isinstance(action, argparse._SubParsersAction)]
    assert all(action.help for action in options)
    valued = [action for action in options if action.default not in (None, False, argparse.SUPPRESS, "")]
    assert all(f"default: {action.default}" in (action.help or "") for action in valued)


@pytest.mark.parametrize("page", COMMANDS, ids=[page.prog for page in COMMANDS])
def test_every_command_leads_to_a_function(page: Parser) -> None:
    module, _, name = page.get_default("run").partition(":")
    assert callable(getattr(import_module(module), name))


def test_the_defaults_of_settings_in_the_help_are_the_defaults() -> None:
    for variable, (default, _) in SETTINGS.items():
        real = Settings.model_fields[variable.removeprefix(PREFIX).lower()].default
        if real not in ((), ""):
            assert default == (str(real).lower() if isinstance(real, bool) else str(real)), variable


def test_the_server_names_the_settings_that_matter() -> None:
    page = told("serve", "--help").stdout
    assert "NASHRA_DATABASE_URL" in page
    assert "sqlite:///var/nashra.db" in page
    assert "(default: 127.0.0.1)" in " ".join(page.split())


def test_help_and_completion_need_the_standard_library_only() -> None:
    script = "import sys; import app.cli; print(sorted({'pydantic', 'sqlalchemy', 'fastapi'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=serving.ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
    isolated = [sys.executable, "-S", "-m", "app.cli"]
    for words in (["--help"], ["token", "create", "--help"], ["completion", "bash"]):
        answer = subprocess.run([*isolated, *words], cwd=serving.ROOT, capture_output=True, text=True, check=False)
        assert (answer.returncode, answer.stderr) == (0, ""), words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sevre"], ["usage: ./nashra ", "Did you mean serve?", "test"]),
        (["tset"], ["Did you mean test?"]),
        (["serve", "--prot", "8"], ["usage: ./nashra serve", "--prot is not understood. Did you mean --port?"]),
        (["serve", "--port", "80113"], ["usage: ./nashra serve", "between 0 and 65535"]),
        (["serve", "--workers", "0"], ["usage: ./nashra serve", "no whole number above 0"]),
        (["token", "crate"], ["usage: ./nashra token", "Did you mean create?"]),
        (["token", "create", "--name", "x", "--role", "edtor"], ["usage: ./nashra token create", "editor?"]),
        (["migrate", "head", "more"], ["usage: ./nashra migrate", "more is not understood"]),
    ],
    ids=" ".join,
)
def test_a_wrong_word_shows_the_usage_of_its_command_and_the_nearest(words: list[str], expected: list[str]) -> None:
    answer = told(*words)
    assert answer.returncode == 2
    assert all(part in answer.stderr for part in expected), answer.stderr


def test_the_version_is_told_without_and_with_the_launcher() -> None:
    assert told("--version").stdout == f"nashra {VERSION}\n"
    launched = subprocess.run(["./nashra", "--version"], cwd=serving.ROOT, capture_output=True, text=True, check=True)
    assert launched.stdout == f"nashra {VERSION}\n"


# --- the launcher -----------------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone, in which nothing is installed."""
    for path in (serving.ROOT / "nashra", serving.ROOT / "pyproject.toml", *serving.ROOT.glob("requirements*.lock")):
        shutil.copy(path, tmp_path / path.name)
    for name in ("app", "tools"):
        (tmp_path / name).symlink_to(serving.ROOT / name)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--help"], "first steps"),
        (["test", "--help"], "usage: ./nashra test"),
        (["test", "--help"], "--browser"),
        (["check", "--help"], "--no-tests"),
        (["lock", "-h"], "--upgrade"),
        (["serve", "--help"], "usage: ./nashra serve"),
        (["help", "token"], "usage: ./nashra token"),
        (["completion", "bash"], "complete "),
    ],
    ids=" ".join,
)
def test_help_installs_nothing(clone: Path, words: list[str], expected: str) -> None:
    answer = launched(clone, *words)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert expected in answer.stdout
    assert not (clone / ".venv").exists()


def launched(clone: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the launcher of `clone`, without the machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NASHRA_")}
    told = {**kept, "NASHRA_PYTHON": sys.executable, **environment}
    return subprocess.run(
        ["./nashra", *words], cwd=clone, env=told, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize("named", [True, False], ids=["NASHRA_CHROMIUM leads nowhere", "none on PATH"])
def test_without_chromium_the_browser_tests_fail_and_say_what_to_install(clone: Path, named: bool) -> None:
    (clone / "programs").mkdir()
    for program in ("sh", "dirname"):
        (clone / "programs" / program).symlink_to(shutil.which(program) or "")
    where = {"NASHRA_CHROMIUM": "/nowhere/chromium"} if named else {"PATH": str(clone / "programs")}
    answer = launched(clone, "test", "--browser", **where)
    assert (answer.returncode, answer.stdout) == (1, "")
    english, arabic = answer.stderr.splitlines()
    assert "apt install chromium" in english
    assert "NASHRA_CHROMIUM" in arabic
    assert not (clone / ".venv").exists()


def test_the_launcher_lists_every_command_with_a_sentence() -> None:
    page = subprocess.run(["./nashra", "--help"], cwd=serving.ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(line.split(None, 1) for line in page.partition("commands\n")[2].splitlines() if line.startswith("  "))
    first = {name.split()[0] for name in NAMES}
    assert first | set(LAUNCHERS) <= set(listed)
    assert all(listed[name] for name in first)


def test_the_launcher_installs_for_every_command_of_ours() -> None:
    source = (serving.ROOT / "nashra").read_text("utf-8")
    named = source.partition("only_words() {")[2].partition(") asks_for_help")[0].rpartition("\n")[2]
    assert {*named.replace("|", " ").split(), "completion"} == {name.split()[0] for name in NAMES}


# --- completion -------------------------------------------------------------------------------------------------------


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    write(argparse.Namespace(shell=shell))
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["nashra", "s"], "serve"),
        (["nashra", "te"], "test"),
        (["nashra", "serve", "--po"], "--port"),
        (["nashra", "test", "--br"], "--browser"),
        (["nashra", "token", "cr"], "create"),
        (["nashra", "token", "create", "--ro"], "--role"),
        (["nashra", "check", "--no"], "--no-tests"),
        (["nashra", "completion", "fi"], "fish"),
    ],
    ids=" ".join,
)
def test_bash_completes_commands_and_options(
    typed: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = " ".join(typed)
    asked = f'COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _nashra; echo "${{COMPREPLY[*]}}"'
    answer = subprocess.run(["bash"], input=script("bash", capsys) + asked, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == [expected]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_completed_and_the_script_can_be_read(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    assert all(word in text for name in [*NAMES, *LAUNCHERS] for word in name.split())
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=text, text=True, check=True)


def test_the_roles_of_the_help_are_those_of_the_desk() -> None:
    assert all(role in told("token", "create", "--help").stdout for role in ROLES)
