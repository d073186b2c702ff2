"""Recordings of the real model, committed by a maintainer who has it.

They lie beside the snippets, and a page shows them for as long as they are what today's sources
and versions give. Nobody who builds the site needs the model, so what only a machine that has it
can know (its weights' fingerprint) is not compared; all else is.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnsight_guide import keys, profiles, recordings
from nnsight_guide.errors import GuideError
from nnsight_guide.freshness import Freshness
from nnsight_guide.freshness import freshness as freshness_here
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording
from nnsight_guide.run import Runner

PROVENANCE = {"profile", "model", "versions", "device", "dtype", "seconds", "date"}
VARYING = ("seconds", "date")  # differs between two runs that are the same in all else


@dataclass(frozen=True)
class Recorded:
    """What `record` did, by the names of the snippets.

    `elsewhere` are those that the profile has no service for: they run on the demo model, behind
    the stand-in, and so are no recordings of the real one.
    """

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def recording_path(project: Project, snippet: str) -> Path:
    """Return where the committed recording of a snippet lies."""
    return project.snippets / "recordings" / "gpt-j-6b" / f"{snippet}.ipynb"


def freshness(project: Project, snippet: str) -> Freshness:
    """Compare the committed recording of a snippet with what can be known of it today.

    Raises:
        GuideError: there is no such snippet, or the file of its recording is damaged.

    """
    source = project.snippet_path(snippet)
    path = recording_path(project, snippet)
    if not path.exists():
        return Freshness(snippet, None, ["no recording"])
    recording = recordings.load(path)
    if recording is None or not recording.provenance.keys() >= PROVENANCE:
        name = path.relative_to(project.root)
        raise GuideError(f"{name} is damaged: `git restore {name}` brings it back, or remove it")
    today = keys.portable(
        {
            **keys.surroundings(project, source),
            "recording format": recordings.FORMAT,
        }
    )
    changed = keys.changes(keys.portable(recording.key_parts), today)
    return Freshness(snippet, recording, [f"{name} changed" for name in changed])


def fresh(project: Project, snippet: str) -> Recording | None:
    """Return the committed recording of a snippet if it may be shown as current, else none."""
    state = freshness(project, snippet)
    return state.recording if state.is_fresh else None


def record(project: Project, profile: Profile) -> Recorded:
    """Run what is stale in the profile, and write each recording to where it is committed.

    A file in which only what always varies would change is left as it is.

    Raises:
        GuideError: the profile is the demo's, a snippet failed, or a file cannot be written.

    """
    if profile.name == "demo":
        raise GuideError("records the real model: set PROFILE=local or PROFILE=remote")
    if profile.is_random:
        raise GuideError(f"records the real model, and GUIDE_MODEL names {profile.model_id}")
    done = Recorded()
    names: list[str] = []
    for name in project.snippet_names():
        is_here = profiles.place(profile, project.snippet_path(name)).name == profile.name
        (names if is_here else done.elsewhere).append(name)
    with closing(Runner(project)) as runner:
        runner.run_stale(profile, names)
    for name in names:
        state = freshness_here(project, name, profile)
        if state.recording is None or state.stale_because:
            raise GuideError(f"snippets/{name}.py changed while it was recorded: record again")
        recording = state.recording
        path = recording_path(project, name)
        old = recordings.load(path)
        if old is not None and _lasting(old) == _lasting(recording):
            done.unchanged.append(name)
        else:
            recordings.save(recording, path)
            done.written.append(name)
    return done


def _lasting(recording: Recording) -> dict[str, Any]:
    """Return a recording without what varies from run to run and from machine to machine."""
    made = {name: part for name, part in recording.provenance.items() if name not in VARYING}
    versions = keys.portable(made.get("versions", {}))
    metadata = {
        **recording.notebook["metadata"],
        "guide": {
            "key_parts": keys.portable(recording.key_parts),
            "provenance": {**made, "versions": versions},
        },
    }
    return {**recording.notebook, "metadata": metadata}
