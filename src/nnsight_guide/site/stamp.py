"""Whether a build would give the site that is there already: then nothing needs to be done.

MkDocs builds every page each time, and begins with a second of imports. What a site depends on is
read in a tenth of that: all files of the checkout, the settings, the model, the versions that are
installed, and the recordings. Of these, and of the files of the site, the last build that went
well keeps a hash.

What else there is, the configuration names: folders whose hidden files count as well (a theme's),
files outside of the checkout, variables of the environment.
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import write_json
from nnsight_guide.model.profiles import Profile

VARIABLE = "!ENV"  # the tag of what MkDocs takes from the environment
YAML = (".yml", ".yaml")
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
    for path in files_below(project.root):
        if path.relative_to(project.root).parts[0] in MADE:
            continue
        digest.update(f"{path.relative_to(project.root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def named_in_config(project: Project, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what else the configuration names, by name, with a hash of what that is now."""
    paths, variables = {"docs"}, set()
    waiting, seen = [project.root / "mkdocs.yml"], set()
    while waiting:
        file = waiting.pop()
        seen.add(file)
        for tag, value in _scalars(file):
            if tag == VARIABLE:
                variables.add(value)
            elif _is_there(path := file.parent / value):
                paths.add(os.path.relpath(path, project.root))
                if path.suffix in YAML and path.is_file() and path not in seen:
                    waiting.append(path)  # which this one may inherit from
    names = [*sorted(paths - {*MADE, "."}), *(f"${name}" for name in sorted(variables))]
    return {name: _value(project, name, environ) for name in names}


def is_built(project: Project, made_from: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the site was made from these `sources`, and it and its recordings are untouched."""
    try:
        kept = json.loads(_kept(project).read_text(encoding="utf-8"))
        was_named = dict(kept["named"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    named_now = {name: _value(project, name, environ) for name in was_named}
    return bool(kept == {"sources": made_from, "named": named_now, "made": _made(project)})


def remember(
    project: Project, profile: Profile, made_from: str, was_named: Mapping[str, str]
) -> None:
    """Keep what the site was made from, unless that changed meanwhile.

    Raises:
        GuideError: there is no site, or the cache cannot be written.

    """
    if not any((project.root / "site").rglob("*.html")):
        raise GuideError(
            "MkDocs is done, and site/ holds no page: look for a plugin or a hook that removes it"
        )
    if sources(project, profile) == made_from and named_in_config(project) == was_named:
        kept = {"sources": made_from, "named": dict(was_named), "made": _made(project)}
        write_json(kept, _kept(project))


def _kept(project: Project) -> Path:
    return project.cache / "site.json"


def _made(project: Project) -> str:
    """Return a hash of when each file of the site and each recording was written, and its size."""
    digest = hashlib.sha256()
    for folder in (project.root / "site", project.cache / "recordings"):
        for path in files_below(folder):
            known = path.stat()
            digest.update(f"{path} {known.st_size} {known.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _scalars(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each word of a file of YAML, with its tag, or with `!ENV` if it stands below that."""
    import yaml  # only a build needs it

    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return  # which MkDocs will tell of
    waiting = [(root, "")] if root is not None else []
    while waiting:
        node, above = waiting.pop()
        tag = VARIABLE if VARIABLE in (above, node.tag) else node.tag
        if isinstance(node, yaml.ScalarNode):
            yield tag, node.value
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(part, tag) for part in node.value]
        else:
            waiting += [(part, tag) for pair in node.value for part in pair]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _value(project: Project, name: str, environ: Mapping[str, str]) -> str:
    """Return a hash of what the configuration names: a variable, or what `sources` has not read."""
    if name.startswith("$"):
        return hashlib.sha256(repr(environ.get(name[1:])).encode()).hexdigest()
    path = project.root / name
    files = [path] if path.is_file() else sorted({*_all_files(path)} - {*files_below(path)})
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _all_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, hidden ones and those behind links too, as MkDocs does."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        here = os.path.realpath(place)
        folders[:] = [] if here in seen else [name for name in folders if name != "__pycache__"]
        yield from (path for name in names if (path := Path(place, name)).is_file())
        seen.add(here)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder, in order, but for hidden ones and what Python compiles."""
    for place, folders, names in os.walk(folder):
        folders[:] = [n for n in sorted(folders) if n[0] != "." and n != "__pycache__"]
        for name in sorted(names):
            path = Path(place, name)
            if name[0] != "." and path.is_file():
                yield path
