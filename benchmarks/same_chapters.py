"""The chapters that all tools are given: the same prose, the same cells, counted in the same way.

The four chapters whose cells run here and print text. They are taken from the notebooks that the
guide has made of them; before the first line of each cell stands a call that counts it. They lie
in `docs/pages`, where the guide makes no notebooks of them: each tool shows each chapter once.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nnsight_guide.base.project import Project
from nnsight_guide.recording.recordings import Recording

CHAPTERS = ("model-and-config", "tokenizers", "running-the-model", "output-versus-input")
EDITED = "output-versus-input"
SNIPPETS = ("model", "model_config", "tokenizer_basics", "trace_and_save", "input_and_output")
EDITED_SNIPPET = "input_and_output"
SHARED = "from snippets.model import *  # every page has the same model"
MARKER = re.compile(r"^# %% (?P<name>\w+)(?P<tags> .*active-ipynb.*)?(?: .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A piece of prose, or a cell with its name: `snippet/cell`."""

    text: str
    name: str = ""
    raises: bool = False


def counted(source: str, snippet: str) -> str:
    """Return a snippet whose cells say that they run."""

    def with_call(marker: re.Match[str]) -> str:
        comment = "# " if marker["tags"] else ""
        return f'{marker[0]}\n{comment}count_cell("{snippet}/{marker["name"]}")'

    return MARKER.sub(with_call, source)


def parts(project: Project, chapter: str, recordings: Mapping[str, Recording]) -> list[Part]:
    """Return the prose and the cells of a chapter, in order; its first cell loads the model."""
    path = project.cache / "notebooks" / f"{chapter}.ipynb"
    names = {
        cell["source"]: (f"{snippet}/{name}", _raises(cell))
        for snippet in SNIPPETS
        for name in recordings[snippet].cell_names()
        if (cell := recordings[snippet].cell(name))
    }
    found = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            found.append(Part(source))
        elif source in names:
            name, raises = names[source]
            text = SHARED if name == "model/setup" else source
            found.append(Part(text, name, raises))
    return found


def write_snippets(project: Project, folder: Path) -> None:
    """Write the snippets of the chapters, counted, into `folder`/snippets."""
    (folder / "snippets").mkdir(parents=True)
    (folder / "snippets" / "__init__.py").touch()
    for name in SNIPPETS:
        source = project.snippet_path(name).read_text(encoding="utf-8")
        (folder / "snippets" / f"{name}.py").write_text(counted(source, name), encoding="utf-8")


def write_site(project: Project, folder: Path, *, plugins: Mapping[str, Any] | None) -> None:
    """Write a site of no pages with the guide's theme and plugins into `folder`.

    Args:
        project: the guide.
        folder: where to, a new one.
        plugins: settings to change, by plugin; None keeps the guide's own plugin as well.

    """
    shutil.copytree(project.root / "overrides", folder / "overrides")
    shutil.copytree(project.root / "docs" / "assets", folder / "docs" / "assets")
    shutil.copytree(project.root / "src", folder / "src")
    shutil.copy(project.lock_file, folder)
    text = (project.root / "mkdocs.yml").read_text(encoding="utf-8")
    text = re.sub(r"^nav:\n(?:[ -].*\n|\n)*", _nav(), text, flags=re.MULTILINE)
    text = re.sub(r"^  - llmstxt:.*\n(?:   .*\n)*", "", text, flags=re.MULTILINE)
    text = text.replace("strict: true\n", "")  # links to the other chapters lead nowhere
    if plugins is not None:
        lines = text.splitlines()
        kept = [line for line in lines if "nnsight-guide" not in line and "cross_links" not in line]
        text = "\n".join(kept) + "\n"
    for name, settings in (plugins or {}).items():
        text = re.sub(rf"^  - {name}:.*$", f"  - {name}: {json.dumps(settings)}", text, flags=re.M)
    (folder / "mkdocs.yml").write_text(text, encoding="utf-8")


def _nav() -> str:
    return yaml.safe_dump({"nav": [f"pages/{chapter}.md" for chapter in CHAPTERS]}) + "\n"


def _raises(cell: Mapping[str, Any]) -> bool:
    return "raises-exception" in cell["metadata"].get("tags", [])
