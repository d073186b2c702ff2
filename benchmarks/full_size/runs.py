"""The runs that are measured at the full size: a build, its first output, its memory."""

import shutil
from pathlib import Path
from typing import Any

from benchmarks.shared.running import build, run_python
from benchmarks.shared.tool import Tool
from nnsight_guide.base.project import Project
from nnsight_guide.recording.recordings import Recording

FIRST = "rotary_attention"  # one trace


def first_output(tool: Tool, log: Path) -> dict[str, Any]:
    """Run one short snippet alone, from nothing, and throw its recording away."""
    seconds, _ = run_python(["-m", "nnsight_guide", "run", FIRST], tool, log)
    shutil.rmtree(tool.root / ".cache")
    return {"snippet": FIRST, "seconds": round(seconds, 2)}


def build_and_read(tool: Tool, log: Path) -> dict[str, Any]:
    """Build the site; return its seconds, and what its recordings say of how the cells ran."""
    done = build(tool, log, every_page=True)
    made = {name: recording.provenance for name, recording in recorded(tool).items()}
    # The remote snippet's model is the demo's, behind its service, and loads there.
    return {
        "seconds": round(done.seconds, 2),
        "cells": {name: provenance["seconds"] for name, provenance in made.items()},
        "devices": {name: provenance["device"] for name, provenance in made.items()},
        "loads": done.counts.loads,
    }


def peak_memory(tool: Tool, log: Path) -> dict[str, int]:
    """Build the site from nothing; return the peaks of its memory, in bytes.

    A build of its own: to go through 12 GB of mapped pages ten times a second takes half of a
    processor.
    """
    shutil.rmtree(tool.root / ".cache")
    done = build(tool, log, every_page=True, watch_memory=True)
    return {"peak of the tree": done.peak, "peak of one process": done.peak_of_one}


def recorded(tool: Tool) -> dict[str, Recording]:
    """Return the recordings that builds on the checkpoint have made, by snippet."""
    files = sorted((Project(tool.root).cache / "recordings" / "local").glob("*.ipynb"))
    return {path.stem: recording for path in files if (recording := Recording.load(path))}
