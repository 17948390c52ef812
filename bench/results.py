"""What a run has found: one result for each workload, database and size, kept as JSON so that runs add up."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.load import Sample


@dataclass(frozen=True)
class Result:
    """One row. `floor` says in words what is asked for; `met` is None where nothing is."""

    workload: str
    database: str
    size: int
    ours: Sample | None = None
    bare: Sample | None = None
    foreign: float | None = None  # the largest share of the machine that others took meanwhile
    figures: dict[str, str] = field(default_factory=dict)
    floor: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def key(self) -> str:
        return f"{self.workload}/{self.database}/{self.size}"

    @property
    def ratio(self) -> float | None:
        return self.ours.rate / self.bare.rate if self.ours and self.bare and self.bare.rate else None

    @property
    def cost(self) -> float | None:
        """Milliseconds of the server for one request."""
        return 1000 / self.ours.rate if self.ours and self.ours.rate else None


@dataclass(frozen=True)
class Setting:
    """Where and how results were measured."""

    machine: dict[str, str]
    generator: str
    rounds: int
    seconds: float
    day: str


def load(path: Path) -> dict[str, tuple[Result, Setting]]:
    """What is kept in `path`; nothing when it is not there."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text("utf-8"))
    return {key: (_result(entry["result"]), Setting(**entry["setting"])) for key, entry in kept.items()}


def _result(values: dict[str, Any]) -> Result:
    samples = {name: Sample(**values[name]) for name in ("ours", "bare") if values[name]}
    return Result(**{**values, **samples})


def store(path: Path, results: list[Result], setting: Setting) -> dict[str, tuple[Result, Setting]]:
    """Adds `results` to what is kept in `path`: a later one takes the place of an earlier one of the same key."""
    whole = {**load(path), **{result.key: (result, setting) for result in results}}
    text = {key: {"result": asdict(result), "setting": asdict(setting)} for key, (result, setting) in whole.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return whole
