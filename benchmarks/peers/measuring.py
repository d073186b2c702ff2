"""The cases, one after another, every tool in turn: seconds, counts and memory of each."""

import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers.tools_mkdocs import GUIDE
from benchmarks.shared.floor import floor, floors
from benchmarks.shared.guide import WHOLE
from benchmarks.shared.running import ROUNDS, BenchmarkError, Build, build
from benchmarks.shared.serving import READING, Edit, served
from benchmarks.shared.tool import EDITED_SNIPPET, Tool
from nnsight_guide.model import profiles

COLD, NOTHING, PROSE, SNIPPET = "cold", "nothing changed", "prose edit", "snippet edit"
PAGES_AGAIN = "every page again"  # nothing changed, and the site is written all the same
ONE_SHOT = (COLD, NOTHING, PAGES_AGAIN, PROSE, SNIPPET)
EDITED_FLOOR = "the cells of the edited snippet"


def say(line: str) -> None:
    """Tell whoever waits, on stderr, how far the benchmark is."""
    print(line, file=sys.stderr, flush=True)


def one_shot(tools: Sequence[Tool], whole: Tool, log: Path) -> dict[str, Any]:
    """Return the builds of each case and tool, and the floors, of `ROUNDS` rounds in turn."""
    builds: dict[str, dict[str, list[Build]]] = {case: defaultdict(list) for case in ONE_SHOT}
    seconds_of_floors: dict[str, list[float]] = defaultdict(list)
    for number in range(ROUNDS):
        for case in ONE_SHOT:
            for tool in tools:
                if case == SNIPPET and tool.code is None:
                    continue
                if case == PAGES_AGAIN and tool.build_pages is None:
                    continue
                _prepare(tool, case, number)
                done = build(tool, log, every_page=case == PAGES_AGAIN)
                _check(tool, case, done)
                builds[case][tool.name].append(done)
                say(f"round {number + 1}, {case}, {tool.name}: {done.seconds} s")
        for name, seconds in _floors(whole, log).items():
            seconds_of_floors[name].append(seconds)
            say(f"round {number + 1}, floor, {name}: {seconds} s")
    return {
        "cases": {
            case: {name: _summary(done) for name, done in by_tool.items()}
            for case, by_tool in builds.items()
        },
        "floors": dict(seconds_of_floors),
    }


def under_serve(tools: Sequence[Tool], log: Path) -> dict[str, Any]:
    """Return what edits take under each tool's server: of prose, of a snippet first and later.

    Each round starts each server anew. One edit of prose comes at once, the others when the author
    has read.
    """
    edits: dict[str, dict[str, list[Edit]]] = {tool.name: defaultdict(list) for tool in tools}
    for number in range(ROUNDS):
        for tool in tools:
            made = edits[tool.name]
            with served(tool, log) as server:
                made["at once"].append(server.timed(tool.edit_prose, 100 + number))
                time.sleep(READING)
                made["prose"].append(server.timed(tool.edit_prose, 200 + number))
                if tool.code:
                    made["first"].append(server.timed(tool.edit_code, 100 + number))
                    made["snippet"].append(server.timed(tool.edit_code, 200 + number))
            for what, done in made.items():
                say(f"round {number + 1}, serve, {what}, {tool.name}: {done[-1].seconds} s")
    return {name: _served(made) for name, made in edits.items()}


def _served(made: Mapping[str, Sequence[Edit]]) -> dict[str, Any]:
    """Return the seconds of each kind of edit, and what those of prose and later ones have run."""
    prose, later = made["prose"], made.get("snippet", [])
    return {
        **{
            what: [edit.seconds for edit in made.get(what, [])]
            for what in ("at once", "prose", "first", "snippet")
        },
        "prose cells": sorted({edit.counts.n_cells for edit in prose}),
        "snippet cells": sorted({edit.counts.n_cells for edit in later}),
        "snippet loads": sorted({edit.counts.loads for edit in later}),
        "snippets run": sorted({name for edit in later for name in edit.counts.snippets}),
    }


def peak_memory(tools: Sequence[Tool], log: Path) -> dict[str, int]:
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
        tool.edit_prose(number)
    elif case == SNIPPET:
        tool.edit_code(number)


def _check(tool: Tool, case: str, done: Build) -> None:
    """Check that a cold build has run cells, and that the guide has run no more than it must.

    Raises:
        BenchmarkError: one of the two is not so.

    """
    if case == COLD and tool.code is not None and not done.counts.n_cells:
        raise BenchmarkError(f"{tool.name}: its cold build ran nothing, so it was not cold")
    if tool.name not in (GUIDE, WHOLE):
        return
    allowed = {COLD: None, SNIPPET: {"model", EDITED_SNIPPET}}.get(case, set())
    if allowed is not None and not done.counts.snippets <= allowed:
        raise BenchmarkError(f"{tool.name}, {case}: ran {sorted(done.counts.snippets)}")
    if done.imported_torch:
        raise BenchmarkError(f"{tool.name}, {case}: its process imported torch")


def _floors(whole: Tool, log: Path) -> dict[str, float]:
    """Return what the work of the whole site takes without MkDocs, by what it is."""
    parts = floors(whole, profiles.current({}), log)
    return {
        "all cells of the local snippets": parts["model"]["seconds"],
        "all cells of the remote snippet": parts["remote"]["seconds"],
        "the idioms of 2024": parts["idioms"]["seconds"],
        EDITED_FLOOR: floor(whole, log, "model", EDITED_SNIPPET)["seconds"],
    }


def _summary(builds: Sequence[Build]) -> dict[str, Any]:
    return {
        "seconds": [done.seconds for done in builds],
        "median": median(done.seconds for done in builds),
        "cells": sorted({done.counts.n_cells for done in builds}),
        "loads": sorted({done.counts.loads for done in builds}),
        "torch in the build": any(done.imported_torch for done in builds),
    }
