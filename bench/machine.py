"""What the system says: memory of a process, processor time of our processes and of others', the machine itself."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Memory(NamedTuple):
    """In MB (1,000,000 bytes). `pss` counts what processes share only in part; `anonymous` leaves out mapped files."""

    rss: float
    pss: float
    anonymous: float


def memory(pids: Iterable[int]) -> Memory | None:
    """Of several processes together; None where the system does not tell."""
    found = [sizes for pid in pids if (sizes := _sizes(pid))]
    if not found:
        return None
    return Memory(*(sum(values) for values in zip(*found, strict=True)))


def _sizes(pid: int) -> Memory | None:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text("ascii")
    except OSError:
        return None
    sizes = {name: int(size) * 1024 / 1e6 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return Memory(sizes["Rss"], sizes["Pss"], sizes.get("Anonymous", 0.0)) if "Pss" in sizes else None


def descendants(roots: Iterable[int]) -> set[int]:
    """The processes `roots` and all below them."""
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in _processes().items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return found


def _processes() -> dict[int, tuple[int, int]]:
    """pid -> (parent, ticks of itself and of the children it has waited for)."""
    found = {}
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text("latin-1").rpartition(")")[2].split()
        except OSError:
            continue
        found[int(path.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found


def processor_seconds(pids: Iterable[int]) -> float:
    """What these processes have used of the processors, which does not depend on who else is busy."""
    processes = _processes()
    return sum(processes[pid][1] for pid in pids if pid in processes) / os.sysconf("SC_CLK_TCK")


class Others:
    """Measures, from its making on, how much of the machine other people's processes take."""

    def __init__(self, *roots: int) -> None:
        self.roots = (os.getpid(), *roots)
        self.busy, self.total = _processor()
        self.ours = self._ours()

    def _ours(self) -> int:
        processes = _processes()
        return sum(processes[pid][1] for pid in descendants(self.roots) if pid in processes)

    def share(self) -> float | None:
        """Between 0 and 1 of all processors; None where the system does not tell."""
        busy, total = _processor()
        if total <= self.total:
            return None
        foreign = busy - self.busy - (self._ours() - self.ours)
        return max(0.0, foreign / (total - self.total))


def _processor() -> tuple[int, int]:
    """(ticks at work, all ticks) of all processors since the system began."""
    try:
        fields = [int(field) for field in (PROC / "stat").read_text("ascii").split("\n", 1)[0].split()[1:9]]
    except OSError:
        return 0, 0
    return sum(fields) - fields[3] - fields[4], sum(fields)


def described() -> dict[str, str]:
    """The machine, without its name."""
    cpu = next(iter(re.findall(r"^model name\s*:\s*(.+)$", _read("cpuinfo"), re.MULTILINE)), platform.machine())
    memory = next(iter(re.findall(r"^MemTotal:\s+(\d+)", _read("meminfo"), re.MULTILINE)), "")
    return {
        "processor": f"{os.cpu_count()} x {cpu}",
        "memory": f"{int(memory) * 1024 / 1e9:.0f} GB" if memory else "unknown",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def _read(name: str) -> str:
    try:
        return (PROC / name).read_text("utf-8")
    except OSError:
        return ""
