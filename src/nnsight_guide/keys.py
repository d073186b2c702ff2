"""The key of a recording: what a run depends on, each part with its hash or version."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nnsight_guide.errors import GuideError
from nnsight_guide.imports import project_imports
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project

LIBRARIES = ("nnsight", "torch", "transformers", "accelerate", "circuitsvis")


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
