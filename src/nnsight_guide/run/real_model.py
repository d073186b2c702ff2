"""Makes the committed recordings of real models, where somebody has them."""

from contextlib import closing
from dataclasses import dataclass, field

from nnsight_guide.base.build_lock import build_lock
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.model.profiles import Profile
from nnsight_guide.model.second_model import can_be_had
from nnsight_guide.recording.committed import committed_path, with_run
from nnsight_guide.recording.real_cells import real_state
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner


@dataclass(frozen=True)
class Recorded:
    """What has been recorded, by the names of the snippets.

    Attributes:
        written: those of which a cell was missing, and is recorded now.
        unchanged: those of which none was.
        elsewhere: those that the profile has no service for: they run on the demo model, behind
            the stand-in, and so are no recordings of the real one.

    """

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def record_missing(project: Project, profile: Profile) -> Recorded:
    """Record what is missing of the second model and, unless the profile is the demo's, of GPT-J.

    Whoever has GPT-J need not have the second model.

    Raises:
        GuideError: the profile is the demo's, and there is nothing for the second model; else as
            `record_real_model` and `record_second_model`.

    """
    is_demo = profile.name == "demo"
    second = record_second_model(project) if is_demo or can_be_had() else Recorded()
    if is_demo:
        if not second.written and not second.unchanged:
            raise GuideError("records the real model: set PROFILE=local or PROFILE=remote")
        return second
    done = record_real_model(project, profile)
    done.written.extend(second.written)
    done.unchanged.extend(second.unchanged)
    return done


def record_second_model(project: Project) -> Recorded:
    """Run whole each snippet for the second model of which something is missing.

    Where what it gives today has run and is recorded, as in `make serve`, that is committed.

    Raises:
        GuideError: the second model cannot be had, a snippet failed, or a file cannot be written.

    """
    done = Recorded()
    everything = Plan(project, profiles.current({}), idiom_folders=())
    for name in filter(everything.is_for_second_model, everything.snippets):
        is_done = real_state(project, name, None).is_fresh
        (done.unchanged if is_done else done.written).append(name)
    plan = Plan(project, everything.profile, done.written)
    with closing(Runner(project)) as runner:
        runner.run_stale(plan)
    for name in done.written:
        recording = plan.recorded(name)
        assert recording is not None  # it was fresh, or has run
        with_run(project, name, recording, None, {}, None).save(committed_path(project, name))
    return done


def record_real_model(project: Project, profile: Profile) -> Recorded:
    """Run what is missing among the committed recordings, and write that to where they lie.

    Missing is a cell that has no recording, or one that may not be shown any more. It runs after
    the cells before it, of which those that are recorded keep what they have. The demo model runs
    first: it gives each new cell its twin, and says which of the old ones still have theirs.

    Raises:
        GuideError: the profile is the demo's, a snippet failed, or a file cannot be written. What
            was recorded before that is kept.

    """
    if profile.name == "demo":
        raise GuideError("records the real model: set PROFILE=local or PROFILE=remote")
    if profile.is_random:
        raise GuideError(f"records the real model, and GUIDE_MODEL names {profile.model_id}")
    done = Recorded()
    plan = Plan(project, profile, idiom_folders=())
    own = [name for name in plan.snippets if not plan.is_for_second_model(name)]
    done.elsewhere.extend(name for name in own if not plan.is_at_home(name))
    demo = Plan(project, profiles.current({}), filter(plan.is_at_home, plan.snippets))
    with closing(Runner(project)) as runner:
        runner.run_stale(demo)
    for name, state in demo.committed.items():
        twins = demo.recorded(name)
        assert twins is not None  # it was fresh, or has run
        if missing := [cell for cell in twins.cell_names() if cell not in state.cells]:
            plan.until[name] = missing[-1]
        else:
            done.unchanged.append(name)
    with closing(Runner(project)) as runner, build_lock(project.cache):
        for name, recording in runner.run(plan, plan.until):
            state, twins = demo.committed[name], demo.recorded(name)
            new = with_run(project, name, recording, twins, state.valid(), state.file)
            new.save(committed_path(project, name))
            done.written.append(name)
    return done
