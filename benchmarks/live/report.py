"""The figures of the live figure as Markdown."""

from collections.abc import Mapping
from typing import Any


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the figures as tables."""
    sizes, ready, memory = figures["bytes"], figures["ready in ms"], figures["memory"]
    few, many = memory.values()
    rows = [
        *((f"bytes that come {where}", f"{size:,}") for where, size in sizes.items()),
        ("milliseconds until it is there, once the bytes are", f"{ready['median']}"),
        *(((f"memory {when}"), f"{held:g}") for when, held in memory.items()),
        ("growth of memory", f"{(many - few) / few:+.1%}"),
    ]
    keys = [
        f"| {what} | {row['median']:g} | {row['p95']:g} |"
        for what, row in figures["keystroke in ms"].items()
    ]
    return "\n".join(
        [
            "## The model in the page",
            "",
            f"{figures['date']}, {figures['machine']}; {figures['browser']}, the whole of "
            "[the figure](try-it.md) on a page 1440 pixels wide. What comes with the page is all "
            "that comes before a reader touches the figure; no other page has any of it.",
            "",
            "| What | Figure |",
            "|---|--:|",
            *(f"| {name} | {value} |" for name, value in rows),
            "",
            "| from a keystroke to its last pixel, in milliseconds | median | 95th percentile |",
            "|---|--:|--:|",
            *keys,
            "",
        ]
    )
