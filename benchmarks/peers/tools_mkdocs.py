"""The tools that build with MkDocs: the guide, pages only, markdown-exec, mkdocs-jupyter."""

import json
import re
import shutil
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import v4

from benchmarks.peers import same_chapters, static_pages
from benchmarks.peers.same_chapters import CHAPTERS, LLMSTXT, Part
from benchmarks.shared.guide import guide_tool
from benchmarks.shared.tool import EDITED, Tool, mkdocs
from nnsight_guide.base.project import Project

GUIDE, PAGES, WHOLE_PAGES = "the guide", "pages only", "pages only, whole site"
PREVIEW = "preview.yml"
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


def guide(project: Project, folder: Path) -> Tool:
    """Return the guide with the four chapters."""
    same_chapters.write_site(project, folder, plugins=None)
    same_chapters.write_snippets(project, folder)
    (folder / "docs" / "pages").mkdir()
    shutil.copy(project.root / "docs" / "glossary.md", folder / "docs")
    for chapter in CHAPTERS:
        shutil.copy(project.root / "docs/chapters" / f"{chapter}.md", folder / "docs/pages")
    return guide_tool(GUIDE, folder, "pages")


def pages(project: Project, folder: Path, name: str, place: str) -> Tool:
    """Return a built project, whose chapters lie in `docs/` + `place`, as static text.

    As in the guide's preview, nothing writes a page as Markdown while it is served.
    """
    static_pages.write(project, folder)
    tool = mkdocs(name, folder, prose=folder / "docs" / place / f"{EDITED}.md", code=None)
    config = (folder / "mkdocs.yml").read_text(encoding="utf-8")
    (folder / PREVIEW).write_text(LLMSTXT.sub("", config), encoding="utf-8")
    serve = tool.serve
    tool.serve = lambda port: [*serve(port), "--config-file", PREVIEW]
    return tool


def markdown_exec(project: Project, folder: Path, chapters: dict[str, list[Part]]) -> Tool:
    """Return the chapters with a block of markdown-exec for each cell, and one model for all."""
    same_chapters.write_site(project, folder, plugins={})
    same_chapters.write_snippets(project, folder)
    with (folder / "mkdocs.yml").open("a", encoding="utf-8") as config:
        config.write("hooks: [hook.py]\n")
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
    config.write_text(re.sub(r"(pages/[\w-]+)\.md", r"\1.ipynb", text), encoding="utf-8")
    write_notebooks(folder / "docs" / "pages", chapters)
    page = folder / "docs" / "pages" / f"{EDITED}.ipynb"
    return editing_notebooks(mkdocs("mkdocs-jupyter", folder, prose=page, code=page))


def write_notebooks(folder: Path, chapters: dict[str, list[Part]]) -> None:
    """Write each chapter as a notebook that has not run."""
    folder.mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for chapter, parts in chapters.items():
        notebook = v4.new_notebook(metadata=metadata)
        for number, part in enumerate(parts):
            new_cell: Any = v4.new_code_cell if part.name else v4.new_markdown_cell
            tags = {"tags": ["raises-exception"]} if part.raises else {}
            notebook.cells.append(new_cell(part.text, id=f"cell-{number}", metadata=tags))
        (folder / f"{chapter}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def editing_notebooks(tool: Tool) -> Tool:
    """Let a tool, whose page is a notebook, edit the last cell of prose and the last of code."""

    def in_last(kind: str, add: Callable[[str, str], str], text: str, words: str) -> str:
        notebook = json.loads(text)
        last = [cell for cell in notebook["cells"] if cell["cell_type"] == kind][-1]
        last["source"] = add(last["source"], words)
        return json.dumps(notebook)

    tool.add_prose = partial(in_last, "markdown", tool.add_prose)
    tool.add_code = partial(in_last, "code", tool.add_code)
    return tool


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
