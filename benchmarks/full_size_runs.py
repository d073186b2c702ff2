"""The runs that are measured at the full size: a build, its first output, the work without it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import running
from benchmarks.running import BenchmarkError
from benchmarks.tool import Tool
from nnsight_guide.base.errors import GuideError

FIRST = "rotary_attention"  # one trace


def run_floor(copy: Path, environment: dict[str, str], *what: str) -> dict[str, Any]:
    """Run a part of the work without the guide; return its seconds, with the process's own."""
    script = str(Path(__file__).with_name("full_size_floor.py"))
    seconds, output = _timed([script, *what], copy, environment, f"the floor ({what[0]})")
    told: dict[str, Any] = json.loads(output.splitlines()[-1])
    return {**told, "seconds": round(seconds, 3)}


def first_output(copy: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Run one short snippet alone, from nothing, and throw its recording away."""
    seconds, _ = _timed(["-m", "nnsight_guide", "run", FIRST], copy, environment, FIRST)
    shutil.rmtree(copy / ".cache")
    return {"snippet": FIRST, "seconds": round(seconds, 2)}


def _timed(
    arguments: list[str], folder: Path, environment: dict[str, str], what: str
) -> tuple[float, str]:
    """Run Python in a folder; return the seconds, its start among them, and what it printed."""
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the command is our own
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GuideError(f"{what} failed: {last_line(done.stderr)}")
    return time.perf_counter() - begin, done.stdout


def build(tool: Tool, log: Path, profile: str) -> dict[str, Any]:
    """Build the site; return its seconds, and what ran, as its recordings tell."""
    done = _build(tool, log)
    recorded = tool.root / ".cache" / "nnsight-guide" / "recordings" / profile
    made = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["metadata"]["guide"]["provenance"]
        for path in sorted(recorded.glob("*.ipynb"))
    }
    # The remote snippet's model is the demo's, behind its service, and loads there.
    return {
        "seconds": round(done.seconds, 2),
        "cells": {name: provenance["seconds"] for name, provenance in made.items()},
        "devices": {name: provenance["device"] for name, provenance in made.items()},
        "loads": done.counts.loads,
    }


def memory(tool: Tool, log: Path) -> dict[str, int]:
    """Build the site from nothing; return the peaks of its memory, in bytes.

    A build of its own: to go through 12 GB of mapped pages ten times a second takes half of a
    processor.
    """
    shutil.rmtree(tool.root / ".cache")
    done = _build(tool, log, watch_memory=True)
    return {"peak of the tree": done.peak, "peak of one process": done.peak_of_one}


def _build(tool: Tool, log: Path, *, watch_memory: bool = False) -> running.Run:
    try:
        return running.build(tool, log, every_page=True, watch_memory=watch_memory)
    except BenchmarkError as error:
        raise GuideError(str(error)) from None


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
