"""The settings of an installation, read from environment variables once and passed down."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.text.languages import canonical_language
from app.text.web_paths import can_meet, checked_path, filled_path

PREFIX = "NASHRA_"
CommentsMode = Literal["open", "premoderated", "closed"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
DATABASES = {"sqlite", "postgresql", "postgres"}
DATABASE_FORMS = "sqlite:///path or postgresql://user:password@host:port/name"
SQLITE_FILE = b"SQLite format 3\0"  # how each begins: https://www.sqlite.org/fileformat.html
LIKENESS = 0.7  # `get_close_matches` cutoff, 0 to 1, for a suggested variable
KEY_BYTES = 32  # that a key should have
NOT_SETTINGS = ("SECRET_KEY_FILE", "PYTHON", "CHROMIUM", "CALLER_CWD", "URL")
TERM_NAMES = ("slug", "id")
PATH_NAMES = {  # what may stand in braces
    "article_path": ("slug", "id", "section", "year", "month", "day"),
    "section_path": TERM_NAMES,
    "tag_path": TERM_NAMES,
    "author_path": TERM_NAMES,
}


class SettingsError(Exception):
    """The environment holds invalid values; the message names them all."""


def _database_url(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if scheme.partition("+")[0] not in DATABASES or not separator:
        shown = f"begins with {scheme}:" if separator else "is no address of a database"
        raise ValueError(f"{shown}; it must be {DATABASE_FORMS}. Other databases are not supported")
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(f"cannot be read; it must be {DATABASE_FORMS}, the password percent-encoded") from None
    if url.get_backend_name() == "sqlite" and (url.host or not url.database or url.database == ":memory:"):
        raise ValueError("names no file; SQLite needs sqlite:///path, or sqlite:////path from the root")
    return value


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://news.example")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user or password: it is shown to others")
    try:
        parts.port  # noqa: B018  # raises for one that is no port
        parts.hostname.encode("idna")
    except (ValueError, UnicodeError):
        raise ValueError("has a host or a port that cannot be reached") from None
    return value.rstrip("/")


def _display(value: str) -> str:
    return canonical_language(value) if value else value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except Exception as error:
        raise ValueError("must be an IANA time zone such as Asia/Damascus") from error
    return value


def _rates(value: object) -> object:
    """`5/60,20/600` is at most 5 in 60 seconds and at most 20 in 600."""
    pairs = _split(value)
    if not isinstance(pairs, list):
        return value
    rates = [tuple(pair.split("/")) if isinstance(pair, str) else pair for pair in pairs]
    if any(not str(number).strip().isdecimal() or int(number) < 1 for rate in rates for number in rate):
        raise ValueError("must be pairs such as 5/60: at most 5 in 60 seconds")
    if len({int(seconds) for _, seconds in rates}) < len(rates):
        raise ValueError("has two limits for the same number of seconds")
    return rates


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", value):
        raise ValueError("must be a header name")
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
OptionalAddress = Annotated[str, AfterValidator(lambda value: _web_address(value) if value else value)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseModel):
    """One frozen value. The environment variable of a field is `NASHRA_` and its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///var/nashra.db", description="`sqlite:///path` or `postgresql://…`."
    )
    database_pool: int = Field(10, ge=1, le=200, description="PostgreSQL connections of each kind (reading, writing).")
    takedowns_file: str = Field(
        "",
        description="File of withdrawals, redactions and erasures; empty: beside the data.",
    )
    migrate_on_start: bool = Field(True, description="`serve` migrates the database before it listens.")
    secret_key: Words = Field((), description="Signing keys, comma-separated: the first signs, all verify.")
    site_url: WebAddress = Field("http://localhost:8000", description="Public address of the web site.")
    article_path: str = Field(
        "/a/{slug}",
        validate_default=True,
        description="Path of an article on the web site: `{slug}`, `{id}`, `{section}`, `{year}`, …",
    )
    section_path: str = Field(
        "/s/{slug}", validate_default=True, description="Path of a section on the web site: `{slug}` or `{id}`."
    )
    tag_path: str = Field(
        "/t/{slug}", validate_default=True, description="Path of a tag on the web site: `{slug}` or `{id}`."
    )
    author_path: str = Field(
        "/by/{slug}", validate_default=True, description="Path of an author on the web site: `{slug}` or `{id}`."
    )
    reader_page: bool = Field(
        True, description="Whether the reader page is served at `/`; without it `/` is a page of links."
    )
    display: Annotated[str, AfterValidator(_display)] = Field(
        "", description="Locale of dates and numbers on the reader page, as `display=` takes it (empty: the language)."
    )
    api_url: WebAddress = Field("http://localhost:8000", description="Public address of this API.")
    site_name: str = Field("نشرة", min_length=1, description="Name of the newsroom.")
    language: Annotated[str, AfterValidator(canonical_language)] = Field("ar", description="Language of the site.")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="IANA zone of the site: the day in an article's address, dates in words."
    )
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_split)] = Field(
        (), description="Networks whose `X-Forwarded-For` is believed."
    )
    desk_origins: Words = Field((), description="Web origins that may call the desk from a browser.")
    reader_ticker: str = Field("", description="Slug of the ticker on the reader page; empty: the first with items.")
    image_hosts: Words = Field((), description="Hosts whose pictures the reader page shows; those of others are links.")
    embed_hosts: Words = Field(
        ("www.youtube.com", "www.youtube-nocookie.com", "player.vimeo.com"),
        description="Hosts whose frames may stand in a body.",
    )
    cache_bytes: int = Field(33_554_432, ge=0, description="Bytes of rendered answers that a worker keeps (0: none).")
    early_hits: bool = Field(True, description="Cache hits are answered in the HTTP protocol, before the application.")
    fast_routes: bool = Field(True, description="Endpoints are called past FastAPI's own handler, where they allow it.")
    cache_max_age: int = Field(10, ge=0, le=10, description="`max-age` of delivery answers, in seconds.")
    cache_tag_header: Annotated[str, AfterValidator(_header_name)] = Field(
        "Cache-Tag", description="Header that carries cache tags to a CDN."
    )
    purge_url: OptionalAddress = Field("", description="Address that gets, by POST, the cache tags that changed.")
    purge_token: str = Field("", description="Bearer token for the purge address.")
    metrics_token: str = Field("", description="Bearer token for `/metrics` (else: loopback only).")
    changes_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="Days for which the change log keeps what is gone: a client away longer starts again.",
    )
    streams_per_address: int = Field(200, ge=1, description="Open streams of one client address, for each worker.")
    streams_max: int = Field(10_000, ge=1, description="Open streams in all, for each worker; then 503.")
    stream_heartbeat: int = Field(15, ge=1, le=300, description="Seconds between two signs of life on an idle stream.")
    max_body_bytes: int = Field(2_097_152, ge=32_768, description="Largest request body the desk accepts.")
    head_max_bytes: int = Field(
        65_536, ge=8_192, le=1_048_576, description="Largest request line and header fields together (else 414, 431)."
    )
    head_max_fields: int = Field(
        200, ge=20, le=2_000, description="Maximum number of header fields of a request (else 431)."
    )
    head_seconds: float = Field(10, gt=0, le=600, description="Seconds in which the head of a request must come (408).")
    body_seconds: float = Field(10, gt=0, le=600, description="Seconds before the rate of a request body counts.")
    body_min_rate: int = Field(500, ge=1, description="Bytes a second that a request body must come with (else 408).")
    unfinished_per_address: int = Field(
        100, ge=1, description="Unfinished requests of one client address, for each worker (else 429)."
    )
    comments: CommentsMode = Field(
        "premoderated", description="`open`, `premoderated` or `closed`, where no article says."
    )
    comments_require_name: bool = Field(True, description="A comment needs a name.")
    comments_require_email: bool = Field(True, description="A comment needs an e-mail address.")
    comments_require_consent: bool = Field(False, description="A comment needs consent to the privacy text.")
    comments_privacy_text: str = Field("", description="Privacy text of the comment form (empty: the built-in one).")
    comments_privacy_version: str = Field("1", description="Version of the privacy text.")
    comments_close_after_days: int = Field(
        0, ge=0, description="Days after publication when comments close (0: never)."
    )
    comments_rate: Annotated[tuple[tuple[int, int], ...], BeforeValidator(_rates)] = Field(
        ((5, 60), (20, 600), (100, 86_400)), description="Comments per address: `count/seconds`, comma-separated."
    )
    comments_network_factor: int = Field(10, ge=1, description="A /24 or /64 network may send this many times as much.")
    comments_edit_minutes: int = Field(
        5, ge=0, description="Minutes in which an approved comment's author may edit it."
    )
    ticker_refresh_after: int = Field(10, ge=1, le=3600, description="Seconds a polling ticker client may wait.")
    ticker_flash_minutes: int = Field(20, ge=1, description="Minutes until the level `flash` expires.")
    ticker_bulletin_minutes: int = Field(120, ge=1, description="Minutes until the level `bulletin` expires.")
    ticker_urgent_minutes: int = Field(360, ge=1, description="Minutes until the level `urgent` expires.")
    access_log: bool = Field(False, description="A line for every request; a proxy in front usually writes one.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Logs as lines of text, or as JSON.")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @cached_property
    def sqlite_path(self) -> Path:
        return Path(re.sub(r"^sqlite(\+\w+)?:///", "", self.database_url).partition("?")[0])

    @property
    def takedowns_path(self) -> Path:
        """The file of takedowns: by default beside a SQLite database, else in `var/`."""
        if self.takedowns_file:
            return Path(self.takedowns_file)
        folder = self.sqlite_path if self.is_sqlite else Path("var") / "nashra"
        return folder.with_name(f"{folder.stem}-takedowns.jsonl")

    @field_validator(*PATH_NAMES)
    @classmethod
    def _path(cls, value: str, info: ValidationInfo) -> str:
        """Check a pattern by itself, then beside those that were checked before."""
        name = info.field_name or ""
        checked_path(value, PATH_NAMES[name])
        for other in PATH_NAMES:
            if other != name and other in info.data and can_meet(value, info.data[other]):
                clash = f"{PREFIX}{other.upper()}, {info.data[other]}"
                raise ValueError(f"{value} can be the same address as {clash}: change one of them")
        return value

    def article_url(self, *, slug: str, id: str, section: str | None, published: tuple[str, str, str]) -> str:
        """The public web address of an article, percent-encoded; `published` is (year, month, day)."""
        year, month, day = published
        parts = {"slug": slug, "id": id, "section": section or "news", "year": year, "month": month, "day": day}
        return self.site_url + filled_path(self.article_path, parts)

    def term_url(self, kind: str, id: str, slug: str) -> str:
        """The public web address of a `section`, `tag` or `author`, percent-encoded."""
        return self.site_url + filled_path(getattr(self, f"{kind}_path"), {"slug": slug, "id": id})

    @property
    def paths(self) -> dict[str, str]:
        """The patterns of paths on the web site, by kind of thing."""
        return {name.removesuffix("_path"): getattr(self, name) for name in PATH_NAMES}


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from environment variables.

    Raises `SettingsError` naming every invalid variable. With SQLite a missing secret key is generated once and stored
    beside the database, mode 0600; with PostgreSQL it is mandatory.
    """
    settings = read(environment)
    return settings if settings.secret_key else settings.model_copy(update={"secret_key": (_own_key(settings),)})


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The same without a key that was not set, and without a trace on disk."""
    environment = os.environ if environment is None else environment
    given: dict[str, str] = {}
    for variable, value in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and name in Settings.model_fields:
            given[name] = value
    if key_file := environment.get(f"{PREFIX}SECRET_KEY_FILE"):
        given["secret_key"] = _read_keys(Path(key_file))
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None
    if settings.is_sqlite:
        _check_file(settings.sqlite_path)
    return settings


