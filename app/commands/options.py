"""The options of every command, and their help.

Only the standard library is imported, so that help and completion need no installation. `run` names the function that
runs a command, as `module:function`; it is imported when the command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from app.commands.failing import EXIT_USAGE, suggestion
from app.commands.values import port, positive
from app.staff.roles import ROLES

PROGRAM = "./nashra"
LAUNCHERS = {  # commands of the launcher itself
    "test": "run the whole suite, on SQLite and on PostgreSQL",
    "check": "check format, lint, types, architecture and the OpenAPI document",
    "lock": "renew the lock files from pyproject.toml",
}
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
SHELLS = ("bash", "zsh", "fish")
# What a help page says of a setting. docs/operations.md has them all; a test compares the defaults.
SETTINGS: Mapping[str, tuple[str, str]] = {
    "NASHRA_DATABASE_URL": ("sqlite:///var/nashra.db", "sqlite:///path or postgresql://user:password@host:port/name"),
    "NASHRA_TAKEDOWNS_FILE": ("beside the data", "file of what was taken down, for the restore of an older backup"),
    "NASHRA_MEDIA_STORE": ("var/media", "where renditions of pictures lie: a folder, or s3://bucket/prefix"),
    "NASHRA_MEDIA_ORIGINALS": ("var/originals", "where pictures lie as they were sent"),
    "NASHRA_SECRET_KEY": ("made once with SQLite", "signing keys, 32 random bytes or more; required with PostgreSQL"),
    "NASHRA_MIGRATE_ON_START": ("true", "migrate the database first"),
    "NASHRA_API_URL": ("http://localhost:8000", "public address of this API"),
    "NASHRA_SITE_URL": ("http://localhost:8000", "public address of the web site"),
    "NASHRA_LANGUAGE": ("ar", "language of the newsroom"),
    "NASHRA_TRUSTED_PROXIES": ("none", "networks of the proxies in front"),
    "NASHRA_WORKER": ("true", "start one worker process, which runs background jobs"),
    "NASHRA_LOG_FORMAT": ("text", "text or json"),
    "NASHRA_LOG_LEVEL": ("info", "debug, info, warning or error"),
}
STORES = ("MEDIA_STORE", "MEDIA_ORIGINALS")
FIRST_STEPS = f"""\
first steps:
  {PROGRAM} demo                                       a newsroom with content, to look around
  {PROGRAM} token create --name "Editor" --role admin  a token for a newsroom of your own
  {PROGRAM} serve                                      serve it
  {PROGRAM} doctor                                     find what is wrong

`{PROGRAM} COMMAND --help` says more about one command. All settings: docs/operations.md.
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors suggest the nearest name, and show the usage of the command that was meant."""

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Overridden: argparse has no public place to word an unknown choice."""
        if action.choices is None or value in action.choices:
            return
        known = [*map(str, action.choices), *(LAUNCHERS if self.prog == PROGRAM else ())]
        what = action.option_strings[0] if action.option_strings else str(action.metavar or action.dest)
        words = f"{what}: there is no {value}.{suggestion(str(value), known)} Known: {', '.join(known)}."
        raise argparse.ArgumentError(None, words)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"nashra: {message}\n`{self.prog} --help` says more.\n")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """End with an error for words that no option takes."""
        known = [name for action in self._actions for name in action.option_strings]
        word = words[0].partition("=")[0]
        self.error(f"{word} is not understood.{suggestion(word, known)}")


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of one run. Wrong ones end the process with exit code 2."""
    options, rest = parser().parse_known_args(arguments)
    if rest:
        command: Parser = options.parser
        command.refuse(rest)
    return options


def parser() -> Parser:
    root = Parser(
        prog=PROGRAM,
        description="Nashra, a headless content API for newsrooms: articles, headline tickers and reader comments.",
        epilog=FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action=_Version, help="print the version and exit")
    commands = root.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _demo(commands)
    _serve(commands)
    _worker(commands)
    _token(commands)
    _export(commands)
    _import(commands)
    _migrate(commands)
    _backup(commands)
    _restore(commands)
    _resume(commands)
    _doctor(commands)
    _openapi(commands)
    _bench(commands)
    _completion(commands)
    return root


class _Version(argparse.Action):
    """Prints the version; the code is asked only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from app.kit.openapi import VERSION  # late: it imports FastAPI

        print(f"nashra {VERSION}")
        parser.exit()


