"""Nothing that leaves the process holds a secret of the settings: a canary stands in each that can hold one."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from app import masking
from app.kit.logs import Json, Text
from app.main import create_app
from app.settings import PREFIX, Settings, SettingsError, load, read
from app.settings.group import is_secret
from tests import serving

# Texts that anybody may read. A setting that is not here and takes any word must be `SECRET`.
SHOWN = {
    *("takedowns_file", "site_name", "article_path", "section_path", "tag_path", "author_path", "front_path"),
    *("reader_ticker", "image_hosts", "desk_origins", "embed_hosts", "cache_tag_header"),
    *("comments_privacy_text", "comments_privacy_version"),
    *("media_store", "media_originals", "media_s3_region", "media_s3_access_key", "media_sizes"),
}
WORDS = ("canary", "/canary/{slug}")
ADDRESSES = (
    # The driver quotes the last one in its error.
    "postgresql://nobody:canary%40-{0}@127.0.0.1:1/nashra?password=canary-{0}&target_session_attrs=canary-of-{0}",
    "http://127.0.0.1:1/purge?key=canary-{0}&canary-of-{0}",
)


def takes(name: str, value: str) -> bool:
    try:
        Settings.model_validate({name: value})
    except ValidationError:
        return False
    return True


def canaries() -> dict[str, str]:
    """Environment variables: every setting that can hold a secret has one."""
    found = {}
    for name, field in Settings.model_fields.items():
        if is_secret(field):
            found[name] = f"canary-{name}-first,canary-{name}-second"
        elif name not in SHOWN:
            addresses = [address.format(name) for address in ADDRESSES]
            found[name] = next((address for address in addresses if takes(name, address)), "")
    return {PREFIX + name.upper(): value for name, value in found.items() if value}


CANARIES = canaries()
WRONG_URL = CANARIES["NASHRA_DATABASE_URL"]
OTHERS = {name: value for name, value in CANARIES.items() if name != "NASHRA_DATABASE_URL"}


def assert_silent(text: str) -> None:
    assert text
    assert "canary" not in text.lower(), text


# --- which settings -------------------------------------------------------------------------------------------------


def test_the_canaries_stand_where_secrets_do() -> None:
    known = {"DATABASE_URL", "SECRET_KEY", "PURGE_URL", "PURGE_TOKEN", "METRICS_TOKEN"}
    assert {PREFIX + name for name in known} <= set(CANARIES)
    assert read(CANARIES).purge_token == CANARIES["NASHRA_PURGE_TOKEN"]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_setting_is_secret_or_declared_to_be_shown_or_takes_no_secret(name: str) -> None:
    declared = (is_secret(Settings.model_fields[name]), name in SHOWN, not any(takes(name, word) for word in WORDS))
    assert declared.count(True) == 1


# --- where they could be seen ---------------------------------------------------------------------------------------


def test_the_settings_show_none_when_they_are_printed() -> None:
    settings = read(CANARIES)
    for text in (repr(settings), str(settings), f"{settings}"):
        assert_silent(text)
    assert "purge_token='***'" in repr(settings)
    assert "database_url='postgresql://***@127.0.0.1:1/nashra?***'" in repr(settings)
    short = Settings(database_url="postgresql://me:sesame@host/name", secret_key=("k",), metrics_token="m")
    assert "sesame" not in repr(short)
    assert "secret_key='***'" in repr(short)
    assert "metrics_token='***'" in repr(short)


@pytest.mark.parametrize("arguments", [("doctor",), ("doctor", "--json")])
def test_the_doctor_shows_none(arguments: tuple[str, ...]) -> None:
    answer = serving.command(*arguments, url=WRONG_URL, folder=serving.ROOT, **OTHERS)
    assert_silent(answer.stdout + answer.stderr)
    assert "target_session_attrs" in answer.stdout  # the error came, without its value
    assert "***" in answer.stdout


@pytest.mark.parametrize(
    "arguments",
    [("serve", "--port", "0"), ("migrate",), ("token", "list"), ("backup", "never-made.gz"), ("resume",)],
    ids=lambda arguments: arguments[0],
)
def test_a_command_that_cannot_reach_its_database_shows_none(arguments: tuple[str, ...], tmp_path: Path) -> None:
    answer = serving.command(*arguments, url=WRONG_URL, folder=serving.ROOT, **OTHERS, NASHRA_CALLER_CWD=str(tmp_path))
    assert answer.returncode != 0
    assert_silent(answer.stdout + answer.stderr)
    assert "***" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://nobody:canary-one@canary-two@127.0.0.1/nashra"),
        ("DATABASE_URL", "postgresql://nobody:canary-one@127.0.0.1:x/nashra?password=canary-two"),
        ("DATABASE_URL", "mysql://nobody:canary-one@127.0.0.1/nashra?password=canary-two"),
        ("DATABASE_URL", "nobody:canary-one@127.0.0.1://nashra"),
        ("DATABASE_URL", "canary-one"),
        ("DATABASE_URL", "sqlite:///no-such-folder/n.db?key=canary-one"),
        ("PURGE_URL", "https://canary-one@cdn.example/purge"),
        ("PURGE_URL", "https://cdn.example/purge?key=canary-one#canary-two"),
        ("SITE_URL", "https://me:canary-one@news.example"),
        ("API_URL", "https://api.example?key=canary-one"),
        ("ARTICLE_PATH", "https://me:canary-one@news.example/{slug}"),
    ],
)
def test_a_setting_that_is_refused_shows_none(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as found:
        read({**OTHERS, f"{PREFIX}{name}": value})
    assert f"{PREFIX}{name}: " in str(found.value)
    assert_silent(str(found.value))


def test_an_error_that_quotes_a_setting_shows_none() -> None:
    path = f"/{OTHERS['NASHRA_METRICS_TOKEN']}/{{slug}}"
    with pytest.raises(SettingsError, match=r"can be the same address") as found:
        read({**OTHERS, "NASHRA_TAG_PATH": path, "NASHRA_SECTION_PATH": path})
    assert_silent(str(found.value))


@contextmanager
def logged(form: logging.Formatter) -> Iterator[io.StringIO]:
    """What any logger writes, at the level `debug`."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(form)
    loggers = [logging.root, *map(logging.getLogger, ("nashra", "asyncio"))]
    levels = [logger.level for logger in loggers]
    logging.root.addHandler(handler)
    try:
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        yield written
    finally:
        logging.root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


