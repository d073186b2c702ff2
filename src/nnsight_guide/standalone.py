"""A snippet → one script that runs anywhere, with the set-up in place of `from snippets import`."""

from __future__ import annotations

import ast
from pathlib import Path

from nnsight_guide.cells import read_cells
from nnsight_guide.project import Project


def standalone_script(project: Project, snippet: str) -> str:
    """Return a script with all that the snippet needs, in the order in which it runs.

    The lines `from snippets.… import …` give way to the cells of the modules that they name;
    everything else stands as it is in the file. Cells that show a deliberate failure are left
    out, since a script ends there.
    """
    parts: list[str] = []
    _collect(project, snippet, parts, seen=set())
    return "\n\n".join(parts) + "\n"


def _collect(project: Project, snippet: str, parts: list[str], seen: set[str]) -> None:
    if snippet in seen:
        return
    seen.add(snippet)
    path = project.snippet_path(snippet)
    for needed in _needed_snippets(path):
        _collect(project, needed, parts, seen)
    for name, cell in read_cells(path).items():
        if not cell.raises:
            parts.append(f"# %% {name}\n{cell.source}")


def _needed_snippets(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        module.removeprefix("snippets.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        if (module := node.module or "").startswith("snippets.")
    ]
