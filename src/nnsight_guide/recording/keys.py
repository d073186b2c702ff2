"""The key of a run: all that its outputs depend on, each part with its hash or version."""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnsight_guide.base import libraries
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording.imports import project_imports
from nnsight_guide.recording.readings import content_hash


def dependencies(project: Project, path: Path, profile: Profile) -> dict[str, str]:
    """Return all that a run of the file `path` depends on but for how it is run and recorded."""
    return {**code_parts(project, path), **surroundings(project, profile)}


def code_parts(project: Project, path: Path) -> dict[str, str]:
    """Return the hash of the file `path`, and of all that it needs of the project, by their names.

    Raises:
        GuideError: one cannot be read, or is declared and not there.

    """
    files = [path, *project_imports(path, project.root)]
    return {file.relative_to(project.root).as_posix(): hash_of(file) for file in files}


def surroundings(project: Project, profile: Profile) -> dict[str, str]:
    """Return what every run with this profile depends on.

    Raises:
        GuideError: the lock cannot be read, or a library is not installed.

    """
    return {
        project.lock_file.name: hash_of(project.lock_file),
        "Python": platform.python_version(),
        **libraries.installed_versions(),
        "profile": profile.name,
        "model": f"{profile.model_id} {profile.fingerprint}",
    }


def digest(content: Mapping[str, Any]) -> str:
    """Return one hash over what JSON can hold: a key's parts, or a whole file."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def changed_parts(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the names of the parts in which two keys differ."""
    return [name for name in {**new, **old} if old.get(name) != new.get(name)]


def hash_of(path: Path) -> str:
    """Return the hash of a file's content.

    Raises:
        GuideError: it cannot be read.

    """
    try:
        return content_hash(path.read_bytes())
    except OSError as error:
        raise GuideError(
            f"cannot read {path.name}: {error.strerror}; `git restore {path.name}` brings it back"
        ) from None
