"""What the work itself takes, without the guide: run in a copy of the project.

    python work_alone.py model SNIPPET…    import, load, all cells once, in this one process
    python work_alone.py remote SNIPPET…   the same on the demo model, behind the loopback
    python work_alone.py idioms            the idioms and errors, one process after another

Prints one line of JSON: the seconds of each step. A snippet is an ordinary module, so to import
it is to run its cells (but for those that fail on purpose).
"""

import asyncio
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any


def cells_here(snippets: list[str]) -> dict[str, Any]:
    """Import the libraries, load the model and run all cells."""
    sys.path.insert(0, str(Path.cwd()))
    begin = time.perf_counter()
    import circuitsvis  # noqa: F401 - which the pages need, too
    import nnsight  # noqa: F401

    imported = time.perf_counter()
    from snippets.model import REMOTE, model

    if not REMOTE:
        model.dispatch()
        with model.trace("Warm up."):
            pass
    loaded = time.perf_counter()
    seconds = {}
    with redirect_stdout(io.StringIO()):
        for name in snippets:
            start = time.perf_counter()
            importlib.import_module(f"snippets.{name}")
            seconds[name] = round(time.perf_counter() - start, 3)
    steps = {"import": round(imported - begin, 3), "load": round(loaded - imported, 3)}
    return {**steps, "cells": seconds}


def cells_remotely(snippets: list[str]) -> dict[str, Any]:
    """Start the loopback service and run the cells of these snippets on it."""
    from nnsight_guide import loopback

    with loopback.start() as service:
        asked = {"GUIDE_MODEL": service.repo_id, "GUIDE_REMOTE": "1"}
        environment = {**os.environ, **service.environment(), **asked}
        command = [sys.executable, __file__, "model", *snippets]
        done = subprocess.run(  # noqa: S603 - the command is our own
            command, env=environment, capture_output=True, text=True, check=True
        )
        steps: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return steps


def idioms(_names: list[str]) -> dict[str, Any]:
    """Run all idioms, on the demo model as in every build, and keep nothing of it."""
    from nnsight_guide.base.project import Project
    from nnsight_guide.idioms import execution, idiom
    from nnsight_guide.model import profiles

    found = [idiom.read_idiom(path) for path in idiom.idiom_paths(Project(Path.cwd())).values()]

    async def outcomes() -> list[Any]:
        environment = profiles.current({}).environment
        judged = execution.judged(found, environment, Path.cwd(), at_once=1)
        return [outcome async for outcome in judged]

    return {"idioms": len(asyncio.run(outcomes()))}


if __name__ == "__main__":
    begin = time.perf_counter()
    what, *names = sys.argv[1:]
    os.environ["NNSIGHT_CONFIG"] = str(Path(tempfile.mkdtemp()) / "nnsight.yaml")
    parts = {"model": cells_here, "remote": cells_remotely, "idioms": idioms}
    print(json.dumps({**parts[what](names), "inside": round(time.perf_counter() - begin, 3)}))
