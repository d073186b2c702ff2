"""Whether the recording of a snippet shows what today's sources give."""

from __future__ import annotations

from dataclasses import dataclass

from nnsight_guide import keys, profiles, recordings
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording


@dataclass(frozen=True)
class Freshness:
    """Whether the recording of a snippet may be shown, and if not, why."""

    snippet: str
    recording: Recording | None
    stale_because: list[str]

    @property
    def is_fresh(self) -> bool:
        """Whether the recording shows what today's sources give."""
        return self.recording is not None and not self.stale_because


def freshness(project: Project, snippet: str, profile: Profile) -> Freshness:
    """Compare the recording of a snippet with what it depends on today."""
    path = recordings.recording_path(project, snippet, profile)
    recording = recordings.load(path)
    if recording is None:
        return Freshness(snippet, None, ["damaged recording" if path.exists() else "no recording"])
    place = profiles.place(profile, project.snippet_path(snippet))
    today = recordings.key_parts(project, snippet, place)
    changed = [f"{name} changed" for name in keys.changes(recording.key_parts, today)]
    return Freshness(snippet, recording, changed)
