"""Run a command of a tool, and see what it did: seconds, cells, loads, whether torch came in."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import PeakMemory
from benchmarks.tool import Tool
from nnsight_guide.model import profiles

COUNTING = Path(__file__).with_name("counting")
SECONDS = 900
SETUP = "cell:model/setup"  # which an idiom imports, too


class BenchmarkError(Exception):
    """A command failed, or a page does not show what it should: nothing is reported then."""


@dataclass(frozen=True)
class Counts:
    """What the processes of a command did: how often each cell ran, loads, who imported torch.

    Only loads of the tool's own model count, in a process that ran cells of a chapter: each idiom
    of 2024 loads one for itself.
    """

    cells: Mapping[str, int]
    loads: int
    torch: frozenset[int]

    @property
    def n_cells(self) -> int:
        """How many cells ran."""
        return sum(self.cells.values())

    @property
    def snippets(self) -> set[str]:
        """The snippets whose cells ran."""
        return {name.partition("/")[0] for name in self.cells}


@dataclass(frozen=True)
class Run:
    """What one build took: seconds, and, where it was watched, the peak of its memory in bytes."""

    seconds: float
    counts: Counts
    imported_torch: bool
    peak: int = 0  # of all its processes together
    peak_of_one: int = 0


def environment(tool: Tool, log: Path) -> dict[str, str]:
    """Return the environment of a tool: offline, on the demo model if it names none, counted."""
    own = ("GUIDE_", "NDIF_", "PYTHONPATH")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    path = [COUNTING, tool.root, tool.root / "src"]
    return {
        **inherited,
        **profiles.current({}).environment,
        **tool.variables,
        "BENCHMARK_LOG": str(log),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NNSIGHT_CONFIG": str(log.with_name("nnsight.yaml")),
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "",
        "TQDM_DISABLE": "1",
    }


def build(tool: Tool, log: Path, *, every_page: bool = False, watch_memory: bool = False) -> Run:
    """Build a tool's project; memory is watched only where asked, since it takes time.

    With `every_page`, pages are written also where the site is known to be right as it is.

    Raises:
        BenchmarkError: it failed; what it said last is told.

    """
    log.unlink(missing_ok=True)
    said = log.with_name("said.txt")
    begin = time.perf_counter()
    with said.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            (tool.build_pages if every_page else None) or tool.build,
            cwd=tool.root,
            env=environment(tool, log),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        memory = PeakMemory(process.pid)
        # `wait(SECONDS)` would ask twenty times a second, and count up to 50 ms too many.
        limit = threading.Timer(SECONDS, process.kill)
        limit.daemon = True
        limit.start()
        with memory if watch_memory else nullcontext():
            process.wait()
        limit.cancel()
    seconds = time.perf_counter() - begin
    if process.returncode:
        raise BenchmarkError(f"{tool.name}: the build failed\n{said.read_text()[-3000:]}")
    counts = read(log, tool)
    torch = process.pid in counts.torch
    return Run(round(seconds, 3), counts, torch, memory.tree, memory.largest)


def read(log: Path, tool: Tool) -> Counts:
    """Return what was written down since the log was begun."""
    model = environment(tool, log)["GUIDE_MODEL"]
    cells: Counter[str] = Counter()
    ran, loads, torch = set(), [], set()
    for line in log.read_text().splitlines() if log.exists() else []:
        what, _, pid = line.rpartition(" ")
        if what.startswith("load:"):
            loads += [pid] if what == f"load:{model}" else []
        elif what == "torch":
            torch.add(int(pid))
        else:
            cells[what.removeprefix("cell:")] += 1
            if what != SETUP:
                ran.add(pid)
    return Counts(cells, sum(pid in ran for pid in loads), frozenset(torch))


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server as Ctrl-C would, and what it has started with it."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
