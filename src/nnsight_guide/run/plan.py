"""The plan of a build: what is stale, and why, found out once and handed on.

What reads or hashes every source takes time, and two answers could differ. So each question is
asked once, when its answer is first needed; of what runs, it is asked again when that has run.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from nnsight_guide.base.project import Project
from nnsight_guide.idioms import outcomes
from nnsight_guide.idioms.idiom import CELLS, Idiom, idiom_paths
from nnsight_guide.model import second_model
from nnsight_guide.model.profiles import SECOND, Profile
from nnsight_guide.recording.freshness import Freshness, freshness, runs_on, stale
from nnsight_guide.recording.real_cells import Real, RealState, real_state
from nnsight_guide.recording.recordings import Recording, recording_path


class Plan:
    """What a build has to run and what it may show.

    Attributes:
        project: the checkout.
        profile: what the snippets run on, as far as it can (`runs_on`).
        snippets: of each snippet, whether its recording is fresh. Whoever runs one puts its new
            state here.
        idiom_folders: where the idioms lie that are to run.
        until: the cell after which the run of a snippet ends, where that is not its last.

    """

    def __init__(
        self,
        project: Project,
        profile: Profile,
        names: Iterable[str] | None = None,
        idiom_folders: Iterable[str] | None = None,
    ) -> None:
        """Find out what is stale among the snippets `names` and the idioms of these folders.

        By default that is all of both, and with `names` no idiom.

        Raises:
            GuideError: there is no such snippet, or something that it depends on cannot be read.

        """
        self.project = project
        self.profile = profile
        everything = CELLS if names is None else ()
        self.idiom_folders = tuple(everything if idiom_folders is None else idiom_folders)
        self.until: dict[str, str] = {}
        self._leaves_some = names is None  # whoever names snippets wants them to run
        self._runs_on: dict[str, Profile] = {}
        self.snippets: dict[str, Freshness[Recording]] = {}
        self.look_again(project.snippet_names() if names is None else names)

    def look_again(self, names: Iterable[str]) -> None:
        """Ask again of these snippets, which may have changed or run meanwhile; raises as above."""
        for name in names:
            really = runs_on(self.profile, self.project.snippet_path(name))
            self._runs_on[name] = really
            self.snippets[name] = freshness(self.project, name, self.profile, really)

    def look_again_after(self, edited: Iterable[Path]) -> bool:
        """Ask again of what these files have a part in; say whether it is known what that is.

        It is of a file that has been there all the time, among the snippets or their recordings.
        """
        folder, root = self.project.snippets, self.project.root
        own = {recording_path(self.project, name, self.profile): name for name in self.snippets}
        names, affected = set(), set()
        for file in edited:
            if file in own:
                affected.add(own[file])
            elif file.is_relative_to(folder) and file.is_file():
                names.add(file.relative_to(root).as_posix())
            else:
                return False
        affected |= {name for name, state in self.snippets.items() if names & state.needs()}
        self.look_again(affected)
        if any(names & state.needs() for state in self.idioms.values()):
            self.forget_idioms()
        self.__dict__.pop("committed", None)
        return True

    def forget_idioms(self) -> None:
        """Ask again of the idioms, too, when they are needed: another build may have run them."""
        for name in ("idioms", "idioms_to_show"):
            self.__dict__.pop(name, None)

    def runs_on(self, snippet: str) -> Profile:
        """Return what a snippet really runs on: the profile, or the loopback stand-in."""
        return self._runs_on[snippet]

    def is_at_home(self, snippet: str) -> bool:
        """Whether a snippet runs on the profile itself, and needs no service that it lacks."""
        return self._runs_on[snippet] == self.profile

    @property
    def is_stale(self) -> bool:
        """Whether anything has to run."""
        return bool(self.stale_snippets or self.stale_idioms)

    @property
    def stale_snippets(self) -> list[str]:
        """The snippets to run, in the order in which they are to run."""
        left = self.out_of_date
        return self.in_order(name for name in stale(self.snippets) if name not in left)

    @property
    def out_of_date(self) -> list[str]:
        """The snippets to leave as they are committed: they are for a model that is not here.

        There is none where the snippets were named: then it is said what they need.
        """
        found = [
            name
            for name in stale(self.snippets)
            if self.is_for_second_model(name) and self.snippets[name].recorded
        ]
        return found if self._leaves_some and found and not second_model.can_be_had() else []

    def is_for_second_model(self, snippet: str) -> bool:
        """Whether a snippet runs on the second model, whatever the profile."""
        return self._runs_on[snippet].name == SECOND

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return these snippets in the order in which they are to run.

        Those that need a service, or the second model, come first: these have gone when the
        profile's own model is loaded.
        """
        return sorted(names, key=self.is_at_home)

    @cached_property
    def committed(self) -> dict[str, RealState]:
        """Of each snippet, what may be shown of its recording of the real GPT-J.

        What is for the second model is not among them: it has no other recording.

        Raises:
            GuideError: the file of one is damaged.

        """
        is_demo = self.profile.name == "demo"
        return {
            name: real_state(self.project, name, self.recorded(name) if is_demo else None)
            for name in self.snippets
            if not self.is_for_second_model(name)
        }

    def recorded(self, snippet: str) -> Recording | None:
        """Return what a snippet gives today, as far as that is recorded."""
        state = self.snippets[snippet]
        return state.recorded if state.is_fresh else None

    def to_show(self) -> dict[str, Recording]:
        """Return the recordings to show: what is fresh, and the fresh part of what cannot run."""
        left = self.out_of_date
        return {
            name: state.recorded
            for name, state in self.snippets.items()
            if state.recorded and (state.is_fresh or name in left)
        }

    @property
    def _beside_demo(self) -> dict[str, RealState]:
        return self.committed if self.profile.name == "demo" else {}

    def committed_to_show(self) -> Real:
        """Return the committed recordings of the real GPT-J to show beside the demo's."""
        return {name: state.cells for name, state in self._beside_demo.items() if state.cells}

    def remarks(self) -> Iterator[str]:
        """Tell, in a line each, what is shown though it is out of date, and what is not shown."""
        for name in self.out_of_date:
            why = "; ".join(self.snippets[name].stale_because)
            help = "`make second-model` brings the model that it is for"
            yield f"snippets/{name}.py: its recorded output is out of date ({why}): {help}"
        for name, state in self._beside_demo.items():
            if state.file and not state.is_fresh:
                yield f"{name}: the committed recording is stale ({'; '.join(state.reasons())})"

    @cached_property
    def idioms_profile(self) -> Profile:
        """What the idioms run on: always the demo model."""
        return outcomes.demo_profile(self.profile)

    @cached_property
    def idioms(self) -> outcomes.States:
        """Of each idiom, of 2024 or of an error, whether its outcome is fresh.

        Raises:
            GuideError: something that one depends on cannot be read.

        """
        if not outcomes.idiom_names(self.project):
            return {}  # the demo model need not be there for none
        return outcomes.outcome_states(self.project, self.idioms_profile)

    @cached_property
    def idioms_to_show(self) -> dict[str, tuple[Idiom, outcomes.RecordedOutcome]]:
        """Every idiom with what became of it, once those that were stale have run.

        Raises:
            GuideError: an idiom cannot be read.

        """
        return outcomes.with_sources(self.project, self.idioms)

    @property
    def stale_idioms(self) -> list[str]:
        """The idioms to run."""
        asked = idiom_paths(self.project, self.idiom_folders) if self.idiom_folders else {}
        return [name for name in stale(self.idioms) if name in asked] if asked else []
