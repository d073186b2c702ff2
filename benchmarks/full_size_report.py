"""The figures of the full size as Markdown and JSON, with the targets beside them."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import psutil

GB = 1e9
SLACK = 1.15  # of a build, over the work itself
PEAK = 1.05  # of the memory, over the weights
RERUN_SECONDS = 0.7  # of an edited snippet, beside what its cells and the page take


def targets(told: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return each target: what, how much it may be, how much it was, whether that is met."""
    cold, serve = told["cold"], told["serve"]
    ratio = cold["seconds"] / floor_seconds(told)
    page = median(serve["prose"])
    rerun = median(edit["seconds"] - edit["cells"] for edit in serve["snippet"])
    loads = f"{cold['loads']}, {serve['loads']}"
    peak = told["memory"]["peak of the tree"] / told["weights"]
    return [
        ("loads of the model (cold build, all of `serve`)", "1, 1", loads, loads == "1, 1"),
        ("kernels of `serve`", "1", str(len(serve["kernels"])), len(serve["kernels"]) == 1),
        ("cold build ÷ the work alone", f"≤ {SLACK}", f"{ratio:.2f}", ratio <= SLACK),
        (
            "peak memory (PSS of the process tree) ÷ weights",
            f"≤ {PEAK}",
            f"{peak:.2f}",
            peak <= PEAK,
        ),
        (
            "snippet edit under `serve`, less its cells",
            f"≤ {page + RERUN_SECONDS:.2f} s",
            f"{rerun:.2f} s",
            rerun <= page + RERUN_SECONDS,
        ),
        ("faults on the pages", "0", str(len(told["faults"])), not told["faults"]),
    ]


def floor_seconds(told: Mapping[str, Any]) -> float:
    """Return what the work of a cold build takes without the guide."""
    return float(sum(part["seconds"] for part in told["floor"].values()))


def markdown(told: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    cold, floor, serve = told["cold"], told["floor"], told["serve"]
    edit = median(edit["seconds"] for edit in serve["snippet"])
    cells = median(edit["cells"] for edit in serve["snippet"])
    steps = {
        "write the checkpoint": told["seconds to write"],
        "read it once, into the file cache": told["seconds to read"],
        "start → the first snippet's outputs recorded": told["first output"]["seconds"],
        "whole cold build": cold["seconds"],
        "build with nothing to run": floor["pages"]["seconds"],
        "floor: import, load, all cells once in one process": floor["model"]["seconds"],
        "floor: of these the import": floor["model"]["import"],
        "floor: of these the load, with a first trace": floor["model"]["load"],
        "floor: the remote snippet, with its service, on the demo model": floor["remote"][
            "seconds"
        ],
        "floor: the idioms of 2024, on the demo model": floor["idioms"]["seconds"],
        "floor: all of it, with the pages": floor_seconds(told),
        "`serve`: prose edit, saved → served (median)": median(serve["prose"]),
        "`serve`: first snippet edit, which loads the model": serve["first snippet edit"][
            "seconds"
        ],
        "`serve`: later snippet edit (median)": edit,
        "`serve`: of these its cells (median)": cells,
    }
    lines = [
        "## On 6 billion weights",
        "",
        f"{told['date']}, {told['machine']}. The model: {told['model']}, "
        f"{told['weights'] / GB:.2f} GB in bfloat16, on {told['device']}; fingerprint "
        f"{told['fingerprint']}. The file cache was warm. One run each; the floor is the same "
        "work without the guide, in the same run. The floor's cells run as imports, so a snippet "
        "that another one imports runs once there, and in a build twice. Memory is PSS in a cold "
        "build of its own, sampled ten times a second: mapped weights count, a page that several "
        "processes share counts once.",
        "",
        "| target | may be | was | met |",
        "|---|---|---|---|",
        *(
            f"| {what} | {may} | {was} | {'yes' if met else '**no**'} |"
            for what, may, was, met in targets(told)
        ),
        "",
        "| step | seconds |",
        "|---|--:|",
        *(
            f"| {what} | {'–' if seconds is None else f'{seconds:.1f}'} |"
            for what, seconds in steps.items()
        ),
        "",
        "| memory | GB | ÷ weights |",
        "|---|--:|--:|",
        *(
            f"| {what} | {peak / GB:.2f} | {peak / told['weights']:.3f} |"
            for what, peak in told["memory"].items()
        ),
        "",
        "| snippet | seconds in the cold build | slowest cell | its seconds |",
        "|---|--:|---|--:|",
    ]
    for snippet, seconds in cold["cells"].items():
        slowest = max(seconds, key=seconds.get)
        lines.append(
            f"| {snippet} | {sum(seconds.values()):.1f} | {slowest} | {seconds[slowest]:.1f} |"
        )
    return "\n".join([*lines, "", *(f"- {fault}" for fault in told["faults"])]).rstrip() + "\n"


def write(told: dict[str, Any], folder: Path) -> None:
    """Add date and machine to the figures, and write them into `folder`."""
    told["date"] = datetime.datetime.now(datetime.UTC).date().isoformat()
    memory = psutil.virtual_memory().total / 1024**3
    told["machine"] = f"{platform.machine()}, {os.cpu_count()} processors, {memory:.0f} GiB"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(told, indent=2) + "\n"
    (folder / "full_size.json").write_text(text, encoding="utf-8")
    (folder / "full_size.md").write_text(markdown(told), encoding="utf-8")
