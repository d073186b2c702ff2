"""A generated site of many chapters, five cells each: what one more page costs."""

import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers import same_chapters
from benchmarks.peers.measuring import say
from benchmarks.peers.static_pages import fence
from benchmarks.shared.running import ROUNDS, build, run_python
from benchmarks.shared.serving import READING, served
from benchmarks.shared.tool import Tool, mkdocs
from nnsight_guide.base.project import Project

SIZES = (100, 200)
TURNS = 7  # what a half of the chapters costs is a difference of two builds, which vary
CELLS = 5
MODEL = "from snippets.model import model\n"
# Nothing about the model's speed is measured here, and every cell prints something of its own.
CELL = """
# %% cell_{number}
values_{number} = [{chapter} * position for position in range(5)]
print("chapter {chapter}, cell {number}:", values_{number}, len(model.tokenizer))
"""
BLOCK = """```python exec="1" html="1"
from nnsight_guide.chapter import cell
print(cell("{snippet}", "cell_{number}"))
```"""
PROSE = "A paragraph about what the next cell shows, and why one would like to know it."


def measure(project: Project, folder: Path, log: Path) -> dict[str, Any]:
    """Return the seconds of builds at each size: cold, with nothing to do, and pages only.

    Of the largest, also those of edits under `serve`, and of `status`.
    """
    sizes = [0, *SIZES]
    sites, cold = [], []
    for size in sizes:
        guide = _guide(project, folder / f"{size}-guide", size)
        cold.append([build(guide, log).seconds])
        sites.append((guide, _pages(project, folder / f"{size}-pages", size, guide)))
    unchanged: list[list[float]] = [[] for _ in sizes]
    pages_only: list[list[float]] = [[] for _ in sizes]
    for _ in range(TURNS):  # in turn, so that what slows the machine slows every size
        for number, (guide, pages) in enumerate(sites):
            unchanged[number].append(build(guide, log).seconds)
            pages_only[number].append(build(pages, log).seconds)
    seconds = {"cold": cold, "nothing changed": unchanged, "pages only": pages_only}
    say(f"scale, {sizes} chapters: {seconds}")
    growth = _growth(unchanged) / _growth(pages_only)
    largest, command = sites[-1][0], ["-m", "nnsight_guide", "status"]
    status = round(median(run_python(command, largest, log)[0] for _ in range(ROUNDS)), 3)
    with served(largest, log) as server:
        time.sleep(READING)
        prose = [server.timed(largest.edit_prose, number).seconds for number in range(ROUNDS)]
    say(f"scale, prose edits under `serve`: {prose}")
    return {"sizes": sizes, **seconds, "growth": growth, "status": status, "prose": prose}


def _growth(seconds: list[list[float]]) -> float:
    """Return what the second half of the chapters costs, divided by what the first half does."""
    none, half, full = map(median, seconds)
    return (full - half) / (half - none)


def _guide(project: Project, folder: Path, size: int) -> Tool:
    same_chapters.write_site(project, folder, plugins=None)
    same_chapters.write_snippets(project, folder, ["model"])
    (folder / "docs" / "glossary.md").write_text("# Glossary\n", encoding="utf-8")
    texts = []
    for chapter in range(size):
        cells = [CELL.format(chapter=chapter, number=number) for number in range(CELLS)]
        snippet = f"chapter_{chapter}"
        (folder / "snippets" / f"{snippet}.py").write_text(MODEL + "".join(cells), "utf-8")
        texts.append([BLOCK.format(snippet=snippet, number=number) for number in range(CELLS)])
    return _site(f"guide, {size} chapters", folder, texts)


def _pages(project: Project, folder: Path, size: int, guide: Tool) -> Tool:
    same_chapters.write_site(project, folder, plugins={})
    (folder / "snippets").mkdir()  # which `serve` would watch
    texts: list[list[str]] = [[] for _ in range(size)]
    for chapter, blocks in enumerate(texts):
        for number in range(CELLS):
            code = CELL.format(chapter=chapter, number=number).strip().partition("\n")[2]
            values = [chapter * position for position in range(5)]
            shown = f"chapter {chapter}, cell {number}: {values} 50400"
            blocks.append(f"{fence('python', code)}\n\n{fence('text', shown)}")
    for script in (guide.html / "downloads").rglob("*.py"):
        target = folder / "docs" / script.relative_to(guide.html)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(script.read_bytes())
    return _site(f"pages, {size} chapters", folder, texts)


def _site(name: str, folder: Path, texts: list[list[str]]) -> Tool:
    (folder / "docs" / "index.md").write_text("# Many chapters\n", encoding="utf-8")
    for chapter, blocks in enumerate(texts):
        parts = [f"# Chapter {chapter}", *(f"{PROSE}\n\n{block}" for block in blocks)]
        path = folder / "docs" / f"chapter-{chapter}.md"
        path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    config = (folder / "mkdocs.yml").read_text(encoding="utf-8").split("\n")
    kept = [line for line in config if not line.startswith(("nav:", "- pages/"))]
    (folder / "mkdocs.yml").write_text("\n".join(kept), encoding="utf-8")
    edited = "chapter-0" if texts else "index"
    tool = mkdocs(name, folder, prose=folder / "docs" / f"{edited}.md", code=None)
    tool.page = f"{edited}/"
    return tool
