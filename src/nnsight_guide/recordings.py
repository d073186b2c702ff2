"""A recording: the executed notebook of a snippet, with the key of all that it depends on.

One file serves as cache, download, notebook page and evidence. Its metadata hold, under
`guide`, the parts of the key (so that a stale recording can say what changed), the provenance
of its outputs, and a digest of all that the file holds: one that somebody edited by hand counts
as damaged, and its snippet runs again. (Who computes the digest anew gets past that; what does
not let them past is `verify --rerun`.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnsight_guide import keys
from nnsight_guide.errors import GuideError
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project, did_you_mean
from nnsight_guide.scratch import write_json

FORMAT = "1"  # raise it when the runner comes to record the same run otherwise


@dataclass(frozen=True)
class Recording:
    """An executed notebook and what is known of how it came to be."""

    notebook: Mapping[str, Any]

    @property
    def key_parts(self) -> dict[str, str]:
        """What the outputs depend on: a name for each thing, and its hash or version."""
        return dict(self._guide["key_parts"])

    @property
    def key(self) -> str:
        """The hash of the key's parts."""
        return keys.key(self.key_parts)

    @property
    def provenance(self) -> dict[str, Any]:
        """Profile, model, versions, device, dtype, date and seconds per cell of the run."""
        return dict(self._guide["provenance"])

    @property
    def seconds(self) -> float:
        """How long the cells took together, in seconds."""
        return float(sum(self.provenance["seconds"].values()))

    @property
    def _guide(self) -> Mapping[str, Any]:
        guide: Mapping[str, Any] = self.notebook["metadata"]["guide"]
        return guide

    def cell(self, name: str) -> Mapping[str, Any] | None:
        """Return the cell of that name as Jupyter's own dictionary, outputs included."""
        return self.named_cells().get(name)

    def named_cells(self) -> dict[str, Mapping[str, Any]]:
        """Return the cells that have a name, by it, in order."""
        return {title: cell for cell in self.notebook["cells"] if (title := _title(cell))}

    def cell_names(self) -> list[str]:
        """Return the names of the cells that have one."""
        return list(self.named_cells())


def pick(recordings: Mapping[str, Recording], snippet: str) -> Recording:
    """Return the recording of a snippet.

    Raises:
        GuideError: there is no such snippet; the nearest name is named.

    """
    if snippet not in recordings:
        raise GuideError(f"there is no snippet '{snippet}'{did_you_mean(snippet, recordings)}")
    return recordings[snippet]


def pick_cell(recordings: Mapping[str, Recording], snippet: str, name: str) -> Mapping[str, Any]:
    """Return a cell of a snippet as it was recorded.

    Raises:
        GuideError: there is no such snippet, or no such cell; the nearest name is named.

    """
    recording = pick(recordings, snippet)
    recorded = recording.cell(name)
    if recorded is None:
        hint = did_you_mean(name, recording.cell_names())
        raise GuideError(f"snippets/{snippet}.py has no cell '{name}'{hint}")
    return recorded


def key_parts(project: Project, snippet: str, profile: Profile) -> dict[str, str]:
    """Return everything that the outputs of a snippet depend on, each with its hash or version."""
    path = project.snippet_path(snippet)
    return {**keys.dependencies(project, path, profile), "recording format": FORMAT}


def recording_path(project: Project, snippet: str, profile: Profile) -> Path:
    """Return where the recording of a snippet lies."""
    return project.cache / "recordings" / profile.name / f"{snippet}.ipynb"


def load(path: Path) -> Recording | None:
    """Read a recording; one that is missing, damaged or edited by hand is none."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        sealed = notebook["metadata"]["guide"].pop("digest")
        recording = Recording(notebook)
        recording.key  # noqa: B018 - a notebook that is no recording shows here
        recording.seconds  # noqa: B018
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return recording if sealed == keys.digest(notebook) else None


def save(recording: Recording, path: Path) -> None:
    """Write a recording, with its digest, as a whole or not at all; raises as `write_json`."""
    notebook = recording.notebook
    guide = {**notebook["metadata"]["guide"], "digest": keys.digest(notebook)}
    write_json({**notebook, "metadata": {**notebook["metadata"], "guide": guide}}, path)


def _title(cell: Mapping[str, Any]) -> str:
    return str(cell["metadata"].get("title", ""))
