"""The committed recording of a snippet: the notebook of what a real model gave, from some runs.

It lies beside the snippets. Its metadata, under `guide`, list the `runs`, each with

- `format`, `provenance` and `made_with`: how it was made, and with which distributions;
- `cells`, the name and the code of each as it ran, and `modules`, the text of each file of Python
  that they used, by its path: what today's sources are compared with;
- `read`, what else of the checkout was read, as in any recording (`readings`);
- `demo`, the weights and the device that gave the twins, if there are any: a snippet for the second
  model has none, and is run again by the tests instead.

Each cell that has a name says under `guide` which `run` it is of, which `modules` it and those
before it use, and what its `twin` is: the outputs of the same cell on the demo model.
"""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnsight_guide.base import libraries
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.demo_model import digests, shipped
from nnsight_guide.recording import cells, keys
from nnsight_guide.recording.imports import project_imports
from nnsight_guide.recording.recordings import FORMAT, Recording
from nnsight_guide.recording.sealed import SealedFile

# Where they lie in the folder of the snippets: GPT-J's, and those for the second model.
RECORDINGS = "recordings"
COMMITTED_FOLDER = f"{RECORDINGS}/gpt-j-6b"
SECOND_FOLDER = f"{RECORDINGS}/smollm2-135m"
PROVENANCE = {"profile", "model", "versions", "device", "dtype", "seconds", "date"}

Run = Mapping[str, Any]
Cell = Mapping[str, Any]


class CommittedFile(SealedFile):
    """A committed recording, as it lies there."""

    @property
    def runs(self) -> list[Run]:
        """The runs that its cells are of, the oldest first."""
        return list(self._guide["runs"])

    @property
    def cells(self) -> dict[str, Cell]:
        """The cells that have a name, by it."""
        titled = ((cell["metadata"].get("title"), cell) for cell in self.content["cells"])
        return {title: cell for title, cell in titled if title}

    def run_of(self, name: str) -> Run:
        """Return the run that a cell is of."""
        run: Run = self.runs[self.cells[name]["metadata"]["guide"]["run"]]
        return run

    def twin_of(self, name: str, demo: Recording | None) -> list[Cell] | None:
        """Return what the demo model gave for a cell then, if that can be compared with `demo`."""
        if demo is None or self.run_of(name).get("demo") != demo_of(demo):
            return None
        twin: list[Cell] | None = self.cells[name]["metadata"]["guide"].get("twin")
        return twin

    def check(self) -> None:
        """Look at all that is needed of it; raises a KeyError, or the like, where that is not."""
        for name, cell in self.cells.items():
            run = self.run_of(name)
            if not run["provenance"].keys() >= PROVENANCE:
                raise KeyError("provenance")
            run["format"], run["made_with"], run["cells"], run["read"]
            [run["modules"][path] for path in cell["metadata"]["guide"]["modules"]]


def committed_path(project: Project, snippet: str) -> Path:
    """Return where the committed recording of a snippet lies.

    Raises:
        GuideError: there is no such snippet.

    """
    is_second = cells.is_for_second_model(project.snippet_path(snippet))
    folder = SECOND_FOLDER if is_second else COMMITTED_FOLDER
    return project.snippets / folder / f"{snippet}.ipynb"


def load_committed(project: Project, snippet: str) -> CommittedFile | None:
    """Return the committed recording of a snippet, if there is one.

    Raises:
        GuideError: there is no such snippet, or the file is damaged.

    """
    path = committed_path(project, snippet)
    if not path.exists():
        return None
    if found := CommittedFile.load(path):
        return found
    name = path.relative_to(project.root)
    raise GuideError(f"{name} is damaged: `git restore {name}` brings it back, or remove it")


