"""Clients that outside generators make of openapi.json, by the commands of docs/api/clients.md: each compiles
strictly, and does against a demo newsroom what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests import serving
from tests.journeys import test_readme as readme

HOME = Path(__file__).parent
PAGE = (serving.ROOT / "docs/api/clients.md").read_text("utf-8")
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
GENERATORS = [line for line in SHELL if line.startswith(("npx ", "openapi-python-client ", "datamodel-codegen "))]
CURL = [line for line in SHELL if line.startswith("curl -s ") and "-o" not in line.split()]
PROGRAMS = ["openapi-fetch.ts", "hey-api.ts", "orval.ts", "zod.ts", "openapi_python_client.py"]
PROGRAMS += ["datamodel_code_generator.py"]
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command in the integrator's folder; `npx` takes only what is installed."""
    environment = {**os.environ, "PATH": PATH, "PYTHONUTF8": "1", "npm_config_offline": "true", **settings}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        words, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An integrator's folder: the document, and our programs."""
    folder = tmp_path_factory.mktemp("integrator")
    for source in [serving.ROOT / "openapi.json", *HOME.glob("typescript/*"), *HOME.glob("python/*.*")]:
        shutil.copy(source, folder)
    (folder / "node_modules").symlink_to(HOME / "node_modules")
    return folder


@pytest.fixture(scope="module")
def generated(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each command of the page said, when all have run."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(GENERATORS, pool.map(lambda line: run(folder, *line.split()), GENERATORS), strict=True))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    with serving.demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.mark.parametrize("line", GENERATORS)
def test_a_generator_takes_the_document_without_a_warning(
    line: str, generated: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    said = generated[line]
    assert said.returncode == 0, said.stdout
    assert "warn" not in said.stdout.lower(), said.stdout


@pytest.mark.usefixtures("generated")
def test_what_is_generated_for_typescript_compiles_strictly(folder: Path) -> None:
    said = run(folder, "npx", "tsc", "--project", "tsconfig.json")
    assert said.returncode == 0, said.stdout


@pytest.mark.usefixtures("generated")
def test_what_is_generated_for_python_passes_mypy_strictly(folder: Path) -> None:
    said = run(folder, sys.executable, "-m", "mypy", *(str(path) for path in folder.glob("*.py")), "nashra_client")
    assert said.returncode == 0, said.stdout


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_client_does_what_the_page_says(program: str, folder: Path, demo: serving.Demo) -> None:
    name = program.removesuffix(".ts")
    words = ("node", f"built/{name}.js") if name != program else (sys.executable, program)
    said = run(folder, *words, ADDRESS=demo.address, TOKEN=demo.token)
    assert said.returncode == 0, said.stdout


def test_the_requests_for_curl_are_answered(demo: serving.Demo) -> None:
    slug = httpx.get(f"{demo.address}/v1/articles").json()["data"][0]["slug"]
    answers = [readme.run(line.replace("$SLUG", slug), *demo) for line in CURL]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 200]
