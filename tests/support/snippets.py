"""What tests do to the snippets of a project, and what they ask of its recordings."""

from collections.abc import Iterator
from contextlib import contextmanager

from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording.recordings import Recording, recording_path


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
