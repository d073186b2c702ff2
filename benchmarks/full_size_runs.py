"""The runs that are measured at the full size: a build, its first output, the work without it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.full_size_memory import PeakMemory
from benchmarks.full_size_serve import RAN
from nnsight_guide.errors import GuideError

FIRST = "rotary_attention"  # one trace


def run_floor(copy: Path, environment: dict[str, str], *what: str) -> dict[str, Any]:
    """Run a part of the work without the guide; return its seconds, with the process's own."""
    begin = time.perf_counter()
    script = Path(__file__).with_name("full_size_floor.py")
    done = subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, str(script), *what],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GuideError(f"the floor ({what[0]}) failed: {last_line(done.stderr)}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**told, "seconds": round(time.perf_counter() - begin, 3)}


def first_output(copy: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Run one short snippet alone, from nothing, and throw its recording away."""
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, "-m", "nnsight_guide", "run", FIRST],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GuideError(f"{FIRST} did not run: {last_line(done.stderr)}")
    seconds = round(time.perf_counter() - begin, 2)
    shutil.rmtree(copy / ".cache")
    return {"snippet": FIRST, "seconds": seconds}


def build(copy: Path, environment: dict[str, str], profile: str) -> dict[str, Any]:
    """Build the site of the copy; return seconds, peak memory and what ran."""
    recorded = copy / ".cache" / "nnsight-guide" / "recordings" / profile
    begin = time.perf_counter()
    with (copy.parent / "build.log").open("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "build", "--strict"],
            cwd=copy,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        with PeakMemory(process.pid) as memory:
            while process.poll() is None:
                time.sleep(0.05)
        seconds = time.perf_counter() - begin
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise GuideError(f"the build failed: {last_line(text)}")
    told = {
        name: json.loads((recorded / f"{name}.ipynb").read_text(encoding="utf-8"))
        for name in sorted(path.stem for path in recorded.glob("*.ipynb"))
    }
    made = {name: notebook["metadata"]["guide"]["provenance"] for name, notebook in told.items()}
    return {
        "seconds": round(seconds, 2),
        "cells": {name: provenance["seconds"] for name, provenance in made.items()},
        "devices": {name: provenance["device"] for name, provenance in made.items()},
        "ran": RAN.findall(text),
        "peak of the tree": memory.tree,
        "peak of one process": memory.largest,
    }


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
