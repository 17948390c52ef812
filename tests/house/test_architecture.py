"""Imports point down, nobody commits but the front doors; time, environment and visibility have one address."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api import ROUTERS
from app.kit.faults import model_of
from app.kit.routing import Route

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
# From the cellar up. Rooms of one floor do not know each other.
FLOORS = [
    {"text", "masking"},
    {"kit", "settings", "outbound"},
    {"changes"},
    {"slugs", "audit", "cache", "index"},
    {"staff"},
    {"jobs"},
    {"operations"},
    {"media"},
    {"terms"},
    {"sections", "tags", "authors"},
    {"articles"},
    {"placing"},
    {"tickers", "fronts", "comments", "entries", "previews", "taxonomy"},
    {"job_kinds"},
    {"nouns"},
    {"present"},
    {"search", "sync", "feeds"},
    {"site"},
    {"discovery"},
    {"web"},
    {"properties"},
    {"models", "examples", "components"},
    {"api"},
    {"main", "worker"},
    {"exports"},
    {"demo", "serving", "backup", "imports"},
    {"commands"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
# Who may import FastAPI: what speaks HTTP.
HTTP_FILES = {
    "router.py",
    "docs_router.py",
    "reader_router.py",
    "desk.py",
    "health.py",
    "metrics.py",
    "access.py",
    "work.py",
    "main.py",
    "api.py",
}
INSIDE = {"models": 0, "schemas": 1, "repository": 2, "actions": 5, "router": 9, "desk": 9}


def modules() -> Iterator[Path]:
    return (path for path in sorted(APP.rglob("*.py")) if "static" not in path.parts)


def room_of(path: Path) -> str:
    parts = path.relative_to(APP).parts
    return parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(path: Path) -> Iterator[str]:
    here = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "app" or len(parts) < 2:
            continue
        there = parts[1]
        if there != here and LEVEL.get(there, -1) >= LEVEL.get(here, -1):
            yield f"{path.relative_to(ROOT)} imports {name}"


def test_every_room_has_its_floor() -> None:
    rooms = {room_of(path) for path in modules()} - {"__init__"}
    assert rooms == set(LEVEL)


@pytest.mark.parametrize(
    "path", [p for p in modules() if p.name != "__init__.py"], ids=lambda p: str(p.relative_to(APP))
)
def test_imports_point_down(path: Path) -> None:
    assert not list(violations(path))


def test_a_planted_upward_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "kit" / "planted.py"
    planted.parent.mkdir()
    planted.write_text("from app.articles.models import Article\n")
    monkeypatch.setitem(globals(), "APP", tmp_path)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert list(violations(planted))


def test_inside_a_room_imports_point_down_too() -> None:
    found = []
    for path in modules():
        room, level = room_of(path), INSIDE.get(path.stem)
        for name in imports(path):
            parts = name.split(".")
            if level is not None and parts[:2] == ["app", room] and len(parts) > 2:
                there = INSIDE.get(parts[2])
                if there is not None and there > level:
                    found.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not found


def test_only_what_speaks_http_imports_fastapi() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in modules()
        if room_of(path) != "kit"
        and path.name not in HTTP_FILES
        and any(name.split(".")[0] == "fastapi" for name in imports(path))
    ]
    assert not found


def words(path: Path) -> str:
    return re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text("utf-8"))


COMMITS = {"commit", "rollback", "begin"}


def commits(path: Path) -> Iterator[str]:
    """Calls that begin or end a transaction, whatever the variable is called. `once.begin(scope)` has an argument."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name in COMMITS and not (name == "begin" and call.args):
            yield f"{path.relative_to(ROOT)}:{call.lineno}"


def test_nobody_commits_but_the_front_door() -> None:
    # db.py is the one commit; a migration is one transaction of its own; the dialect begins a reader's snapshot.
    allowed = {"app/kit/db.py", "app/kit/migrations.py", "app/kit/sqlite.py"}
    found = [place for path in modules() for place in commits(path)]
    assert not [place for place in found if place.rpartition(":")[0] not in allowed]


def test_a_planted_commit_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("async def save(anything):\n    await anything.commit()\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert list(commits(planted))


def test_nobody_else_asks_for_the_time() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|time\.time\(|date\.today\(|func\.now\(")
    found = {str(p.relative_to(ROOT)) for p in modules() if pattern.search(words(p))}
    assert found == {"app/kit/clock.py"}


def test_nobody_else_sends_requests_out() -> None:
    found = {str(p.relative_to(ROOT)) for p in modules() if any(name.split(".")[0] == "httpx" for name in imports(p))}
    # The demo speaks to the application itself, in process.
    assert found == {"app/outbound/client.py", "app/demo/pour.py"}


def test_nobody_else_reads_the_environment() -> None:
    pattern = re.compile(r"os\.(environ|getenv)")
    found = {str(p.relative_to(ROOT)) for p in modules() if pattern.search(words(p))}
    # The demo *sets* its own scratch database.
    assert found == {"app/settings/environment.py", "app/commands/server.py"}


def test_every_module_says_what_it_is() -> None:
    assert not [str(p) for p in modules() if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]


def test_packages_hold_one_sentence() -> None:
    for path in APP.rglob("__init__.py"):
        tree = ast.parse(path.read_text("utf-8"))
        # The settings also say here what everybody imports: which of their files holds it matters to nobody.
        assert len(tree.body) == 1 or path == APP / "settings" / "__init__.py", path
        assert (ast.get_docstring(tree) or "").count("\n") == 0, path


def test_files_can_be_read_in_one_sitting() -> None:
    long = {str(p.relative_to(ROOT)): n for p in modules() if (n := len(p.read_text("utf-8").splitlines())) > 420}
    assert not long


def test_measuring_is_known_only_to_its_command() -> None:
    known = {str(p.relative_to(ROOT)) for p in modules() if any(n.split(".")[0] == "bench" for n in imports(p))}
    assert known == set()
    named = {str(p.relative_to(ROOT)) for p in modules() if '"bench.run:main"' in p.read_text("utf-8")}
    assert named == {"app/commands/options.py"}  # which imports it when the command runs


def test_help_needs_the_standard_library_only() -> None:
    ours = {"app.commands.failing", "app.commands.options", "app.commands.values", "app.masking", "app.staff.roles"}
    for name in (
        "cli",
        "commands/options",
        "commands/values",
        "commands/failing",
        "commands/completion",
        "masking",
        "staff/roles",
    ):
        tree = ast.parse((APP / f"{name}.py").read_text("utf-8"))
        named = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
        named += [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
        assert {module for module in named if module.split(".")[0] not in sys.stdlib_module_names} <= ours, name


ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_operation_refuses_unknown_parameters(route: Route) -> None:
    """An endpoint without parameters takes `NoParameters`."""
    models = [model_of(field.field_info) for field in route.dependant.query_params]
    assert [model for model in models if model and model.model_config.get("extra") == "forbid"], route.name


def test_every_table_is_known_to_the_list_of_models() -> None:
    """Else the next migration that is made from the models drops it."""
    listed = {name for name in imports(APP / "models.py") if name.startswith("app.")}
    rooms = {f"app.{path.parent.name}.models" for path in modules() if path.name == "models.py" and path.parent != APP}
    assert rooms - listed - {"app.terms.models"} == set()  # columns of terms, no table
