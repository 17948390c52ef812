"""The command line: clear error messages, and a token that works."""

from __future__ import annotations

import json
import os
import pty
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.kit import migrations
from tests import serving

ROOT = serving.ROOT


def test_a_token_is_printed_once_and_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    made = serving.command("token", "create", "--name", "سلمى", "--role", "editor", url=url)
    token = made.stdout.strip()
    assert made.returncode == 0
    assert made.stdout == f"{token}\n"
    listed = serving.command("token", "list", url=url).stdout
    assert token not in listed
    assert token[:10] in listed
    with serving.served(url) as (address, _):
        me = httpx.get(f"{address}/v1/desk/me", headers={"Authorization": f"Bearer {token}"})
        assert me.json()["member"]["roles"] == ["editor"]
        new = serving.command("token", "rotate", token[:10], url=url).stdout.strip()
        assert httpx.get(f"{address}/v1/desk/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
        assert httpx.get(f"{address}/v1/desk/me", headers={"Authorization": f"Bearer {new}"}).status_code == 200
        assert serving.command("token", "revoke", new[:10], url=url).returncode == 0
        assert httpx.get(f"{address}/v1/desk/me", headers={"Authorization": f"Bearer {new}"}).status_code == 401


def test_a_taken_port_is_said_clearly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = serving.command("serve", "--port", port, url=f"sqlite:///{tmp_path / 'nashra.db'}")
    assert answer.returncode == 1
    assert f"127.0.0.1:{port}" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("host", ["192.0.2.9", "nowhere.invalid"])
def test_a_host_that_is_not_ours_is_not_answered_with_another_port(tmp_path: Path, host: str) -> None:
    answer = serving.command("serve", "--host", host, url=f"sqlite:///{tmp_path / 'nashra.db'}")
    assert answer.returncode == 2
    assert "Choose another with --host" in answer.stderr
    assert "--port" not in answer.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://u:secret@x/y", "begins with mysql:"),
        ("nonsense", "is no address of a database"),
        ("postgresql://u:secret@x:port/y", "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_an_address_that_is_none_of_a_database_of_ours_is_told_with_those_that_are(url: str, told: str) -> None:
    answer = serving.command("migrate", url=url, NASHRA_SECRET_KEY="")
    assert answer.returncode == 2
    assert f"NASHRA_DATABASE_URL: {told}" in answer.stderr
    assert "sqlite:///path" in answer.stderr
    assert "NASHRA_SECRET_KEY" not in answer.stderr
    assert "secret" not in answer.stderr


def test_a_path_that_lacks_its_fourth_slash_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    answer = serving.command("migrate", url="sqlite:///nope/deep/x.db", folder=tmp_path)
    assert answer.returncode == 2
    assert "sqlite:////nope/deep/x.db" in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["var/nashra.db", "here/nashra.db", "nashra.db"])
def test_a_relative_path_that_can_be_meant_works(tmp_path: Path, path: str) -> None:
    (tmp_path / "here").mkdir()
    assert serving.command("migrate", url=f"sqlite:///{path}", folder=tmp_path).returncode == 0
    assert (tmp_path / path).exists()


def test_a_file_that_is_no_database_is_told_and_no_key_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear editor, this is a letter.")
    answer = serving.command("migrate", url=f"sqlite:///{file}", NASHRA_SECRET_KEY="")
    assert answer.returncode == 2
    assert "is not a SQLite database" in answer.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_a_revision_that_is_not_there_is_told_in_one_line_with_those_near_it(database_url: str) -> None:
    answer = serving.command("migrate", "0009_answerd", url=database_url)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "0009_answerd" in line
    assert "0009_answered," in line


def test_migrating_tells_each_step_and_goes_both_ways(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    up = serving.command("migrate", url=url)
    assert up.stderr.count("Running upgrade") == len(migrations.known()[0])
    down = serving.command("migrate", "0009_answered", url=url, NASHRA_LOG_FORMAT="json")
    told = [json.loads(line)["message"] for line in down.stderr.splitlines()]
    assert len(told) == len([name for name in migrations.known()[0] if name > "0009_answered"])
    assert all(line.startswith("Running downgrade") for line in told)


def test_a_database_of_newer_code_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "nashra.db"
    migrations.upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '0099_future'")
    database.close()
    answer = serving.command("migrate", url=f"sqlite:///{path}")
    assert answer.returncode == 1
    assert "0099_future, which this code does not know" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("wrong", [("--name", ""), ("--name", " ـ "), ("--label", "ط" * 81)])
def test_what_the_desk_refuses_of_a_member_the_shell_refuses_too(tmp_path: Path, wrong: tuple[str, str]) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    words = {"--name": "سلمى", "--role": "admin"} | dict([wrong])
    answer = serving.command("token", "create", *(part for pair in words.items() for part in pair), url=url)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"nashra: {wrong[0]}: ")
    assert serving.command("token", "list", url=url).stdout == ""


def test_tokens_have_a_header_at_a_terminal_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    serving.command("token", "create", "--name", "Salma", "--role", "editor", url=url)
    piped = serving.command("token", "list", url=url).stdout
    assert [len(line.split("\t")) for line in piped.splitlines()] == [7]
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "token", "list"]
    subprocess.run(command, env=serving.environment(url), stdout=theirs, check=True, timeout=300)
    os.close(theirs)
    header, line = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    assert header.split("  ")[0] == "ID"
    assert header.index("MEMBER") == line.index("Salma")


