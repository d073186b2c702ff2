"""The cases, one after another, every tool in turn: seconds, counts and memory of each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.full_size_runs import run_floor
from benchmarks.running import BenchmarkError, Run, build, environment
from benchmarks.same_chapters import EDITED_SNIPPET
from benchmarks.serving import served
from benchmarks.tool import Tool
from nnsight_guide.model import profiles
from nnsight_guide.base.project import Project

COLD, NOTHING, PROSE, SNIPPET = "cold", "nothing changed", "prose edit", "snippet edit"
PAGES_AGAIN = "every page again"  # nothing changed, and the site is written all the same
ONE_SHOT = (COLD, NOTHING, PAGES_AGAIN, PROSE, SNIPPET)
ROUNDS = 5
SHOWN = "module"  # a word on every page that is served

Say = Callable[[str], None]


def one_shot(tools: Sequence[Tool], whole: Tool, log: Path, say: Say) -> dict[str, Any]:
    """Return the runs of each case and tool, and the floors, of `ROUNDS` rounds in turn."""
    runs: dict[str, dict[str, list[Run]]] = {case: defaultdict(list) for case in ONE_SHOT}
    floors: dict[str, list[float]] = defaultdict(list)
    for number in range(ROUNDS):
        for case in ONE_SHOT:
            for tool in tools:
                if case == SNIPPET and tool.code is None:
                    continue
                if case == PAGES_AGAIN and tool.build_pages is None:
                    continue
                _prepare(tool, case, number)
                run = build(tool, log, every_page=case == PAGES_AGAIN)
                _check(tool, case, run)
                runs[case][tool.name].append(run)
                say(f"round {number + 1}, {case}, {tool.name}: {run.seconds} s")
        for name, seconds in _floors(whole, log).items():
            floors[name].append(seconds)
            say(f"round {number + 1}, floor, {name}: {seconds} s")
    return {
        "cases": {
            case: {name: _summary(found) for name, found in by_tool.items()}
            for case, by_tool in runs.items()
        },
        "floors": dict(floors),
    }


def under_serve(tools: Sequence[Tool], log: Path, say: Say) -> dict[str, Any]:
    """Return what edits take under each tool's server: of prose, of a snippet first and later."""
    told = {}
    for tool in tools:
        with served(tool, log, SHOWN) as server:
            prose = [server.edit_prose(100 + number) for number in range(ROUNDS)]
            code = (
                [server.edit_code(100 + number) for number in range(ROUNDS + 1)]
                if tool.code
                else []
            )
        told[tool.name] = {
            "prose": [edit.seconds for edit in prose],
            "prose cells": sorted({edit.counts.n_cells for edit in prose}),
            "first": code[0].seconds if code else None,
            "snippet": [edit.seconds for edit in code[1:]],
            "snippet cells": sorted({edit.counts.n_cells for edit in code[1:]}),
            "snippet loads": sorted({edit.counts.loads for edit in code[1:]}),
            "snippets run": sorted({name for edit in code[1:] for name in edit.counts.snippets}),
        }
        say(f"serve, {tool.name}: {told[tool.name]}")
    return told


def memory(tools: Sequence[Tool], log: Path) -> dict[str, int]:
    """Return the peak memory (PSS of the process tree, in bytes) of a build with nothing to do."""
    return {tool.name: build(tool, log, every_page=True, watch_memory=True).peak for tool in tools}


def import_alone() -> dict[str, Any]:
    """Return the seconds that `import nnsight_guide` takes, and what heavy modules it brings in."""
    code = (
        "import sys, time; begin = time.perf_counter(); import nnsight_guide; "
        "print(time.perf_counter() - begin, *sorted(sys.modules))"
    )
    seconds = []
    for _ in range(2 * ROUNDS + 1):
        done = subprocess.run(  # noqa: S603 - the command is our own
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        first, *modules = done.stdout.split()
        seconds.append(float(first))
    heavy = {"torch", "transformers", "nnsight", "jupyter_client", "nbclient", "nbformat", "mkdocs"}
    return {"seconds": round(median(seconds), 4), "heavy modules": sorted(heavy & set(modules))}


def _prepare(tool: Tool, case: str, number: int) -> None:
    if case == COLD:
        for made in tool.caches:
            path = tool.root / made
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif case == PROSE:
        tool.edit_prose(f"Edit {number} of the prose.")
    elif case == SNIPPET:
        tool.edit_code(number)


def _check(tool: Tool, case: str, run: Run) -> None:
    """Whether a build did what it must: a cold one runs cells; the guide's others no more."""
    if case == COLD and tool.code is not None and not run.counts.n_cells:
        raise BenchmarkError(f"{tool.name}: its cold build ran nothing, so it was not cold")
    if not tool.name.startswith("the guide"):
        return
    allowed = {COLD: None, SNIPPET: {"model", EDITED_SNIPPET}}.get(case, set())
    if allowed is not None and not run.counts.snippets <= allowed:
        raise BenchmarkError(f"{tool.name}, {case}: ran {sorted(run.counts.snippets)}")
    if run.imported_torch:
        raise BenchmarkError(f"{tool.name}, {case}: its process imported torch")


def _floors(whole: Tool, log: Path) -> dict[str, float]:
    """Return what the work of the whole site takes without MkDocs: once, in one process."""
    project, demo = Project(whole.root), profiles.current({})
    names = [name for name in project.snippet_names() if name != "model"]  # its cell is the load
    here = [n for n in names if profiles.place(demo, project.snippet_path(n)) == demo]
    around = environment(whole, log)
    parts = {
        "all cells of the local snippets": ("model", *here),
        "all cells of the remote snippet": ("remote", *(n for n in names if n not in here)),
        "the idioms of 2024": ("idioms",),
        "the cells of the edited snippet": ("model", EDITED_SNIPPET),
    }
    return {name: run_floor(whole.root, around, *what)["seconds"] for name, what in parts.items()}


def _summary(runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "seconds": [run.seconds for run in runs],
        "median": median(run.seconds for run in runs),
        "cells": sorted({run.counts.n_cells for run in runs}),
        "loads": sorted({run.counts.loads for run in runs}),
        "torch in the build": any(run.imported_torch for run in runs),
    }
