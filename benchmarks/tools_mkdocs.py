"""The tools that build with MkDocs: the guide, pages only, markdown-exec, mkdocs-jupyter."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import same_chapters, static_pages
from benchmarks.same_chapters import CHAPTERS, EDITED, EDITED_SNIPPET, Part
from benchmarks.tool import Tool, with_line
from nnsight_guide.base.project import Project

MKDOCS = [sys.executable, "-m", "mkdocs"]
# markdown-exec: nnsight reads the source of a `with` block, and finds it nowhere without this.
HOOK = """
import linecache
from markdown_exec._internal.formatters import python

run = python.exec_python

def registered(code, filename, *arguments):
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    return run(code, filename, *arguments)

python.exec_python = registered
"""


def whole_guide(project: Project, folder: Path) -> Tool:
    """Return the whole guide as it is, its cells counted."""
    left_out = shutil.ignore_patterns(".venv", ".cache", ".git", "site", ".*_cache", "__pycache__")
    shutil.copytree(project.root, folder, ignore=left_out)
    for path in (folder / "snippets").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        path.write_text(same_chapters.counted(source, path.stem), encoding="utf-8")
    return _guide("the guide, whole site", folder, "chapters")


def whole_pages(project: Project, folder: Path) -> Tool:
    """Return the pages of the whole guide as static text; `project` has been built."""
    static_pages.write(project, folder)
    return _static("pages only, whole site", folder, "chapters")


def guide(project: Project, folder: Path) -> Tool:
    """Return the guide with the four chapters."""
    same_chapters.write_site(project, folder, plugins=None)
    same_chapters.write_snippets(project, folder)
    (folder / "docs" / "pages").mkdir()
    shutil.copy(project.root / "docs" / "glossary.md", folder / "docs")
    for chapter in CHAPTERS:
        shutil.copy(project.root / "docs/chapters" / f"{chapter}.md", folder / "docs/pages")
    return _guide("the guide", folder, "pages")


def pages(project: Project, folder: Path) -> Tool:
    """Return the four chapters as static text; `project`, of these chapters, has been built."""
    static_pages.write(project, folder)
    return _static("pages only", folder, "pages")


def markdown_exec(project: Project, folder: Path, chapters: dict[str, list[Part]]) -> Tool:
    """Return the chapters with a block of markdown-exec for each cell, and one model for all."""
    same_chapters.write_site(project, folder, plugins={})
    same_chapters.write_snippets(project, folder)
    config = folder / "mkdocs.yml"
    config.write_text(config.read_text(encoding="utf-8") + "hooks: [hook.py]\n", encoding="utf-8")
    (folder / "hook.py").write_text(HOOK, encoding="utf-8")
    (folder / "docs" / "pages").mkdir()
    for chapter, parts in chapters.items():
        text = "\n\n".join(_block(part, chapter) if part.name else part.text for part in parts)
        (folder / "docs/pages" / f"{chapter}.md").write_text(text, encoding="utf-8")
    page = folder / "docs" / "pages" / f"{EDITED}.md"
    return mkdocs("markdown-exec", folder, prose=page, code=page)


def mkdocs_jupyter(project: Project, folder: Path, chapters: dict[str, list[Part]]) -> Tool:
    """Return the chapters as notebooks that mkdocs-jupyter executes, with its cache."""
    settings = {"include": ["*.ipynb"], "execute": True, "allow_errors": False, "cache": True}
    same_chapters.write_site(project, folder, plugins={"mkdocs-jupyter": settings})
    same_chapters.write_snippets(project, folder)
    config = folder / "mkdocs.yml"
    text = config.read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        text = text.replace(f"pages/{chapter}.md", f"pages/{chapter}.ipynb")
    config.write_text(text, encoding="utf-8")
    write_notebooks(folder / "docs" / "pages", chapters)
    page = folder / "docs" / "pages" / f"{EDITED}.ipynb"
    tool = mkdocs("mkdocs-jupyter", folder, prose=page, code=page)
    tool.add_prose, tool.add_code = add_to_last_text, add_to_last_cell
    return tool


def write_notebooks(folder: Path, chapters: dict[str, list[Part]]) -> None:
    """Write each chapter as a notebook that has not run."""
    folder.mkdir(parents=True)
    for chapter, parts in chapters.items():
        cells: list[dict[str, Any]] = []
        for number, part in enumerate(parts):
            cell = {"id": f"cell-{number}", "metadata": {}, "source": part.text}
            if part.name:
                tags = {"tags": ["raises-exception"]} if part.raises else {}
                code: dict[str, Any] = {"cell_type": "code", "outputs": [], "execution_count": None}
                cells.append({**cell, **code, "metadata": tags})
            else:
                cells.append({**cell, "cell_type": "markdown"})
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{chapter}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def add_to_last_text(text: str, words: str) -> str:
    """Return a notebook with words added to its last cell of prose."""
    notebook = json.loads(text)
    last = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"][-1]
    last["source"] += f"\n\n{words}"
    return json.dumps(notebook)


def add_to_last_cell(text: str, line: str) -> str:
    """Return a notebook with a line added to its last cell of code."""
    notebook = json.loads(text)
    last = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][-1]
    last["source"] = with_line(last["source"], line)
    return json.dumps(notebook)


def guarded(part: Part) -> str:
    """Return the code of a cell; what it raises on purpose is printed, as a notebook shows it."""
    if not part.raises:
        return part.text
    code = textwrap.indent(part.text, "    ")
    shown = 'print(f"{type(error).__name__}: {error}")'
    return f"try:\n{code}\nexcept Exception as error:\n    {shown}"


def _block(part: Part, session: str) -> str:
    head = f'````python exec="on" source="above" result="text" session="{session}"'
    return f"{head}\n{guarded(part)}\n````"


def _guide(name: str, folder: Path, place: str) -> Tool:
    prose = folder / "docs" / place / f"{EDITED}.md"
    tool = mkdocs(name, folder, prose=prose, code=folder / "snippets" / f"{EDITED_SNIPPET}.py")
    tool.build_pages, tool.build = tool.build, [sys.executable, "-m", "nnsight_guide", "build"]
    return tool


def _static(name: str, folder: Path, place: str) -> Tool:
    return mkdocs(name, folder, prose=folder / "docs" / place / f"{EDITED}.md", code=None)


def mkdocs(name: str, folder: Path, *, prose: Path, code: Path | None) -> Tool:
    """Return a project that MkDocs builds and serves, which lies in `folder`."""
    return Tool(
        name,
        folder,
        build=[*MKDOCS, "build"],
        serve=lambda port: [*MKDOCS, "serve", "-a", f"127.0.0.1:{port}"],
        html=folder / "site",
        page=f"{prose.parent.name}/{EDITED}/",
        prose=prose,
        code=code,
        caches=[".cache", "site"],
    )


def chapters_of(
    project: Project, recordings: Any, names: Sequence[str] = CHAPTERS
) -> dict[str, list[Part]]:
    """Return the parts of each chapter; `project`, of these chapters, has been built."""
    return {name: same_chapters.parts(project, name, recordings) for name in names}
