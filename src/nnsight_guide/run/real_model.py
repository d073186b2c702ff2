"""Makes the committed recordings of the real model, where somebody has it."""

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import keys
from nnsight_guide.recording.committed import committed_path
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner

VARYING = ("seconds", "date")  # differs between two runs that are the same in all else


@dataclass(frozen=True)
class Recorded:
    """What `record_real_model` did, by the names of the snippets.

    Attributes:
        written: those whose recording is new, or another one.
        unchanged: those that gave what they had given before.
        elsewhere: those that the profile has no service for: they run on the demo model, behind
            the stand-in, and so are no recordings of the real one.

    """

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def record_real_model(project: Project, profile: Profile) -> Recorded:
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
    plan = Plan(project, profile, idiom_folders=())
    for name in list(plan.snippets):
        if not plan.is_at_home(name):
            del plan.snippets[name]
            done.elsewhere.append(name)
    with closing(Runner(project)) as runner:
        runner.run_stale(plan)
    for name, state in plan.snippets.items():
        assert state.recorded is not None  # it was fresh, or has run
        path = committed_path(project, name)
        old = Recording.load(path)
        if old is not None and _lasting(old) == _lasting(state.recorded):
            done.unchanged.append(name)
        else:
            state.recorded.save(path)
            done.written.append(name)
    return done


def _lasting(recording: Recording) -> dict[str, Any]:
    """Return a recording without what varies from run to run and from machine to machine."""
    made = {name: part for name, part in recording.provenance.items() if name not in VARYING}
    made["versions"] = keys.portable(made.get("versions", {}))
    parts = keys.portable(recording.key_parts)
    guide = {"key_parts": parts, "read": recording.read, "provenance": made}
    return {**recording.content, "metadata": {**recording.content["metadata"], "guide": guide}}