def _command(
    commands: Commands, name: str, run: str, sentence: str, *, more: str = "", settings: Sequence[str] = ()
) -> Parser:
    """Add a command. `sentence` stands in the list of commands, and with `more` on its own page."""
    described = f"{sentence[0].upper()}{sentence[1:]}."
    command = commands.add_parser(
        name,
        help=sentence,
        description=f"{described}\n\n{more.strip()}" if more else described,
        epilog=_told(settings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run, parser=command)
    return command


def _told(names: Sequence[str]) -> str | None:
    """The settings that matter to a command, with their defaults."""
    lines = []
    for name in names:
        default, meaning = SETTINGS[f"NASHRA_{name}"]
        lines.append(f"  NASHRA_{name}\n      {meaning} (default: {default})")
    return (
        "settings (environment variables; docs/operations.md has all of them):\n" + "\n".join(lines) if lines else None
    )


def _where_to_listen(command: Parser) -> None:
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0: every network (default: 127.0.0.1)"
    )
    command.add_argument("--port", type=port, default=8000, help="port to listen on (default: 8000)")
    command.add_argument("--workers", type=positive, default=1, help="processes that answer (default: 1)")


def _demo(commands: Commands) -> None:
    more = f"""
The database is made anew in var/demo/ each time; your own newsroom is not touched. The addresses and a
staff token are printed. Stop with Ctrl+C.

example:
  {PROGRAM} demo --port 8080"""
    sentence = "serve a scratch newsroom with demo content"
    _where_to_listen(
        _command(commands, "demo", "app.commands.server:demo", sentence, more=more, settings=["LANGUAGE", "LOG_LEVEL"])
    )


def _serve(commands: Commands) -> None:
    more = f"""
The database is migrated first. An empty newsroom needs a token before anybody can write:
`{PROGRAM} token create`. Stop with Ctrl+C.

example:
  {PROGRAM} serve --port 8080 --workers 2"""
    settings = ["DATABASE_URL", "SECRET_KEY", "MIGRATE_ON_START", "API_URL", "SITE_URL", "TRUSTED_PROXIES"]
    settings += ["WORKER", "LOG_FORMAT", "LOG_LEVEL"]
    command = _command(
        commands, "serve", "app.commands.server:serve", "serve the configured database", more=more, settings=settings
    )
    _where_to_listen(command)


def _worker(commands: Commands) -> None:
    more = f"""
Jobs are what the newsroom does after it has answered. `{PROGRAM} serve` starts one worker by itself, unless
NASHRA_WORKER=false. Others may run on any machine that reaches the database: each job is run by one of them.
When a worker is stopped, running jobs get ten seconds, then another takes them over. Stop with Ctrl+C."""
    sentence, run = "run background jobs", "app.commands.worker:work"
    settings = ["DATABASE_URL", "SECRET_KEY", "LOG_FORMAT", "LOG_LEVEL"]
    command = _command(commands, "worker", run, sentence, more=more, settings=settings)
    until_eof = "also stop when standard input ends: how `serve` starts it"
    command.add_argument("--until-eof", action="store_true", help=until_eof)


def _token(commands: Commands) -> None:
    sentence = "make, list, revoke and rotate staff tokens"
    more = f"""
example:
  export TOKEN=$({PROGRAM} token create --name "Editor" --role admin)"""
    token = _command(commands, "token", "", sentence, more=more, settings=["DATABASE_URL"])
    actions = token.add_subparsers(metavar="ACTION", required=True, parser_class=Parser)
    _token_create(actions)
    more = """
Columns: id, first letters, state, member, roles, last use, label. At a terminal they have a header and are
aligned; elsewhere they are separated by tabs, without a header."""
    sentence = "list all tokens, without their secrets"
    _command(actions, "list", "app.commands.tokens:list_tokens", sentence, more=more, settings=["DATABASE_URL"])
    for name, verb in (
        ("revoke", "refuse a token from the next request on"),
        ("rotate", "replace a token by a new one"),
    ):
        run = f"app.commands.tokens:{name}_token"
        command = _command(actions, name, run, verb, settings=["DATABASE_URL"])
        command.add_argument("token", metavar="TOKEN", help="its id, or its first ten characters or more")


