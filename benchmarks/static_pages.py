"""The guide's pages with every block as static text: what MkDocs has to do in any case.

The same theme, the same third-party plugins; the guide's own plugin and extension are left out.
Code is fenced, outputs are fenced text, figures are images, and all other blocks are the HTML that
they printed. Notebooks are there as they were executed, and mkdocs-jupyter makes pages of them.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from nnsight_guide.html import render, figures
from nnsight_guide.idioms import outcomes
from nnsight_guide.model import profiles
from nnsight_guide.chapter.text import Call, blocks
from nnsight_guide.recording.freshness import freshness
from nnsight_guide.html.heat_map_png import heat_maps_png
from nnsight_guide.chapter.page import Page, open_page
from nnsight_guide.base.project import Project
from nnsight_guide.recording.recordings import Recording

BLOCK = re.compile(
    r'^ *(`{4,})[^`]*\n.*?^ *\1$|^( *)```python exec="1" html="1"\n(.*?)^\2```$',
    re.DOTALL | re.MULTILINE,
)
Replace = Callable[[str], str]


def write(project: Project, folder: Path) -> None:
    """Write the pages of a project that was built, with all its recordings, into a new folder."""
    shutil.copytree(project.root / "docs", folder / "docs")
    shutil.copytree(project.root / "overrides", folder / "overrides")
    for name in ("snippets", "src"):  # watched by `serve`, as the guide's are
        shutil.copytree(project.root / name, folder / name)
    shutil.copy(project.root / "requirements.lock", folder)
    results = Path("benchmarks/results")  # which a page embeds
    if (project.root / results).exists():
        shutil.copytree(project.root / results, folder / results)
    if (project.cache / "notebooks").exists():
        shutil.copytree(project.cache / "notebooks", folder / "docs" / "notebooks")
    shutil.copytree(project.root / "site" / "downloads", folder / "docs" / "downloads")
    script = project.root / "site" / "assets" / "circuitsvis.js"
    shutil.copy(script, folder / "docs" / "assets")
    (folder / "mkdocs.yml").write_text(_config(project.root / "mkdocs.yml"), encoding="utf-8")
    recordings = _recordings(project)
    for path in sorted((folder / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        open_page(_page(project, path.relative_to(folder), text, recordings))
        shown = replaced(text, partial(static, recordings=recordings, page=path))
        path.write_text(shown, encoding="utf-8")


def replaced(markdown: str, replace: Replace) -> str:
    """Return a chapter with each block of markdown-exec replaced, at its own indentation."""

    def one(block: re.Match[str]) -> str:
        indent, code = block.group(2, 3)
        if code is None:
            return block[0]  # a longer fence, which shows how a block is written
        lines = replace(re.sub(f"^{indent}", "", code, flags=re.MULTILINE)).splitlines()
        return "\n".join(f"{indent}{line}" if line.strip() else "" for line in lines)

    return BLOCK.sub(one, markdown)


def static(code: str, recordings: dict[str, Recording], page: Path) -> str:
    """Return what a block shows: as Markdown if it shows one cell, else as the HTML it prints."""
    call = shown_cell(code)
    if call is None:
        with redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, "block", "exec"), {})  # noqa: S102 - a block of our own chapters
        html = re.sub(r"\n\s*\n", "\n", printed.getvalue())
        return f"<div>{html}</div>"
    cell = recordings[call.arguments[0]].cell(call.arguments[1])
    assert cell is not None
    parts = [fence("python", cell["source"])]
    for number, output in enumerate(cell["outputs"]):
        if drawing := output.get("data", {}).get(figures.MIME):
            name = f"{'-'.join(call.arguments)}-{number}.png"
            page.with_name(name).write_bytes(heat_maps_png(drawing["props"]["attention"]))
            parts.append(f"![What the cell drew]({name})")
        elif text := render.output_text(output):
            parts.append(fence("text", text))
    return "\n\n".join(parts)


def shown_cell(code: str) -> Call | None:
    """Return the call of a block that shows exactly one cell with its outputs, else None."""
    calls = blocks(f'```python exec="1"\n{code}```')
    if len(calls) != 1 or not isinstance(call := calls[0], Call):
        return None
    return call if call.function in ("cell", "fragment") else None


def fence(language: str, text: str) -> str:
    """Return a fenced block."""
    return f"````{language}\n{text}\n````"


def _recordings(project: Project) -> dict[str, Recording]:
    profile = profiles.current({})
    states = {name: freshness(project, name, profile) for name in project.snippet_names()}
    return {name: state.recording for name, state in states.items() if state.recording}


def _page(project: Project, path: Path, text: str, recordings: dict[str, Recording]) -> Page:
    profile = profiles.current({})
    return Page(
        path=path.as_posix(),
        source=text,
        base="/".join([".."] * (len(path.parts) - 1 - (path.stem == "index"))) or ".",
        profile=profile,
        recordings=recordings,
        outcomes=outcomes.read_all(project, profile),
        docs=project.root / "docs",
    )


def _config(path: Path) -> str:
    """Return the guide's configuration without what is the guide's own."""
    lines = path.read_text(encoding="utf-8").splitlines()
    own = ("nnsight-guide", "cross_links", "edit_uri")  # the last is void without a repository
    kept = [line for line in lines if not any(word in line for word in own)]
    text = "\n".join(kept).replace("strict: true\n", "") + "\n"
    return text.replace('ignore: ["*.md"]', 'ignore: ["*.md", "downloads/*/*.ipynb"]')
