"""Edits under `mkdocs serve` at the full size: what each takes, and how many kernels there are."""

from pathlib import Path
from typing import Any

import psutil

from benchmarks.full_size.runs import recorded
from benchmarks.shared.running import ROUNDS
from benchmarks.shared.serving import served
from benchmarks.shared.tool import EDITED_SNIPPET, Tool


def measure(tool: Tool, log: Path) -> dict[str, Any]:
    """Serve the built site, edit prose and a snippet, and return what each edit took.

    The first edit of the snippet, which loads the model, stands apart from the others.
    """
    edits, figures, kernels = [], [], set()
    with served(tool, log) as server:
        prose = [server.timed(tool.edit_prose, number) for number in range(ROUNDS)]
        for number in range(ROUNDS + 1):
            edit = server.timed(tool.edit_code, number)
            edits.append(edit)
            cell_seconds = round(recorded(tool)[EDITED_SNIPPET].seconds, 3)
            figures.append({"seconds": edit.seconds, "cells": cell_seconds})
            started = psutil.Process(server.process.pid).children(recursive=True)
            commands = {child.pid: " ".join(child.cmdline()) for child in started}
            kernels |= {pid for pid, command in commands.items() if "ipykernel_launcher" in command}
    first, *later = figures
    return {
        "prose": [edit.seconds for edit in prose],
        "first snippet edit": first,
        "snippet": later,
        "kernels": sorted(kernels),
        "loads": sum(edit.counts.loads for edit in [*prose, *edits]),
        "snippets run by each edit": [sorted(edit.counts.snippets) for edit in [*prose, *edits]],
    }