def _token_create(actions: Commands) -> None:
    sentence = "make a token for a member, who is made if new"
    more = """
The token is printed once, alone on standard output; only a digest of it is stored. A member who exists keeps
their roles and gains those that are named. Roles: admin (everything), editor (writes and publishes
everything), reporter (own drafts), moderator (comments)."""
    command = _command(
        actions, "create", "app.commands.tokens:create_token", sentence, more=more, settings=["DATABASE_URL"]
    )
    command.add_argument("--name", required=True, help="name of the member, at most 80 characters")
    command.add_argument(
        "--role", required=True, action="append", choices=ROLES, help="role of the member; again for more"
    )
    command.add_argument("--label", help="what the token is for (default: none)")
    command.add_argument("--expires-days", type=positive, metavar="DAYS", help="days until it expires (default: never)")


def _export(commands: Commands) -> None:
    more = f"""
JSON Lines: articles of every state with revisions, sections, tags, authors, tickers, comments, members without
tokens, addresses with their redirects; as of one moment, while the newsroom is served. The file holds
unpublished drafts: only you can read it (mode 0600). It is there when it is whole, and replaces no other file.
docs/export.md describes each line.

examples:
  {PROGRAM} export newsroom.jsonl.gz
  {PROGRAM} export - | ssh backup.example.com 'cat > newsroom.jsonl'"""
    sentence = "write everything that the newsroom made to a file"
    command = _command(
        commands,
        "export",
        "app.commands.exporting:write_export",
        sentence,
        more=more,
        settings=["DATABASE_URL", *STORES[1:]],
    )
    command.add_argument("file", metavar="FILE", help="a new file; compressed where it ends in .gz; -: standard output")
    personal = "also e-mail addresses, digests and consents of those who sent comments (default: none of these)"
    command.add_argument("--personal", action="store_true", help=personal)
    originals = "also copy the originals of pictures to this folder (default: without)"
    command.add_argument("--media", metavar="FOLDER", help=originals)


def _import(commands: Commands) -> None:
    sentence = "read what another newsroom exported into this one"
    more = f"""
example:
  {PROGRAM} import nashra newsroom.jsonl.gz"""
    source = _command(commands, "import", "", sentence, more=more, settings=["DATABASE_URL", "SECRET_KEY"])
    sources = source.add_subparsers(metavar="SOURCE", required=True, parser_class=Parser)
    more = f"""
Reads a file of `{PROGRAM} export` into any newsroom, served or not, empty or not. It can be run again: what is
there already stays, what was changed here since is left alone. Interrupted, it is completed by a second run.
The report goes to standard output, remarks on single lines to standard error. The exit code is 1 when a line
could not be read in, or the file is cut.

examples:
  {PROGRAM} import nashra newsroom.jsonl.gz --dry-run
  {PROGRAM} import nashra newsroom.jsonl.gz"""
    command = _command(
        sources,
        "nashra",
        "app.commands.importing:import_nashra",
        "read an export of Nashra in",
        more=more,
        settings=["DATABASE_URL", "SECRET_KEY", "MIGRATE_ON_START", *STORES],
    )
    command.add_argument("file", metavar="FILE", help="the file, compressed or not; -: standard input")
    command.add_argument("--dry-run", action="store_true", help="only report what would be stored")
    command.add_argument("--media", metavar="FOLDER", help="the folder of originals that the export was made with")


def _migrate(commands: Commands) -> None:
    more = """
Going down loses what the older schema has no place for: back up first."""
    command = _command(
        commands,
        "migrate",
        "app.commands.schema:migrate",
        "bring the database to the schema of the code",
        more=more,
        settings=["DATABASE_URL", "LOG_FORMAT"],
    )
    command.add_argument(
        "revision",
        nargs="?",
        default="head",
        metavar="REVISION",
        help="a revision, up or down; +1, -1; base: no tables (default: head, the newest)",
    )


def _backup(commands: Commands) -> None:
    more = f"""
One consistent moment, also while the newsroom is served and written to. FILE must not be there; it is written with mode
0600, read again and checked. Both databases have the same format: a backup of SQLite restores on PostgreSQL.

examples:
  {PROGRAM} backup /srv/backups/nashra-$(date +%F).gz --with-key
  {PROGRAM} backup staging.gz --without-personal"""
    sentence = "write the whole newsroom to a file"
    command = _command(
        commands, "backup", "app.commands.backup:backup", sentence, more=more, settings=["DATABASE_URL", *STORES]
    )
    command.add_argument("file", metavar="FILE", help="the file to write")
    command.add_argument("--with-key", action="store_true", help="also the signing key (default: without)")
    command.add_argument("--with-media", action="store_true", help="also the files of pictures (default: without)")
    command.add_argument(
        "--without-personal",
        action="store_true",
        help="for staging: no addresses, tokens, audit, names of staff, nor comments that are not public",
    )


