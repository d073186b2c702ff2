"""Whether a build would give the site that is there already: then nothing needs to be done.

MkDocs builds every page each time, and begins with a second of imports. What a site depends on is
read in a tenth of that: all files of the checkout, the settings, the model, the versions that are
installed, and the recordings. Of these, and of the files of the site, the last build that went
well keeps a hash.
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import write_json
from nnsight_guide.model.profiles import Profile

MADE = ("dist", "site", "site-offline.zip")  # by builds, at the root of the checkout


def sources(project: Project, profile: Profile, environ: Mapping[str, str] = os.environ) -> str:
    """Return a hash of all that a site is made from, but for the recordings."""
    settings = {name: value for name, value in environ.items() if name.startswith("GUIDE_")}
    folders = [Path(entry) for entry in sys.path if entry.endswith("-packages")]
    installed = sorted(
        entry.name for folder in folders for entry in folder.glob("*.dist-info") if entry.is_dir()
    )
    model = f"{profile.model_id} {profile.fingerprint}"
    facts = [settings, installed, platform.python_version(), profile.name, model]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in _files(project.root):
        if path.relative_to(project.root).parts[0] in MADE:
            continue
        digest.update(f"{path.relative_to(project.root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_built(project: Project, made_from: str) -> bool:
    """Whether the site was made from these `sources`, and it and its recordings are untouched."""
    try:
        kept = json.loads(_kept(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(kept == {"sources": made_from, "made": _made(project)})


def remember(project: Project, profile: Profile, made_from: str) -> None:
    """Keep what the site was made from, unless that changed meanwhile.

    Raises:
        GuideError: the cache cannot be written.

    """
    if sources(project, profile) == made_from:
        write_json({"sources": made_from, "made": _made(project)}, _kept(project))


def _kept(project: Project) -> Path:
    return project.cache / "site.json"


def _made(project: Project) -> str:
    """Return a hash of when each file of the site and each recording was written, and its size."""
    digest = hashlib.sha256()
    for folder in (project.root / "site", project.cache / "recordings"):
        for path in _files(folder):
            known = path.stat()
            digest.update(f"{path} {known.st_size} {known.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder, in order, but for hidden ones and what Python compiles."""
    for place, folders, names in os.walk(folder):
        folders[:] = [n for n in sorted(folders) if n[0] != "." and n != "__pycache__"]
        for name in sorted(names):
            path = Path(place, name)
            if name[0] != "." and path.is_file():
                yield path
