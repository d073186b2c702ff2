"""The figures of remote execution as Markdown."""

from collections.abc import Mapping
from typing import Any


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    plain, late = figures["runs"].values()
    rows = [
        "| snippet | requests | bytes up | bytes down | seconds | with latency |",
        "|---|--:|--:|--:|--:|--:|",
        *(_row(name, row, late[name]["seconds"]) for name, row in plain.items()),
    ]
    total = {
        place: {
            what: sum(row[place][what] for row in plain.values())
            for what in ("requests", "up", "down")
        }
        for place in ("ndif", "hub")
    }
    seconds = [sum(row["seconds"] for row in run.values()) for run in (plain, late)]
    rows.append(_row("**all**", {**total, "seconds": seconds[0]}, seconds[1]))
    hub = [
        "| beside it, of the Hugging Face hub | requests | bytes down |",
        "|---|--:|--:|",
        *(
            f"| {name} | {row['hub']['requests']} | {row['hub']['down']:,} |"
            for name, row in {**plain, "**all**": total}.items()
            if row["hub"]["requests"]
        ),
    ]
    results = ["| snippet | cell | results of its jobs, bytes |", "|---|---|---|"] + [
        f"| {row['snippet']} | {row['cell'] or '(imports)'} | {', '.join(map(str, row['bytes']))} |"
        for row in figures["results"]
    ]
    return "\n".join(
        [
            "## Remote execution",
            "",
            f"{figures['date']}, {figures['machine']}; the loopback stand-in on the demo model, "
            f"latency {figures['latency each way in ms']:g} ms each way. `model` is the start: the "
            "check of the service, the kernel, config and tokenizer. Requests and bytes are those "
            "of the run without latency, headers and frames included; more latency may add "
            "requests from code that polls.",
            "",
            *rows,
            "",
            *hub,
            "",
            "The results alone, compressed as they travel:",
            "",
            *results,
            "",
        ]
    )


def _row(name: str, row: Mapping[str, Any], late: float) -> str:
    ndif = row["ndif"]
    return (
        f"| {name} | {ndif['requests']} | {ndif['up']:,} | {ndif['down']:,} "
        f"| {row['seconds']:.2f} | {late:.2f} |"
    )
