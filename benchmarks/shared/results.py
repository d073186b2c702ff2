"""Where the figures go: `benchmarks/results`, as JSON, and as Markdown that a page embeds."""

import datetime
import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parents[1] / "results"


def publish(
    name: str, measured: Mapping[str, Any], markdown: Callable[[Mapping[str, Any]], str]
) -> None:
    """Add date and machine to the figures, write both files, and print the Markdown."""
    gib = psutil.virtual_memory().total / 1024**3
    figures = {
        **measured,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {gib:.0f} GiB",
        "python": f"Python {platform.python_version()}",
    }
    text = markdown(figures)
    RESULTS.mkdir(exist_ok=True)
    json_text = json.dumps(figures, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(json_text, encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
