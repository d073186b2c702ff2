"""What became of each idiom, recorded: one file of JSON per idiom, run when it is stale.

The idioms are about the libraries and not about a model, and each loads its own. So they always
run on the demo model, whatever the profile is: nobody loads 12 GB some forty times.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project, did_you_mean
from nnsight_guide.idioms import execution, idiom, processes, verdicts
from nnsight_guide.idioms.idiom import CELLS, Idiom, idiom_paths
from nnsight_guide.idioms.verdicts import Outcome
from nnsight_guide.model import profiles
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import keys, readings
from nnsight_guide.recording.freshness import Freshness, compared
from nnsight_guide.recording.sealed import Sealed, guide_metadata

# How idioms are run and judged is a part of what their outcomes depend on.
MACHINERY = (execution, idiom, processes, verdicts, readings)


class RecordedOutcome(Sealed):
    """An outcome and what is known of how it came to be."""

    @property
    def outcome(self) -> Outcome:
        """The outcome itself."""
        return Outcome(**self.content["outcome"])


States = MutableMapping[str, Freshness[RecordedOutcome]]  # of each idiom, by its name


def demo_profile(profile: Profile) -> Profile:
    """Return the profile that idioms run on, which `profile` may be already."""
    return profile if profile.name == "demo" else profiles.current({})


def idiom_names(project: Project) -> list[str]:
    """Return the names of all idioms; none, if the project has no folder of them.

    Raises:
        GuideError: two of them have the same name.

    """
    return list(idiom_paths(project))


def outcome_path(project: Project, name: str, profile: Profile) -> Path:
    """Return where the outcome of an idiom lies."""
    source = _source(project, name)
    return project.cache / "recordings" / profile.name / source.parent.name / f"{name}.json"


def outcome_states(
    project: Project, profile: Profile, names: Iterable[str] | None = None
) -> States:
    """Compare the recorded outcome of each idiom, or of these, with what it depends on today.

    Raises:
        GuideError: there is no such idiom, or something that one depends on cannot be read.

    """
    machinery = {
        f"{module.__name__}.py": keys.hash_of(Path(str(module.__file__))) for module in MACHINERY
    }
    of_all = {**keys.surroundings(project, profile), **machinery}
    states: States = {}
    for name in idiom_names(project) if names is None else names:
        today = {**keys.code_parts(project, _source(project, name)), **of_all}
        path = outcome_path(project, name, profile)
        states[name] = compared(name, path, RecordedOutcome, today, project.root)
    return states


async def run(
    project: Project,
    profile: Profile,
    states: States,
    names: Iterable[str],
    has_ended: Callable[[], object],
    at_once: int | None = None,
) -> None:
    """Run these idioms, and record what became of each.

    Args:
        project: the checkout.
        profile: the demo's.
        states: of each idiom, whether it is fresh; brought up to date when they have run.
        names: which are to run.
        has_ended: called as often as one is recorded.
        at_once: how many processes run side by side.

    Raises:
        GuideError: an idiom cannot be read, was edited while it ran, or today's code of one fails.
            What became of the others is recorded all the same.

    """
    sources = {name: _source(project, name) for name in names}
    idioms = [idiom.read_idiom(path) for path in sources.values()]
    ran = execution.judged(idioms, profile.environment, project.root, at_once=at_once)
    async with aclosing(ran):
        async for outcome, read in ran:
            # The key is older than the source: an idiom that was edited in between stays stale.
            made = guide_metadata(states[outcome.idiom].key_parts, read, profile)
            recorded = RecordedOutcome({"metadata": made, "outcome": asdict(outcome)})
            recorded.save(outcome_path(project, outcome.idiom, profile))
            has_ended()
    states.update(outcome_states(project, profile, sources))
    if edited := [name for name in sources if not states[name].is_fresh]:
        why = ", ".join(states[edited[0]].stale_because)
        raise GuideError(
            f"snippets/{sources[edited[0]].parent.name}/{edited[0]}.py: {why} while it ran: build "
            "again, and let it write no file that it reads"
        )


def with_sources(
    project: Project, states: Mapping[str, Freshness[RecordedOutcome]]
) -> dict[str, tuple[Idiom, RecordedOutcome]]:
    """Return every idiom with what became of it, by name.

    Raises:
        GuideError: an idiom cannot be read.

    """
    return {
        name: (idiom.read_idiom(_source(project, name)), state.recorded)
        for name, state in states.items()
        if state.recorded is not None
    }


def _source(project: Project, name: str) -> Path:
    # Asked of each idiom, several times a build: to list all of them each time takes 0.2 s.
    for folder in CELLS:
        path = project.snippets / folder / f"{name}.py"
        if path.is_file():
            return path
    raise GuideError(f"there is no idiom '{name}'{did_you_mean(name, idiom_paths(project))}")
