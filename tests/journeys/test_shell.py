"""The command line: clear error messages, and a token that works."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

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
    assert "NASHRA_SITE_NMAE" in answer.stderr


def test_postgresql_without_a_secret_key_does_not_start() -> None:
    environment = serving.environment("postgresql://127.0.0.1:1/nashra")
    del environment["NASHRA_SECRET_KEY"]
    command = [sys.executable, "-m", "app.cli", "migrate"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 2
    assert "NASHRA_SECRET_KEY" in answer.stderr


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    environment = serving.environment(f"sqlite:///{tmp_path / 'nashra.db'}")
    del environment["NASHRA_SECRET_KEY"]
    command = [sys.executable, "-m", "app.cli", "migrate"]
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
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
            _wait_for(port, process)
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


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.TransportError:
            assert process.poll() is None, "the demo has ended"
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the demo did not come up")
