"""What may be shown of a committed recording: each cell that today's sources would give again.

Nobody who builds the site needs the real model, so a cell is judged by what it was made from: its
code, the cells before it, the modules that they use, and what they read. With which versions it
was made is stated, and does not count, for as long as the demo model's output of the same cell,
its twin, is what it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.recording import cells, keys, readings
from nnsight_guide.recording.committed import (
    Cell,
    CommittedFile,
    load_committed,
    made_with,
    modules_used,
    text_of,
)
from nnsight_guide.recording.likeness import (
    does_the_same,
    is_code,
    says_the_same,
    tells_of_source,
)
from nnsight_guide.recording.recordings import FORMAT, Recording

NONE = "no recording"
ABOVE = "what stands above the first cell"
TWIN = "what the demo model gives for it"


@dataclass(frozen=True)
class RealCell:
    """What the real model gave for a cell.

    Attributes:
        outputs: as Jupyter records them.
        provenance: how they came to be, as that of any recording.
        key: names the run.
        since: of each version that is another one today, by its name, the one of today.
        is_proven: whether the demo model gives today what it gave then.

    """

    outputs: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any]
    key: str
    since: Mapping[str, str]
    is_proven: bool


# What a cell shows of which no recording may be shown: `why`, and nothing else.
OUT_OF_DATE = "application/vnd.nnsight-guide.out-of-date+json"

Real = Mapping[str, Mapping[str, RealCell]]  # by snippet, then by cell


@dataclass(frozen=True)
class RealState:
    """What may be shown of the committed recording of a snippet.

    Attributes:
        snippet: which one.
        file: its committed recording, if there is one.
        cells: what may be shown, by the names of the cells, in their order.
        stale_because: of each other cell that the snippet has today, why not.

    """

    snippet: str
    file: CommittedFile | None
    cells: Mapping[str, RealCell]
    stale_because: Mapping[str, list[str]]

    @property
    def is_fresh(self) -> bool:
        """Whether there is a recording, and all of it may be shown."""
        return self.file is not None and not self.stale_because

    def valid(self) -> dict[str, Cell]:
        """Return the cells that may be shown, as they lie in the file."""
        return {name: self.file.cells[name] for name in self.cells} if self.file else {}

    def reasons(self) -> list[str]:
        """Return why cells are not shown, a line for each reason, with the cells."""
        if self.file is None:
            return [NONE]
        found: dict[str, list[str]] = {}
        for name, why in self.stale_because.items():
            found.setdefault(", ".join(why), []).append(name)
        return [f"{', '.join(names)}: {why}" for why, names in found.items()]


def real_state(project: Project, snippet: str, demo: Recording | None) -> RealState:
    """Compare the committed recording of a snippet with what can be known of it today.

    Args:
        project: the checkout.
        snippet: which one.
        demo: what the demo model gives today, as far as that is known.

    Raises:
        GuideError: there is no such snippet, or the file of its recording is damaged.

    """
    file = load_committed(project, snippet)
    if file is None:
        return RealState(snippet, None, {}, {})
    try:
        now = _cells_of(project.snippet_path(snippet), demo)
    except GuideError as error:  # which stops a build, and not who only asks
        return RealState(snippet, file, {}, {name: [str(error)] for name in file.cells})
    used = modules_used(project, snippet, [source for _, source in now])
    versions = made_with()
    shown: dict[str, RealCell] = {}
    stale_because: dict[str, list[str]] = {}
    for at, (name, _) in enumerate(now, start=1):
        if name and name not in file.cells:
            stale_because[name] = [NONE]
        elif name:
            twin = file.twin_of(name, demo)
            changed = [*_changed(project.root, file, name, now[:at], used[at - 1])]
            if demo and twin is not None and not says_the_same(twin, _outputs(demo, name)):
                changed = changed or [TWIN]  # else it is for the same reason
            if changed:
                stale_because[name] = [f"{what} changed" for what in changed]
            else:
                shown[name] = _real_cell(file, name, versions, is_proven=twin is not None)
    return RealState(snippet, file, shown, stale_because)


def as_recording(project: Project, state: RealState, today: Mapping[str, str]) -> Recording:
    """Return the cells of today with what may be shown of them; each other one shows why nothing.

    Args:
        project: the checkout.
        state: that of a recording that there is.
        today: what the snippet depends on today.

    Raises:
        GuideError: the snippet cannot be read.

    """
    assert state.file is not None
    notebook = cells.read_notebook(project.snippet_path(state.snippet))
    shown: list[Cell] = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        name = cell.metadata.get("title")
        if name in state.cells:
            outputs = list(state.cells[name].outputs)
        else:
            outputs = [_out_of_date(state.stale_because[name])] if name else []
        shown.append({**cell, "outputs": outputs})
    run = state.file.runs[-1]
    guide = {
        "key_parts": {**today, "committed recording": keys.digest(run)},
        "read": run["read"],
        "provenance": run["provenance"],
    }
    metadata = {**state.file.content["metadata"], "guide": guide}
    return Recording({**notebook, "cells": shown, "metadata": metadata})


def _out_of_date(why: Sequence[str]) -> Mapping[str, Any]:
    said = "The output of this cell is out of date"
    data = {OUT_OF_DATE: {"why": ", ".join(why)}, "text/plain": f"{said} ({', '.join(why)})."}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _cells_of(path: Path, demo: Recording | None) -> list[tuple[str, str]]:
    """Return the name and the code of each cell as it runs today; what has no name is first."""
    if demo is not None:  # it is of today, and has them already
        found = demo.content["cells"]
    else:
        found = [cell for cell in cells.read_notebook(path).cells if cell.cell_type == "code"]
    return [(cell["metadata"].get("title") or "", cell["source"]) for cell in found]


def _outputs(demo: Recording, name: str) -> Sequence[Mapping[str, Any]]:
    cell = demo.cell(name)
    return cell["outputs"] if cell else []


def _changed(
    root: Path,
    file: CommittedFile,
    name: str,
    now: Sequence[tuple[str, str]],
    used: Mapping[str, Path],
) -> Iterator[str]:
    """Yield what of all that a cell was made from is not so today.

    `now` is what runs up to it today, and `used` the modules that this needs.
    """
    cell, run = file.cells[name], file.run_of(name)
    outputs = cell["outputs"]
    if run["format"] != FORMAT:
        yield "recording format"
    n_cells = [title for title, _ in run["cells"]].index(name) + 1
    then = run["cells"][:n_cells]
    pairs = [*zip_longest(*([(t, s) for t, s in part if is_code(s)] for part in (then, now)))]
    is_edited = any(old != new for old, new in pairs)  # else it need not be asked what is quoted
    as_text = is_edited and tells_of_source(outputs, "\n".join(source for _, source in then))
    for old, new in pairs:
        if not (old and new and does_the_same(old[1], new[1], as_text=as_text)):
            title = (new or old)[0]
            yield f"cell '{title}'" if title else ABOVE
            break
    modules = {path: run["modules"][path] for path in cell["metadata"]["guide"]["modules"]}
    for path in sorted({*modules, *used}):
        if path in modules and path in used:
            old, new = modules[path], text_of(used[path])
            as_text = old != new and tells_of_source(outputs, old, Path(path).name)
            if does_the_same(old, new, as_text=as_text):
                continue
        yield path
    yield from readings.changed(root, run["read"])


def _real_cell(
    file: CommittedFile, name: str, versions: Mapping[str, str], *, is_proven: bool
) -> RealCell:
    run = file.run_of(name)
    # What only one of the two has belongs to its machine: a driver, a part of a system's own.
    since = {n: v for n, v in versions.items() if run["made_with"].get(n, v) != v}
    outputs = file.cells[name]["outputs"]
    return RealCell(outputs, run["provenance"], keys.digest(run), since, is_proven)
