"""Whether a tool's pages show what the guide recorded: every line that a cell printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bs4 import BeautifulSoup

from benchmarks.same_chapters import EDITED, Part
from benchmarks.tool import Tool
from nnsight_guide.html import render
from nnsight_guide.recording.recordings import Recording

# Lines that the guide cleans (an address, a file, a duration) no other tool shows in that form.
CLEANED = re.compile(r"0x…|<cell>|… s\)|\[job\]|⠿")


def missing(
    tool: Tool, chapters: Mapping[str, list[Part]], recordings: Mapping[str, Recording]
) -> list[str]:
    """Return the lines that a tool's pages do not show, each with its cell."""
    found = []
    for chapter, parts in chapters.items():
        text = _text(_page(tool, chapter))
        for part in parts:
            snippet, _, name = part.name.partition("/")
            cell = recordings[snippet].cell(name) if name else None
            for output in cell["outputs"] if cell else []:
                for line in render.output_text(output).splitlines():
                    if not CLEANED.search(line) and _squeezed(line) not in text:
                        found.append(f"{part.name}: {line}")
    return found


def n_lines(chapters: Mapping[str, list[Part]], recordings: Mapping[str, Recording]) -> int:
    """Return how many lines are looked for."""
    return sum(
        not CLEANED.search(line)
        for parts in chapters.values()
        for part in parts
        if part.name
        for snippet, _, name in [part.name.partition("/")]
        for output in (recordings[snippet].cell(name) or {"outputs": []})["outputs"]
        for line in render.output_text(output).splitlines()
    )


def _page(tool: Tool, chapter: str) -> Path:
    path = tool.html / tool.page.replace(EDITED, chapter)
    return path / "index.html" if tool.page.endswith("/") else path


def _text(path: Path) -> str:
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return _squeezed(soup.get_text())


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
