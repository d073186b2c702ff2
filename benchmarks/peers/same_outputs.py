"""Whether a tool's pages show what the guide recorded: every line that a cell printed."""

import re
from collections.abc import Iterable, Iterator, Mapping

from bs4 import BeautifulSoup

from benchmarks.peers.same_chapters import CHAPTERS, Part
from benchmarks.shared.tool import EDITED, Tool
from nnsight_guide.html import render
from nnsight_guide.recording.recordings import Recording

# Lines that the guide cleans (an address, a file, a duration) no other tool shows in that form.
CLEANED = re.compile(r"0x…|<cell>|… s\)|\[job\]|⠿")

Line = tuple[str, str, str]  # its chapter, the cell that printed it (`snippet/cell`), its text


def recorded_lines(
    chapters: Mapping[str, list[Part]], recordings: Mapping[str, Recording]
) -> Iterator[Line]:
    """Yield the lines that every tool must show."""
    for chapter, parts in chapters.items():
        for part in parts:
            snippet, _, name = part.name.partition("/")
            cell = recordings[snippet].cell(name) if name else None
            for output in cell["outputs"] if cell else []:
                for line in render.output_text(output).splitlines():
                    if not CLEANED.search(line):
                        yield chapter, part.name, line


def missing_lines(tool: Tool, lines: Iterable[Line]) -> list[str]:
    """Return the lines that a tool's pages do not show, each with its cell."""
    shown = {chapter: _text(tool, chapter) for chapter in CHAPTERS}
    return [
        f"{cell}: {line}" for chapter, cell, line in lines if _squeezed(line) not in shown[chapter]
    ]


def _text(tool: Tool, chapter: str) -> str:
    path = tool.html / tool.page.replace(EDITED, chapter)
    path = path / "index.html" if tool.page.endswith("/") else path
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return _squeezed(soup.get_text())


def _squeezed(text: str) -> str:
    return " ".join(text.split())