def _restore(commands: Commands) -> None:
    more = f"""
The configured database must be empty; it may be of the other kind. In one transaction: cut off in the middle, nothing
is there. Ids, addresses and tokens of staff stay. Clients of the change log start again. What was taken down since the
backup (NASHRA_TAKEDOWNS_FILE) is taken down again, and nothing is sent to anybody until `{PROGRAM} resume`.

examples:
  {PROGRAM} restore backup.gz --dry-run
  NASHRA_DATABASE_URL=postgresql://… {PROGRAM} restore backup.gz"""
    sentence = "restore a backup into an empty database"
    settings = ["DATABASE_URL", "TAKEDOWNS_FILE", *STORES]
    run = "app.commands.backup:restore_backup"
    command = _command(commands, "restore", run, sentence, more=more, settings=settings)
    command.add_argument("file", metavar="FILE", help="the backup")
    command.add_argument("--dry-run", action="store_true", help="only check the file and the database")
    command.add_argument(
        "--hold-scheduled", action="store_true", help="make drafts of articles whose moment came since the backup"
    )
    command.add_argument(
        "--takedowns",
        action="append",
        metavar="FILE",
        help="another file of takedowns; again for more",
    )
    command.add_argument("--key-file", metavar="FILE", help="write the keys of the backup to this new file")


def _resume(commands: Commands) -> None:
    more = """
After a restore nothing is sent to anybody, such as a CDN's purge address, so that a rehearsal disturbs nobody. What has
changed since the restore is sent then."""
    sentence = "send changes again after a restore"
    _command(commands, "resume", "app.commands.backup:resume", sentence, more=more, settings=["DATABASE_URL"])


def _doctor(commands: Commands) -> None:
    more = """
Looks at settings, keys, database, schema, clocks, folders, open files and versions; with NASHRA_API_URL set,
also at what a proxy does to a stream. Changes nothing. The exit code is 1 when there is an error."""
    command = _command(
        commands,
        "doctor",
        "app.commands.doctor:doctor",
        "find what is wrong with an installation",
        more=more,
        settings=["DATABASE_URL", "API_URL"],
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def _openapi(commands: Commands) -> None:
    command = _command(commands, "openapi", "app.commands.schema:write_openapi", "write the OpenAPI document")
    command.add_argument(
        "file", nargs="?", default="openapi.json", metavar="FILE", help="-: standard output (default: openapi.json)"
    )
    released = "also renew the baseline that later documents must be compatible with; refused where it breaks clients"
    command.add_argument("--release", action="store_true", help=released)


def _bench(commands: Commands) -> None:
    more = """
The datasets are its own, made once in var/bench/; the configured database is not touched."""
    bench = _command(commands, "bench", "bench.run:main", "measure what answers cost, beside a bare server", more=more)
    bench.add_argument("--sizes", default="1k,10k", help="articles, of 1k,10k,100k,1m (default: 1k,10k)")
    bench.add_argument("--only", default="", help="workloads, by name or first word: hot,mixed,… (default: all)")
    bench.add_argument("--rounds", type=int, default=3, help="rounds on each server, by turns (default: 3)")
    bench.add_argument("--seconds", type=int, default=2, help="seconds of each round (default: 2)")
    beside = bench.add_mutually_exclusive_group()
    beside.add_argument("--postgresql", action="store_true", help="also on a PostgreSQL that comes from a wheel")
    beside.add_argument("--database", metavar="URL", help="also on this PostgreSQL, where it may make databases")
    written = "write docs/performance.md and .svg (without it: when everything runs at every size)"
    bench.add_argument("--write", action=argparse.BooleanOptionalAction, help=written)


def _completion(commands: Commands) -> None:
    more = f"""
examples:
  eval "$({PROGRAM} completion bash)"                 # in ~/.bashrc, with the full path of nashra
  eval "$({PROGRAM} completion zsh)"                  # in ~/.zshrc, after compinit
  {PROGRAM} completion fish > ~/.config/fish/completions/nashra.fish"""
    command = _command(
        commands, "completion", "app.commands.completion:write", "print a script that completes commands", more=more
    )
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    command.set_defaults(needs_installation=False)
