"""What tests do to the snippets of a project, and what they ask of its recordings."""

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording.recordings import Recording, recording_path
from tests.support.paths import ROOT


class Lazily:
    """A snippet of the guide that runs when a test asks for something of it, and not before.

    A plain import would run it whenever tests are collected, in every worker.
    """

    def __init__(self, name: str) -> None:
        """Take the name of the snippet."""
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """Return what the snippet has by this name."""
        if name.startswith("_"):  # pytest and inspect ask for such of everything
            raise AttributeError(name)
        return getattr(importlib.import_module(f"snippets.{self._name}"), name)


def snippet_file(name: str) -> Path:
    """Return the file of a snippet of the guide."""
    return ROOT / "snippets" / f"{name}.py"


def cell_in_file(snippet: str, name: str) -> str:
    """Return a cell as it stands in the snippet's file; one in comments, without their signs."""
    text = snippet_file(snippet).read_text("utf-8")
    found = re.search(rf"^# %% {name}\b(.*)\n((?:(?!# %% ).*\n)*)", text, re.MULTILINE)
    lines = found[2].strip("\n")
    return re.sub("^# ?", "", lines, flags=re.MULTILINE) if "active-ipynb" in found[1] else lines


@contextmanager
def undone(project: Project) -> Iterator[None]:
    """Let a test do what it likes to the snippets and the lock file, and put them right again."""
    kept = {path: path.read_bytes() for path in [*project.snippets.glob("*.py"), project.lock_file]}
    yield
    for path in project.snippets.glob("*.py"):
        path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)


def edit(project: Project, snippet: str, old: str, new: str) -> None:
    """Replace a piece of a snippet, which has to be there."""
    path = project.snippets / f"{snippet}.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def printed(project: Project, profile: Profile, snippet: str, cell: str = "ask") -> str:
    """Return what a recorded cell printed."""
    recording = Recording.load(recording_path(project, snippet, profile))
    return "".join(output.get("text", "") for output in recording.cell(cell)["outputs"])