def _check_file(path: Path) -> None:
    """Refuse a path that most likely lacks its fourth slash, and a file of another kind."""
    if not path.is_absolute() and path.parts[0] != "var" and not path.parent.exists():
        root = path.expanduser() if path.parts[0] == "~" else Path("/") / path
        raise SettingsError(
            f"{PREFIX}DATABASE_URL: after three slashes a path begins at {Path.cwd()}, where there is no folder "
            f"{path.parent}. From the root it has four: sqlite:///{root}. If you mean the first, make that folder"
        )
    try:
        with path.open("rb") as file:
            beginning = file.read(len(SQLITE_FILE))
    except OSError:
        return  # not there yet; whether it can be opened shows when it is
    if beginning and beginning != SQLITE_FILE:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {path} is not a SQLite database. Name another file")


def short_key(settings: Settings) -> str | None:
    """What to say of a first key that is shorter than it should be."""
    length = len(settings.secret_key[0].encode()) if settings.secret_key else KEY_BYTES
    if length >= KEY_BYTES:
        return None
    return (
        f"{PREFIX}SECRET_KEY: the first key has {length} bytes, and can be guessed. Put one of {KEY_BYTES} or more in "
        "front of it, made by: openssl rand -hex 32"
    )


def _read_keys(path: Path) -> str:
    try:
        return ",".join(path.read_text("utf-8").split())
    except OSError as error:
        raise SettingsError(f"{PREFIX}SECRET_KEY_FILE: {error.strerror}: {path}") from None


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Environment variables with our prefix that no setting has: most likely misspelt."""
    environment = os.environ if environment is None else environment
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in variables())


def variables() -> set[str]:
    """Every environment variable with our prefix that something reads."""
    return {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + name for name in NOT_SETTINGS}


def nearest_variable(name: str) -> str | None:
    """The variable that is most likely meant by a misspelt one."""
    known = [variable.removeprefix(PREFIX) for variable in variables()]
    found = get_close_matches(name.removeprefix(PREFIX), known, 1, LIKENESS)
    return f"{PREFIX}{found[0]}" if found else None


def given_path(text: str, environment: Mapping[str, str] | None = None) -> Path:
    """A path as it was typed: relative to where the caller of `./nashra` stood, which runs at the project's root."""
    environment = os.environ if environment is None else environment
    return Path(environment.get(f"{PREFIX}CALLER_CWD", ".")) / Path(text).expanduser()


def wants_colour(environment: Mapping[str, str] | None = None) -> bool:
    """Whether colours may be used at a terminal (https://no-color.org)."""
    environment = os.environ if environment is None else environment
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _own_key(settings: Settings) -> str:
    if not settings.is_sqlite:
        raise SettingsError(f"{PREFIX}SECRET_KEY: must be set with PostgreSQL. Make one: openssl rand -hex 32; keep it")
    path = settings.sqlite_path.with_suffix(".key")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        if not (key := path.read_text("ascii").strip()):
            raise SettingsError(f"{path} is empty: bring the key back from a backup, or remove the file for a new one")
        return key
    except OSError as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {error.strerror}: {path.parent}") from None


def _make_key(path: Path) -> None:
    """Write the key file atomically, so that two processes that start at once read the same key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