FORMS = pytest.mark.parametrize("form", [Text(coloured=True), Json()], ids=["text", "json"])


@FORMS
def test_a_log_line_shows_none_also_in_a_traceback(form: logging.Formatter) -> None:
    settings = read(CANARIES)
    with logged(form) as written:
        for logger in ("nashra", "uvicorn.error", "sqlalchemy.pool", "httpx"):
            log = logging.getLogger(logger)
            log.warning("all: %s", dict(settings))
            for value in CANARIES.values():
                try:
                    raise ValueError(f"cannot use {value}") from OSError(repr(value.encode()))
                except ValueError:
                    log.exception("about %s", value)
    assert_silent(written.getvalue())
    assert written.getvalue().count("***") > len(CANARIES)


@FORMS
@pytest.mark.anyio
async def test_an_application_without_its_database_shows_none(form: logging.Formatter) -> None:
    app = create_app(read({**CANARIES, "NASHRA_LOG_LEVEL": "debug", "NASHRA_ACCESS_LOG": "true"}))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://n")
    token = {"authorization": "Bearer nsh_00000000000000000000000000000000000000"}
    with logged(form) as written:
        paths = ("/readyz", "/v1", "/v1/articles", "/v1/articles?x=1", "/metrics", "/v1/desk/articles")
        answers = [await client.get(path, headers=token) for path in paths]
        for answer in answers:
            assert_silent(answer.text + str(answer.headers))
        assert [answer.status_code for answer in answers] == [503, 200, 500, 500, 200, 401]
    await app.state.database.close()
    assert_silent(written.getvalue())
    assert "***" in written.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_server_at_work_shows_none(migrated_postgresql: str, tmp_path: Path, form: str) -> None:
    """Its password and its purge address are canaries; nobody listens there."""
    url = make_url(migrated_postgresql).set(password="canary@password").render_as_string(hide_password=False)
    made = serving.command("token", "create", "--name", "n", "--role", "admin", url=url, folder=serving.ROOT, **OTHERS)
    token = {"Authorization": f"Bearer {made.stdout.strip()}"}
    told = {
        **OTHERS,
        "NASHRA_PURGE_URL": "http://127.0.0.1:9/purge?key=canary-of-purge",
        "NASHRA_PURGE_TOKEN": "canary-of-token",
        **{"NASHRA_LOG_LEVEL": "debug", "NASHRA_LOG_FORMAT": form, "NASHRA_ACCESS_LOG": "true"},
    }
    with serving.served(url, log_file=str(tmp_path / "log"), **told) as (address, _):
        answers = [httpx.get(address + path) for path in ("/v1", "/v1/site", "/metrics", "/v1/x", "/v1/articles?x=1")]
        answers.append(httpx.put(f"{address}/v1/desk/tickers/{form}", json={"name": 1}, headers=token))
        answers.append(httpx.put(f"{address}/v1/desk/tickers/{form}", json={"name": "x"}, headers=token))
        assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 400, 422, 201]
        for answer in answers:
            assert_silent(answer.text + str(answer.headers))
        written = awaited(tmp_path / "log", "background task failed")
    assert_silent(written)


