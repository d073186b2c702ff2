"""Edits under `mkdocs serve` at the full size: what each takes, and how many kernels there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measuring import ROUNDS, SHOWN
from benchmarks.running import Counts
from benchmarks.same_chapters import EDITED_SNIPPET
from benchmarks.serving import served
from benchmarks.tool import Tool


def measure(tool: Tool, log: Path) -> dict[str, Any]:
    """Serve the built site, edit prose and a snippet, and return what each edit took.

    The first edit of the snippet loads the model, and is told apart from the others.
    """
    prose, edits, counts, kernels = [], [], [], set()
    with served(tool, log, SHOWN) as server:
        for number in range(ROUNDS):
            edit = server.edit_prose(number)
            prose.append(edit.seconds)
            counts.append(edit.counts)
        for number in range(ROUNDS + 1):
            edit = server.edit_code(number)
            edits.append({"seconds": edit.seconds, "cells": _cell_seconds(tool.root)})
            counts.append(edit.counts)
            kernels.update(_kernels(server.process.pid))
    return {
        "prose": prose,
        "first snippet edit": edits[0],
        "snippet": edits[1:],
        "kernels": sorted(kernels),
        "loads": sum(count.loads for count in counts),
        "snippets run by each edit": [_snippets(count) for count in counts],
    }


def _snippets(counts: Counts) -> list[str]:
    return sorted(counts.snippets)


def _cell_seconds(copy: Path) -> float:
    recorded = copy / ".cache" / "nnsight-guide" / "recordings" / "local"
    text = (recorded / f"{EDITED_SNIPPET}.ipynb").read_text(encoding="utf-8")
    made = json.loads(text)["metadata"]["guide"]["provenance"]
    return round(float(sum(made["seconds"].values())), 3)


def _kernels(pid: int) -> set[int]:
    return {
        child.pid
        for child in psutil.Process(pid).children(recursive=True)
        if "ipykernel_launcher" in " ".join(child.cmdline())
    }
