"""Recordings of the real model, committed by a maintainer who has it; `run.record` makes them.

They lie beside the snippets, and a page shows them for as long as they are what today's sources
and versions give. Nobody who builds the site needs the model, so what only a machine that has it
can know (its weights' fingerprint) is not compared; all else is.
"""

from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.recording import keys
from nnsight_guide.recording.freshness import Freshness, why_stale
from nnsight_guide.recording.recordings import FORMAT, Recording

COMMITTED_FOLDER = "recordings/gpt-j-6b"  # in the folder of the snippets
PROVENANCE = {"profile", "model", "versions", "device", "dtype", "seconds", "date"}


def committed_path(project: Project, snippet: str) -> Path:
    """Return where the committed recording of a snippet lies."""
    return project.snippets / COMMITTED_FOLDER / f"{snippet}.ipynb"


def committed_freshness(project: Project, snippet: str) -> Freshness[Recording]:
    """Compare the committed recording of a snippet with what can be known of it today.

    Raises:
        GuideError: there is no such snippet, or the file of its recording is damaged.

    """
    source = project.snippet_path(snippet)
    path = committed_path(project, snippet)
    if not path.exists():
        return Freshness(snippet, {}, None, ["no recording"])
    recording = Recording.load(path)
    if recording is None or not recording.provenance.keys() >= PROVENANCE:
        name = path.relative_to(project.root)
        raise GuideError(f"{name} is damaged: `git restore {name}` brings it back, or remove it")
    today = keys.portable({**keys.surroundings(project, source), "recording format": FORMAT})
    why = why_stale(recording, keys.portable(recording.key_parts), today, project.root)
    return Freshness(snippet, today, recording, why)