def awaited(file: Path, words: str) -> str:
    serving.until(lambda: words in file.read_text("utf-8"))
    return file.read_text("utf-8")


def lines(written: str) -> str:
    return "\n".join(str(json.loads(line)["message"]) for line in written.splitlines())


def fail_unexpectedly(_options: Namespace) -> int:
    settings = load()
    logging.getLogger("asyncio").error("about %s", settings.purge_token)
    raise TypeError(f"cannot use {settings.database_url}")


def test_an_error_that_nobody_catches_shows_none() -> None:
    program = "from argparse import Namespace as N; from app.commands.running import run; run(N(run=%r))"
    program %= f"{__name__}:fail_unexpectedly"
    told = subprocess.run(
        [sys.executable, "-c", program], env=serving.environment(WRONG_URL, **OTHERS), capture_output=True, text=True
    ).stderr
    assert_silent(told)
    assert "asyncio about ***" in told
    assert "TypeError: cannot use postgresql://***@127.0.0.1:1/nashra?***" in told


# --- what is replaced -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["p@ss'word\\x", "كلمة-السر-هنا", "a:b/c?d#e-f", "with space 1"])
def test_a_password_is_found_in_every_way_of_writing_it(password: str) -> None:
    url = make_url("postgresql://h/n").set(username="me", password=password).render_as_string(hide_password=False)
    read({"NASHRA_DATABASE_URL": url})
    for form in (url, password, repr(password), quote(password), quote(password, safe=""), quote_plus(password)):
        shown = masking.masked(f"cannot use {form}!")
        assert password[1:] not in unquote_plus(shown)
        assert "***" in shown


@pytest.mark.parametrize(
    "url", ["postgresql://me:first@second@host/n", "postgresql://me:first?x@host/n?key=second-one"]
)
def test_an_address_that_is_not_encoded_rightly_is_masked_whole(url: str) -> None:
    with suppress(SettingsError):
        read({"NASHRA_DATABASE_URL": url})
    shown = masking.masked(f"cannot use {url}!")
    assert "first" not in shown
    assert "second" not in shown


def test_ordinary_words_stay_also_when_they_are_a_password() -> None:
    read({"NASHRA_DATABASE_URL": "postgresql://nashra:nashra@db/nashra?host=/run/postgresql&sslmode=verify-full"})
    text = "nashra: on /run/postgresql, verify-full, http://news.example/a?b=c"
    assert masking.masked(text) == text
    assert masking.masked("on postgresql://nashra:nashra@db/nashra") == "on postgresql://***@db/nashra"


def test_what_is_made_beside_sqlite_is_a_secret_too(tmp_path: Path) -> None:
    key = load({"NASHRA_DATABASE_URL": f"sqlite:///{tmp_path / 'n.db'}"}).secret_key[0]
    assert masking.masked(f"key {key}") == "key ***"


@pytest.mark.parametrize("name", ["PURGE_TOKEN", "METRICS_TOKEN"])
def test_a_token_is_one_line_that_a_header_can_hold(name: str) -> None:
    assert getattr(read({f"NASHRA_{name}": " token\n"}), name.lower()) == "token"
    with pytest.raises(SettingsError, match=name):
        read({f"NASHRA_{name}": "to\nken"})


@pytest.mark.parametrize("before", ["", "x", "٣", "_", "id=", "/"])
def test_a_token_is_masked_whatever_stands_before_it(before: str) -> None:
    for prefix in ("nsh_", "npv_", "nec_"):
        assert masking.masked(f"{before}{prefix}{'a1' * 19}") == f"{before}{prefix}***"
