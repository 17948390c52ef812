"""The generators that integrators use read the document without a warning, and what they write is Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import serving

DOCUMENT = serving.ROOT / "openapi.json"
PROGRAMS = Path(sys.executable).parent
CLIENT = "openapi-python-client generate --meta none --fail-on-warning --path {document} --output-path {made}/client"
MODELS = "datamodel-codegen --input {document} --output {made}/models.py --output-model-type pydantic_v2.BaseModel"


@pytest.mark.parametrize(("line", "made"), [(CLIENT, "client"), (MODELS, "models")], ids=["client", "models"])
def test_a_generator_makes_what_can_be_imported(tmp_path: Path, line: str, made: str) -> None:
    words = [word.format(document=DOCUMENT, made=tmp_path) for word in line.split()]
    path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])  # the first one formats with ruff
    subprocess.run(words, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {made}"], cwd=tmp_path, check=True)
