"""A recording: the executed notebook of a snippet, and the key of all that it depends on.

One file serves as cache, download, notebook page and evidence. Its metadata hold, under
`guide`, the parts of the key (so that a stale recording can say what changed), the provenance
of its outputs, and a digest of all that the file holds: one that somebody edited by hand counts
as damaged, and its snippet runs again. (Who computes the digest anew gets past that; what does
not let them past is `verify --rerun`.)
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nnsight_guide.errors import GuideError, cannot_write
from nnsight_guide.imports import project_imports
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project, did_you_mean
from nnsight_guide.scratch import scratch_folder

FORMAT = "1"  # raise it when the runner comes to record the same run otherwise
LIBRARIES = ("nnsight", "torch", "transformers", "accelerate", "circuitsvis")


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
        return key(self.key_parts)

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


def library_versions() -> dict[str, str]:
    """Return the installed version of every library whose behaviour the pages show.

    Raises:
        GuideError: one of them is not installed.

    """
    # A library is installed into a folder, whose time of change tells it: each key asks again.
    folders = [Path(entry) for entry in sys.path]
    times = tuple(folder.stat().st_mtime_ns for folder in folders if folder.is_dir())
    return dict(_installed(LIBRARIES, times))


@lru_cache(maxsize=1)
def _installed(libraries: tuple[str, ...], _times: tuple[int, ...]) -> dict[str, str]:
    try:
        return {library: version(library) for library in libraries}
    except PackageNotFoundError as error:
        raise GuideError(f"{error.name} is not installed: run `make install`") from None


def key_parts(project: Project, snippet: str, profile: Profile) -> dict[str, str]:
    """Return everything that the outputs of a snippet depend on, each with its hash or version."""
    path = project.snippet_path(snippet)
    return {**dependencies(project, path, profile), "recording format": FORMAT}


def dependencies(project: Project, path: Path, profile: Profile) -> dict[str, str]:
    """Return all that a run of the file `path` depends on but for how it is run and recorded."""
    return {
        **surroundings(project, path),
        "profile": profile.name,
        "model": f"{profile.model_id} {profile.fingerprint}",
    }


def surroundings(project: Project, path: Path) -> dict[str, str]:
    """Return what a run of the file `path` depends on whatever the model: sources and versions."""
    modules = {
        file.relative_to(project.root).as_posix(): file
        for file in [path, *project_imports(path, project.root)]
    }
    return {
        **{name: hash_of(file) for name, file in modules.items()},
        project.lock_file.name: hash_of(project.lock_file),
        "Python": platform.python_version(),
        **library_versions(),
    }


def portable(parts: Mapping[str, str]) -> dict[str, str]:
    """Return what of a key can be compared on a machine that does not have the model.

    That is all but the profile, the model and what is a machine's own: the patch version of
    Python, and the mark of a local build (`2.13.0+cpu`).
    """
    kept = {name: part for name, part in parts.items() if name not in ("profile", "model")}
    for name in {"Python", *LIBRARIES} & kept.keys():
        kept[name] = kept[name].partition("+")[0]
    if "Python" in kept:
        kept["Python"] = ".".join(kept["Python"].split(".")[:2])
    return kept


def key(parts: Mapping[str, str]) -> str:
    """Return one hash over the parts of a key."""
    return digest(dict(parts))


def digest(content: Mapping[str, Any]) -> str:
    """Return one hash over what JSON can hold."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the names of the key's parts in which two keys differ."""
    return [name for name in {**new, **old} if old.get(name) != new.get(name)]


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
    return recording if sealed == digest(notebook) else None


def save(recording: Recording, path: Path) -> None:
    """Write a recording, with its digest, as a whole or not at all; raises as `write_json`."""
    notebook = recording.notebook
    guide = {**notebook["metadata"]["guide"], "digest": digest(notebook)}
    write_json({**notebook, "metadata": {**notebook["metadata"], "guide": guide}}, path)


def write_json(data: Mapping[str, Any], path: Path) -> None:
    """Write a file of JSON as a whole or not at all.

    Raises:
        GuideError: the folder cannot be written.

    """
    text = json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent) as folder:
            (folder / path.name).write_text(text, encoding="utf-8")
            os.replace(folder / path.name, path)  # noqa: PTH105 - says best that it is atomic
    except OSError as error:
        raise cannot_write(path.parent, error) from None


def _title(cell: Mapping[str, Any]) -> str:
    return str(cell["metadata"].get("title", ""))


def hash_of(path: Path) -> str:
    """Return the hash of a file.

    Raises:
        GuideError: it cannot be read.

    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise GuideError(
            f"cannot read {path.name}: {error.strerror}; `git restore {path.name}` brings it back"
        ) from None
