"""What tests do to the snippets of a project, and what they ask of its recordings."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording.recordings import Recording, recording_path


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
