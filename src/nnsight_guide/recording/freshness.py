"""Whether a recording shows what today's sources give, and if not, why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import cells, committed, keys, readings, real_cells, recordings
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.recording.sealed import Sealed

S = TypeVar("S", bound=Sealed)


@dataclass(frozen=True)
class Freshness(Generic[S]):
    """Whether what is recorded may be shown.

    Attributes:
        name: the snippet, or the idiom.
        key_parts: what its outputs depend on today, as far as that is known without a run.
        recorded: what its last run gave, if that is recorded.
        stale_because: why that may not be shown; empty if it may.
        also_needs: the names of what another recording of it, a committed one, depends on.

    """

    name: str
    key_parts: Mapping[str, str]
    recorded: S | None
    stale_because: list[str]
    also_needs: frozenset[str] = frozenset()

    @property
    def is_fresh(self) -> bool:
        """Whether there is a recording that shows what today's sources give."""
        return self.recorded is not None and not self.stale_because

    def needs(self) -> set[str]:
        """Return the names of all that it depends on, whatever their values are."""
        read = self.recorded.read if self.recorded else {}
        return {*self.key_parts, *read, *self.also_needs}


def stale(states: Mapping[str, Freshness[S]]) -> list[str]:
    """Return the names of those that are not fresh."""
    return [name for name, state in states.items() if not state.is_fresh]


def compared(
    name: str, path: Path, kind: type[S], today: Mapping[str, str], root: Path
) -> Freshness[S]:
    """Compare the file at `path`, which records a run of `name`, with what it depends on today.

    That is the key of today, and what that run has read of the checkout at `root`.
    """
    recorded = kind.load(path)
    if recorded is None:
        why = ["damaged recording" if path.exists() else "no recording"]
    else:
        parts = keys.changed_parts(recorded.key_parts, today)
        why = [f"{name} changed" for name in (*parts, *readings.changed(root, recorded.read))]
    return Freshness(name, today, recorded, why)


def freshness(
    project: Project, snippet: str, profile: Profile, really: Profile | None = None
) -> Freshness[Recording]:
    """Compare the recording of a snippet, made with `profile`, with what it depends on today.

    What it `really` runs on is found out, unless that is known.

    Raises:
        GuideError: there is no such snippet, or something that it depends on cannot be read.

    """
    really = really or runs_on(profile, project.snippet_path(snippet))
    today = recordings.key_parts(project, snippet, really)
    path = recordings.recording_path(project, snippet, profile)
    found = compared(snippet, path, Recording, today, project.root)
    return _or_committed(project, found) if really.name == profiles.SECOND else found


def _or_committed(project: Project, found: Freshness[Recording]) -> Freshness[Recording]:
    """Return what is committed of a snippet for the second model, or `found`, which ran here.

    What is committed goes first for as long as it is what today's sources give: whoever has no
    second model sees the same. Where neither is, it is said of each cell.
    """
    state = real_cells.real_state(project, found.name, None)
    if state.file is None:
        return found
    names = {name for run in state.file.runs for name in (*run["read"], *run["modules"])}
    path = committed.committed_path(project, found.name).relative_to(project.root)
    found = replace(found, also_needs=frozenset({*names, path.as_posix()}))
    if found.is_fresh and not state.is_fresh:
        return found
    try:
        recorded = real_cells.as_recording(project, state, found.key_parts)
    except GuideError:  # the snippet cannot be read, which stops who runs it
        return found
    return replace(found, recorded=recorded, stale_because=state.reasons())


def runs_on(profile: Profile, snippet: Path) -> Profile:
    """Return what a snippet really runs on: its profile, or what it is for whatever the profile.

    That is the second model, or the loopback stand-in for NDIF.
    """
    if cells.is_for_second_model(snippet):
        return profiles.second()
    if profile.is_remote or not cells.is_remote(snippet):
        return profile
    return profiles.behind_stand_in(profile)
