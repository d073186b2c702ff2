"""What the work itself takes, without the guide: run in a copy of the project.

    python full_size_floor.py model SNIPPET…    import, load, all cells once, in this one process
    python full_size_floor.py remote SNIPPET…   the same on the demo model, behind the loopback
    python full_size_floor.py idioms            the idioms of 2024, each in its own processes

Prints one line of JSON: the seconds of each step. A snippet is an ordinary module, so to import
it is to run its cells (but for those that fail on purpose).
"""

from __future__ import annotations

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


def model(snippets: list[str]) -> dict[str, Any]:
    """Import the libraries, load the model and run all cells."""
    sys.path.insert(0, str(Path.cwd()))
    begin = time.perf_counter()
    import circuitsvis  # noqa: F401 - which the pages need, too
    import nnsight  # noqa: F401

    imported = time.perf_counter()
    loaded = imported
    from snippets.model import REMOTE
    from snippets.model import model as gpt_j

    if not REMOTE:
        gpt_j.dispatch()
        with gpt_j.trace("Warm up."):
            pass
    loaded = time.perf_counter()
    seconds = {}
    with redirect_stdout(io.StringIO()):
        for name in snippets:
            start = time.perf_counter()
            importlib.import_module(f"snippets.{name}")
            seconds[name] = round(time.perf_counter() - start, 3)
    return {
        "import": round(imported - begin, 3),
        "load": round(loaded - imported, 3),
        "cells": seconds,
    }


def remote(snippets: list[str]) -> dict[str, Any]:
    """Start the loopback service and run the cells of these snippets on it."""
    from nnsight_guide import loopback

    with loopback.start() as service:
        environment = {
            **os.environ,
            **service.environment(),
            "GUIDE_MODEL": service.repo_id,
            "GUIDE_REMOTE": "1",
        }
        command = [sys.executable, __file__, "model", *snippets]
        done = subprocess.run(  # noqa: S603 - the command is our own
            command, env=environment, capture_output=True, text=True, check=True
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told


def idioms() -> dict[str, Any]:
    """Run the idioms, on the demo model as in every build, and keep nothing of it."""
    from nnsight_guide.idioms import idiom as guide_idioms
    from nnsight_guide.model import profiles

    found = guide_idioms.read_all(Path("snippets/from_2024"))
    outcomes = list(guide_idioms.run(found, profiles.current({}).environment, Path.cwd()))
    return {"idioms": len(outcomes)}


if __name__ == "__main__":
    begin = time.perf_counter()
    what, *names = sys.argv[1:]
    os.environ["NNSIGHT_CONFIG"] = str(Path(tempfile.mkdtemp()) / "nnsight.yaml")
    told = {"model": lambda: model(names), "remote": lambda: remote(names), "idioms": idioms}[
        what
    ]()
    print(json.dumps({**told, "inside": round(time.perf_counter() - begin, 3)}))
