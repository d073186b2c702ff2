"""The figures of the full size as Markdown, with the targets beside them."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.shared.targets import SLACK, Target, at_most, table

GB = 1e9
PEAK = 1.05  # of the memory, over the weights
RERUN_SECONDS = 0.7  # of an edited snippet, beside what its cells and the page take


def targets(figures: Mapping[str, Any]) -> list[Target]:
    """Return each target with what came of it."""
    cold, serve = figures["cold"], figures["serve"]
    bound = round(median(serve["prose"]) + RERUN_SECONDS, 2)
    rerun = median(edit["seconds"] - edit["cells"] for edit in serve["snippet"])
    loads = f"{cold['loads']}, {serve['loads']}"
    peak = figures["memory"]["peak of the tree"] / figures["weights"]
    kernels, faults = len(serve["kernels"]), len(figures["faults"])
    return [
        Target("loads of the model (cold build, all of `serve`)", "1, 1", loads, loads == "1, 1"),
        Target("kernels of `serve`", "1", str(kernels), kernels == 1),
        at_most("cold build ÷ the work alone", SLACK, cold["seconds"] / floor_seconds(figures)),
        at_most("peak memory (PSS of the process tree) ÷ weights", PEAK, peak),
        at_most("snippet edit under `serve`, less its cells", bound, rerun, " s"),
        Target("faults on the pages", "0", str(faults), faults == 0),
    ]


def floor_seconds(figures: Mapping[str, Any]) -> float:
    """Return what the work of a cold build takes without the guide."""
    return float(sum(part["seconds"] for part in figures["floor"].values()))


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    cold, floor, serve = figures["cold"], figures["floor"], figures["serve"]
    first = serve["first snippet edit"]["seconds"]
    edit = median(edit["seconds"] for edit in serve["snippet"])
    cells = median(edit["cells"] for edit in serve["snippet"])
    remote = floor["remote"]["seconds"]
    steps = {
        "write the checkpoint": figures["seconds to write"],
        "read it once, into the file cache": figures["seconds to read"],
        "start → the first snippet's outputs recorded": figures["first output"]["seconds"],
        "whole cold build": cold["seconds"],
        "build with nothing to run": floor["pages"]["seconds"],
        "floor: import, load, all cells once in one process": floor["model"]["seconds"],
        "floor: of these the import": floor["model"]["import"],
        "floor: of these the load, with a first trace": floor["model"]["load"],
        "floor: the remote snippet, with its service, on the demo model": remote,
        "floor: the idioms of 2024, on the demo model": floor["idioms"]["seconds"],
        "floor: all of it, with the pages": floor_seconds(figures),
        "`serve`: prose edit, saved → served (median)": median(serve["prose"]),
        "`serve`: first snippet edit, which loads the model": first,
        "`serve`: later snippet edit (median)": edit,
        "`serve`: of these its cells (median)": cells,
    }
    lines = [
        "## On 6 billion weights",
        "",
        f"{figures['date']}, {figures['machine']}. The model: {figures['model']}, "
        f"{figures['weights'] / GB:.2f} GB in bfloat16, on {figures['device']}; fingerprint "
        f"{figures['fingerprint']}. The file cache was warm. One run each; the floor is the same "
        "work without the guide, in the same run. The floor's cells run as imports, so a snippet "
        "that another one imports runs once there, and in a build twice. Memory is PSS in a cold "
        "build of its own, sampled ten times a second: mapped weights count, a page that several "
        "processes share counts once.",
        "",
        *table(targets(figures)),
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
            f"| {what} | {peak / GB:.2f} | {peak / figures['weights']:.3f} |"
            for what, peak in figures["memory"].items()
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
    return "\n".join([*lines, "", *(f"- {fault}" for fault in figures["faults"])]).rstrip() + "\n"
