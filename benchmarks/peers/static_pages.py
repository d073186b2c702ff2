"""The guide's pages with every block as static text: what MkDocs has to do in any case.

The same theme, the same third-party plugins; the guide's own plugin and extension are left out.
Code is fenced, outputs are fenced text, figures are images, and all other blocks are the HTML that
they printed. Notebooks are there as they were executed, and mkdocs-jupyter makes pages of them.
"""

import io
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from benchmarks.peers.same_chapters import OWN_PLUGIN, recordings_of
from nnsight_guide.base.project import Project
from nnsight_guide.chapter.page import ChapterPage, open_page
from nnsight_guide.chapter.text import Call, blocks
from nnsight_guide.html import figures, render
from nnsight_guide.html.heat_maps import heat_maps_png
from nnsight_guide.idioms import outcomes
from nnsight_guide.model import profiles
from nnsight_guide.recording.recordings import Recording

BLOCK = re.compile(
    r'^ *(`{4,})[^`]*\n.*?^ *\1$|^( *)```python exec="1" html="1"\n(.*?)^\2```$',
    re.DOTALL | re.MULTILINE,
)


def write(project: Project, folder: Path) -> None:
    """Write the pages of a project that was built, with all its recordings, into a new folder."""
    for name in ("docs", "overrides", "snippets", "src"):  # watched by `serve`, as the guide's are
        shutil.copytree(project.root / name, folder / name)
    shutil.copy(project.root / "requirements.lock", folder)
    results = Path("benchmarks/results")  # which a page embeds
    if (project.root / results).exists():
        shutil.copytree(project.root / results, folder / results)
    if (project.cache / "notebooks").exists():
        shutil.copytree(project.cache / "notebooks", folder / "docs" / "notebooks")
    shutil.copytree(project.root / "site" / "downloads", folder / "docs" / "downloads")
    shutil.copy(project.root / "site/assets/circuitsvis.js", folder / "docs/assets")
    (folder / "mkdocs.yml").write_text(_config(project.root / "mkdocs.yml"), encoding="utf-8")
    profile, recordings = profiles.current({}), recordings_of(project)
    idioms = outcomes.with_sources(project, outcomes.outcome_states(project, profile))
    for path in sorted((folder / "docs").rglob("*.md")):
        text, place = path.read_text(encoding="utf-8"), path.relative_to(folder)
        way_up = [".."] * (len(place.parts) - 1 - (place.stem == "index"))
        page = ChapterPage(
            path=place.as_posix(),
            source=text,
            base="/".join(way_up) or ".",
            profile=profile,
            recordings=recordings,
            outcomes=idioms,
            docs=project.root / "docs",
        )
        open_page(page)
        shown = replaced(text, partial(static, recordings=recordings, page=path))
        path.write_text(shown, encoding="utf-8")


def replaced(markdown: str, replace: Callable[[str], str]) -> str:
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
    match blocks(f'```python exec="1"\n{code}```'):
        case [Call("cell" | "fragment", arguments)]:
            cell = recordings[arguments[0]].cell(arguments[1])
            assert cell is not None
        case _:
            with redirect_stdout(io.StringIO()) as printed:
                exec(compile(code, "block", "exec"), {})  # noqa: S102 - a block of our own chapters
            html = re.sub(r"\n\s*\n", "\n", printed.getvalue())
            return f"<div>{html}</div>"
    parts = [fence("python", cell["source"])]
    for number, output in enumerate(cell["outputs"]):
        if drawing := output.get("data", {}).get(figures.MIME):
            name = f"{'-'.join(arguments)}-{number}.png"
            page.with_name(name).write_bytes(heat_maps_png(drawing["props"]["attention"]))
            parts.append(f"![What the cell drew]({name})")
        elif text := render.output_text(output):
            parts.append(fence("text", text))
    return "\n\n".join(parts)


def fence(language: str, text: str) -> str:
    """Return a fenced block."""
    return f"````{language}\n{text}\n````"


def _config(path: Path) -> str:
    """Return the guide's configuration without what is the guide's own."""
    lines = OWN_PLUGIN.sub("", path.read_text(encoding="utf-8")).splitlines()
    own = ("cross_links", "edit_uri")  # the last is void without a repository
    kept = [line for line in lines if not any(word in line for word in own)]
    text = "\n".join(kept).replace("strict: true\n", "") + "\n"
    return text.replace('ignore: ["*.md"]', 'ignore: ["*.md", "downloads/*/*.ipynb"]')
