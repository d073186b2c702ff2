"""Run a command of a tool, and measure it: seconds, cells, loads, memory, whether torch came in."""

import os
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.shared import counts
from benchmarks.shared.counts import COUNTING, Counts
from benchmarks.shared.memory import PeakMemory
from benchmarks.shared.tool import Tool
from nnsight_guide.base.errors import GuideError
from nnsight_guide.model import profiles

ROUNDS = 3  # how often each case is measured
SECONDS = 900  # that a build, or a page under `serve`, may take


class BenchmarkError(GuideError):
    """A command failed, or a page does not show what it should: nothing is reported then."""


@dataclass(frozen=True)
class Build:
    """What one build took.

    Attributes:
        seconds: from the start of its process to the end.
        counts: what its processes did.
        imported_torch: whether the process that builds did so itself.
        peak: the most memory that its processes had together, in bytes; 0 if nobody watched.
        peak_of_one: the most that one of them had.

    """

    seconds: float
    counts: Counts
    imported_torch: bool
    peak: int
    peak_of_one: int


def environment(tool: Tool, log: Path) -> dict[str, str]:
    """Return the environment of a tool: offline, on the demo model if it names none, counted."""
    own = ("GUIDE_", "NDIF_", "PYTHON")  # who lets Python keep no compiled code waits at each start
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


def build(tool: Tool, log: Path, *, every_page: bool = False, watch_memory: bool = False) -> Build:
    """Build a tool's project; memory is watched only where asked, since it takes time.

    With `every_page`, pages are written also where the site is known to be right as it is.

    Raises:
        BenchmarkError: it failed; the end of what it printed is in the text.

    """
    log.unlink(missing_ok=True)
    said, variables = log.with_name("said.txt"), environment(tool, log)
    begin = time.perf_counter()
    with said.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            (tool.build_pages if every_page else None) or tool.build,
            cwd=tool.root,
            env=variables,
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
    found = counts.read(log, tool.model)
    torch = process.pid in found.torch
    return Build(round(seconds, 3), found, torch, memory.tree, memory.largest)


def run_python(arguments: list[str], tool: Tool, log: Path) -> tuple[float, str]:
    """Run Python in a tool's project; return the seconds, its start included, and what it printed.

    Raises:
        BenchmarkError: it failed; the last line that it printed is in the text.

    """
    variables = environment(tool, log)
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, *arguments],
        cwd=tool.root,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1].strip()
        raise BenchmarkError(f"{' '.join(arguments)} failed: {last}")
    return time.perf_counter() - begin, done.stdout
