"""The chapters that all tools are given: the same prose, the same cells, counted in the same way.

The four chapters whose cells run here and print text. They are taken from the notebooks that the
guide has made of them; before the first line of each cell stands a call that counts it. They lie
in `docs/pages`, where the guide makes no notebooks of them: each tool shows each chapter once.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.shared.counts import counted
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.recording import cells
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan

CHAPTERS = ("model-and-config", "tokenizers", "running-the-model", "output-versus-input")
SNIPPETS = ("model", "model_config", "tokenizer_basics", "trace_and_save", "input_and_output")
# In mkdocs.yml, with its settings: they name pages that are not here.
OWN_PLUGIN = re.compile(r"^  - nnsight-guide\b.*\n(?:   .*\n)*", re.MULTILINE)
LLMSTXT = re.compile(r"^  - llmstxt:.*\n(?:   .*\n)*", re.MULTILINE)
SHARED = "from snippets.model import *  # every page has the same model"


@dataclass(frozen=True)
class Part:
    """A piece of prose, or a cell.

    Attributes:
        text: Markdown, or code.
        name: of a cell, `snippet/cell`.
        raises: whether a cell raises an error on purpose.

    """

    text: str
    name: str = ""
    raises: bool = False


def recordings_of(project: Project) -> dict[str, Recording]:
    """Return the recording of each snippet; `project` has been built."""
    plan = Plan(project, profiles.current({}))
    return {name: state.recorded for name, state in plan.snippets.items() if state.recorded}


def parts_of(project: Project, chapter: str, recordings: Mapping[str, Recording]) -> list[Part]:
    """Return the prose and the cells of a chapter, in order; its first cell loads the model.

    The project, with all these recordings, has been built.
    """
    path = project.cache / "notebooks" / f"{chapter}.ipynb"
    names = {
        cell["source"]: (f"{snippet}/{name}", cells.raises(cell))
        for snippet in SNIPPETS
        for name, cell in recordings[snippet].named_cells().items()
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


def write_snippets(project: Project, folder: Path, names: Iterable[str] = SNIPPETS) -> None:
    """Write snippets, by default those of the chapters, counted, into `folder`/snippets."""
    (folder / "snippets").mkdir(parents=True)
    (folder / "snippets" / "__init__.py").touch()
    for name in names:
        source = project.snippet_path(name).read_text(encoding="utf-8")
        (folder / "snippets" / f"{name}.py").write_text(counted(source, name), encoding="utf-8")


def write_site(project: Project, folder: Path, *, plugins: Mapping[str, Any] | None) -> None:
    """Write a site of no pages with the guide's theme and plugins into `folder`.

    Args:
        project: the guide.
        folder: where to, a new one.
        plugins: settings to change, by plugin; None keeps the guide's own plugin as well.

    """
    for name in ("overrides", "docs/assets", "src"):
        shutil.copytree(project.root / name, folder / name)
    shutil.copy(project.lock_file, folder)
    text = (project.root / "mkdocs.yml").read_text(encoding="utf-8")
    nav = yaml.safe_dump({"nav": [f"pages/{chapter}.md" for chapter in CHAPTERS]}) + "\n"
    text = re.sub(r"^nav:\n(?:[ -].*\n|\n)*", nav, text, flags=re.MULTILINE)
    text = LLMSTXT.sub("", text)
    text = text.replace("strict: true\n", "")  # links to the other chapters lead nowhere
    text = OWN_PLUGIN.sub("  - nnsight-guide\n" if plugins is None else "", text)
    if plugins is not None:
        kept = [line for line in text.splitlines() if "cross_links" not in line]
        text = "\n".join(kept) + "\n"
    for name, settings in (plugins or {}).items():
        text = re.sub(rf"^  - {name}:.*$", f"  - {name}: {json.dumps(settings)}", text, flags=re.M)
    (folder / "mkdocs.yml").write_text(text, encoding="utf-8")
