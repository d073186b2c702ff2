"""A recording: the executed notebook of a snippet, with the key of all that it depends on.

One file serves as cache, download, notebook page and evidence.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project, did_you_mean
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import keys
from nnsight_guide.recording.sealed import Sealed

FORMAT = "2"  # raise it when the runner comes to record the same run otherwise


class Recording(Sealed):
    """An executed notebook, whose provenance also names device, dtype and seconds of each cell."""

    @property
    def seconds(self) -> float:
        """How long the cells took together, in seconds."""
        return float(sum(self.provenance["seconds"].values()))

    def cell(self, name: str) -> Mapping[str, Any] | None:
        """Return the cell of that name as Jupyter's own dictionary, outputs included."""
        return self.named_cells().get(name)

    def named_cells(self) -> dict[str, Mapping[str, Any]]:
        """Return the cells that have a name, by it, in order."""
        titled = ((cell["metadata"].get("title"), cell) for cell in self.content["cells"])
        return {title: cell for title, cell in titled if title}

    def cell_names(self) -> list[str]:
        """Return the names of the cells that have one."""
        return list(self.named_cells())


def pick_cell(recordings: Mapping[str, Recording], snippet: str, name: str) -> Mapping[str, Any]:
    """Return a cell of a snippet as it was recorded.

    Raises:
        GuideError: there is no such snippet, or no such cell; the nearest name is named.

    """
    if snippet not in recordings:
        raise GuideError(f"there is no snippet '{snippet}'{did_you_mean(snippet, recordings)}")
    recording = recordings[snippet]
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