def made_with() -> dict[str, str]:
    """Return what a run is made with: the minor version of Python, and of each distribution."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python, **libraries.needed_versions()}


def modules_used(project: Project, snippet: str, codes: Sequence[str]) -> list[dict[str, Path]]:
    """Return which files of Python each of the cells and those before it use, by their paths.

    `codes` is what stands in the cells of the snippet, in order.
    """
    path = project.snippet_path(snippet)
    used: dict[str, Path] = {}
    found = []
    for code in codes:
        for file in project_imports(path, project.root, code):
            if file.suffix == ".py":
                used[file.relative_to(project.root).as_posix()] = file
        found.append(dict(sorted(used.items())))
    return found


def text_of(path: Path) -> str:
    """Return the text of a source, whatever its lines end with."""
    return path.read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n")


def with_run(
    project: Project,
    snippet: str,
    recording: Recording,
    demo: Recording | None,
    valid: Mapping[str, Cell],
    old: CommittedFile | None,
) -> CommittedFile:
    """Return the committed recording with what a new run of the snippet gave.

    Args:
        project: the checkout.
        snippet: which one ran.
        recording: what its first cells gave, up to the last one that was missing.
        demo: what all of them gave on the demo model, from the same sources.
        valid: cells of `old` that stay as they are, in the order of today.
        old: the committed recording up to now.

    Raises:
        GuideError: a source has changed since it ran.

    """
    ran = recording.content["cells"]
    used = modules_used(project, snippet, [cell["source"] for cell in ran])
    modules = {name: text_of(file) for name, file in used[-1].items()}
    source = project.snippet_path(snippet).relative_to(project.root).as_posix()
    for name in (source, *modules):
        now = keys.hash_of(project.root / name)
        # What only a cell in comments imports is no part of a key.
        if {made.key_parts.get(name, now) for made in (recording, demo) if made} != {now}:
            raise GuideError(f"{name} has changed while it was recorded: record again")
    declared = {
        file.relative_to(project.root).as_posix(): keys.hash_of(file)
        for file in project_imports(project.root / source, project.root)
        if file.suffix != ".py"
    }
    run: dict[str, Any] = {
        "format": FORMAT,
        "provenance": recording.provenance,
        "made_with": made_with(),
        "cells": [[cell["metadata"].get("title", ""), cell["source"]] for cell in ran],
        "modules": modules,
        "read": {**recording.read, **declared},
    }
    if demo is not None:
        run["demo"] = demo_of(demo)
    merged: list[Cell] = []
    number = len(old.runs) if old else 0
    for cell, names in zip(ran, used, strict=True):
        title = cell["metadata"].get("title")
        guide: dict[str, Any] = {"run": number, "modules": list(names)}
        if demo is not None and title and (twin := demo.cell(title)):
            guide["twin"] = twin["outputs"]
        new = {**cell, "metadata": {**cell["metadata"], "guide": guide}} if title else cell
        merged.append(valid.get(title, new))
    has_run = {cell["metadata"].get("title") for cell in ran}
    merged += [cell for title, cell in valid.items() if title not in has_run]
    return _file(recording.content, merged, [*(old.runs if old else []), run])


def demo_of(demo: Recording) -> dict[str, str]:
    """Return what gave a twin: only with what the same has given can it be compared.

    That is the demo model as it is shipped. The checkpoint that is made of it holds what libraries
    write, which a new version of them may write otherwise.
    """
    weights = digests.read_digests(shipped.FOLDER)[shipped.WEIGHTS]
    return {"weights": weights, "device": demo.provenance["device"]}


def _file(like: Mapping[str, Any], merged: list[Cell], runs: list[Run]) -> CommittedFile:
    """Return a file of these cells, and of the runs that any of them is of."""
    named = [cell for cell in merged if "guide" in cell["metadata"]]
    kept = sorted({cell["metadata"]["guide"]["run"] for cell in named})
    for at, cell in enumerate(merged):
        metadata = cell["metadata"]
        if "guide" in metadata:
            guide = {**metadata["guide"], "run": kept.index(metadata["guide"]["run"])}
            merged[at] = {**cell, "metadata": {**metadata, "guide": guide}}
    guide = {"runs": [runs[number] for number in kept]}
    return CommittedFile(
        {**like, "cells": merged, "metadata": {**like["metadata"], "guide": guide}}
    )