def test_a_reader_who_leaves_early_is_no_fault_of_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    serving.command("token", "create", "--name", "Salma", "--role", "editor", url=url)
    command = [sys.executable, "-u", "-m", "app.cli", "token", "list"]
    ours, theirs = os.pipe()
    os.close(ours)
    answer = subprocess.run(
        command,
        env=serving.environment(url),
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=300,
    )
    os.close(theirs)
    assert (answer.returncode, answer.stderr) == (141, "")


def test_the_server_says_at_its_start_where_it_listens_and_warns_of_a_short_key(tmp_path: Path) -> None:
    url, said = f"sqlite:///{tmp_path / 'nashra.db'}", tmp_path / "said.txt"
    with serving.served(url, log_file=str(said), NASHRA_SECRET_KEY="short") as (address, _):
        port = address.rpartition(":")[2]
    text = said.read_text("utf-8")
    assert f"listening on http://localhost:{port}" in text
    assert "articles: 0" in text
    assert "./nashra token create" in text
    assert "the first key has 5 bytes" in text
    assert "\x1b" not in text


def test_every_worker_logs_json_where_that_is_set(tmp_path: Path) -> None:
    url, said = f"sqlite:///{tmp_path / 'nashra.db'}", tmp_path / "said.txt"
    settings = {"NASHRA_LOG_FORMAT": "json", "NASHRA_ACCESS_LOG": "true"}
    with serving.served(url, "--workers", "2", log_file=str(said), **settings) as (address, process):
        for _ in range(8):
            httpx.get(f"{address}/v1/site")
        process.terminate()
        process.wait()
    entries = [json.loads(line) for line in said.read_text("utf-8").splitlines()]
    assert {entry["status"] for entry in entries if entry.get("route") == "/v1/site"} == {200}


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody@127.0.0.1:1/nashra", "sqlite:////proc/nowhere/nashra.db", "mysql://x/y", "nonsense"],
)
def test_a_database_that_cannot_be_reached_is_said_clearly(url: str) -> None:
    answer = serving.command("migrate", url=url)
    assert answer.returncode != 0
    assert "NASHRA_DATABASE_URL" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_wrong_settings_are_all_named_at_once(tmp_path: Path) -> None:
    answer = serving.command(
        "migrate", url=f"sqlite:///{tmp_path / 'n.db'}", NASHRA_TIMEZONE="Mars/Olympus", NASHRA_CACHE_MAX_AGE="900"
    )
    assert answer.returncode == 2
    assert "NASHRA_TIMEZONE" in answer.stderr
    assert "NASHRA_CACHE_MAX_AGE" in answer.stderr


def test_a_misspelt_setting_is_told(tmp_path: Path) -> None:
    answer = serving.command("migrate", url=f"sqlite:///{tmp_path / 'n.db'}", NASHRA_SITE_NMAE="x")
    assert answer.returncode == 0
    assert "there is no setting NASHRA_SITE_NMAE: it is ignored. Did you mean NASHRA_SITE_NAME?" in answer.stderr


def test_the_demo_that_cannot_write_says_so_and_names_no_setting(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    answer = serving.command("demo", "--port", str(serving.free_port()), url="", folder=tmp_path)
    assert answer.returncode == 1
    assert f"cannot make its folder {tmp_path / 'var' / 'demo'}" in answer.stderr
    assert "NASHRA_" not in answer.stderr


def test_postgresql_without_a_secret_key_does_not_start() -> None:
    environment = serving.environment("postgresql://127.0.0.1:1/nashra")
    del environment["NASHRA_SECRET_KEY"]
    command = [sys.executable, "-m", "app.cli", "migrate"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert answer.returncode == 2
    assert "NASHRA_SECRET_KEY" in answer.stderr


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    environment = serving.environment(f"sqlite:///{tmp_path / 'nashra.db'}")
    del environment["NASHRA_SECRET_KEY"]
    command = [sys.executable, "-m", "app.cli", "migrate"]
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(timeout=300) for process in running] == [0, 0, 0]
    key = tmp_path / "nashra.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) > 30
    assert sorted(os.listdir(tmp_path))[:2] == ["nashra.db", "nashra.key"]


def test_the_demo_serves_a_newsroom_in_a_path_with_a_space(tmp_path: Path) -> None:
    folder, port = tmp_path / "with a space", serving.free_port()
    folder.mkdir()
    environment = serving.environment("")
    for name in ("NASHRA_DATABASE_URL", "NASHRA_SECRET_KEY"):
        del environment[name]
    command = [sys.executable, "-m", "app.cli", "demo", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            serving.wait_for(f"http://127.0.0.1:{port}", process)
            articles = httpx.get(f"http://127.0.0.1:{port}/v1/articles?count=true").json()
            assert articles["page"]["total"] >= 30
            tickers = httpx.get(f"http://127.0.0.1:{port}/v1/tickers").json()["data"]
            assert any(len(ticker["items"]) >= 8 for ticker in tickers)
            assert httpx.get(f"http://127.0.0.1:{port}/").text.startswith("<!doctype html>")
            assert httpx.get(f"http://127.0.0.1:{port}/docs").status_code == 200
        finally:
            process.terminate()
        said = process.communicate()[0]
    token = next(line.split()[-1] for line in said.splitlines() if "Staff token" in line)
    assert token.startswith("nsh_")
    lines = [line.strip() for line in said.splitlines()]
    assert {f"export NASHRA_URL=http://localhost:{port}", f"export TOKEN={token}"} <= set(lines)
