"""Stale snippets and idioms → kernels and processes → recordings.

One kernel runs stale snippets one after another, on a model that is loaded once, and is kept for
the next time. Beside it, as far as the machine allows, run those that ask the stand-in, and the
idioms.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from nnsight_guide.base import redaction
from nnsight_guide.base.build_lock import build_lock
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.machine_paths import machine_paths
from nnsight_guide.base.project import Project
from nnsight_guide.idioms import outcomes
from nnsight_guide.model import preflight
from nnsight_guide.model.profiles import Profile
from nnsight_guide.ndif import retries
from nnsight_guide.recording import cells, readings, recordings
from nnsight_guide.recording.freshness import Freshness
from nnsight_guide.recording.imports import project_imports
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.recording.sealed import guide_metadata
from nnsight_guide.run import outputs
from nnsight_guide.run.kernels import Kernels
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.side_by_side import Progress, Work, how_many_at_once, kernels_of, run_all


class Ran(NamedTuple):
    """The names of what has run."""

    snippets: list[str]
    idioms: list[str]


class Runner:
    """Runs what is stale, in kernels that it keeps for the next time."""

    def __init__(self, project: Project, *, keeps_kernel: bool = True) -> None:
        """Begin with no kernel.

        Unless it `keeps_kernel` for somebody who waits for the next snippet, that makes room for
        idioms which do not run beside it.
        """
        self.project = project
        self.keeps_kernel = keeps_kernel
        self._loop = asyncio.Runner()
        self.kernels = Kernels(project)

    def run_stale(self, plan: Plan) -> Ran:
        """Run what is stale, bring the plan up to date, and return the names of what has run.

        Raises:
            GuideError: what the profile needs is missing, and nothing has run; or one of them
                failed. Those that ran before it are recorded; the last good recording of the one
                that failed, and of those that have not run, is left as it was.

        """
        ran = Ran([], [])
        if not plan.is_stale:
            return ran
        with self._errors_redacted():
            self._check(plan, plan.stale_snippets)  # before the lock is waited for
            with build_lock(self.project.cache) as has_waited:
                if has_waited:  # another build may have run them meanwhile
                    plan.look_again(plan.stale_snippets)
                    plan.forget_idioms()
                if plan.is_stale:
                    self._loop.run(self._run_stale(plan, ran))
        return ran

    def run(self, plan: Plan, names: Iterable[str]) -> Iterator[tuple[str, Recording]]:
        """Run these snippets, stale or not, and yield the recording of each; nothing is kept.

        Raises:
            GuideError: what the profile needs is missing, and nothing has run; or a snippet
                failed, and those after it have not run.

        """
        names = plan.in_order(names)
        self.kernels.share_processors = False
        with self._errors_redacted():
            self._check(plan, names)
            with Progress(len(names)) as progress:
                for name in names:
                    yield name, self._loop.run(self._recorded(plan, name, progress))

    def start_early(self, plan: Plan) -> None:
        """Start the kernel for what is stale, and do not wait; what is wrong, `run_stale` says."""
        first = plan.stale_snippets
        if how_many_at_once(plan.profile) == 1:  # not beside the stand-in, then
            first = first[:1]
        if any(map(plan.is_at_home, first)):
            self._start_kernel(plan.profile)

    def start_ahead(self, profile: Profile) -> None:
        """Start a kernel for the first edit of a snippet, if there is room, and do not wait."""
        if profile.name != "demo" or how_many_at_once(profile) > 1:
            self._start_kernel(profile)
            self.kernels.get_ready_early()

    def _start_kernel(self, profile: Profile) -> None:
        if not profile.is_remote and not self.kernels.has(profile):
            with contextlib.suppress(GuideError):
                preflight.check_libraries()
                preflight.check_profile(profile)
                self._loop.run(self.kernels.start_early(profile))

    def close(self) -> None:
        """Stop the kernels and the service, if there are any."""
        if self.kernels.are_there():  # else this may be the second time
            self._loop.run(self.kernels.close())
        self._loop.close()

    def _check(self, plan: Plan, snippets: list[str]) -> None:
        """Check what each model needs, once: not again when it is loaded already."""
        preflight.check_libraries()
        needed = {plan.runs_on(name).name: plan.runs_on(name) for name in snippets}
        for profile in needed.values():
            if not self.kernels.has(profile):
                preflight.check_profile(profile)

    async def _run_stale(self, plan: Plan, ran: Ran) -> None:
        """Run what is stale, as much at once as this machine can; what has run joins `ran`."""
        at_once = how_many_at_once(plan.profile)
        self.kernels.share_memory = at_once > 1
        snippets, idioms = plan.stale_snippets, plan.stale_idioms
        at_home = [name for name in snippets if plan.is_at_home(name)]
        second = [name for name in snippets if plan.is_for_second_model(name)]
        away = [name for name in snippets if name not in (*at_home, *second)]
        waiting = iter(at_home)  # of which each kernel takes the next
        with Progress(len(snippets) + len(idioms)) as progress:
            works: list[Work] = []
            for others in filter(None, (second, away)):
                works.append(partial(self._run_away, plan, others, ran, progress))
            works += [
                partial(self._run_snippets, plan, waiting, ran, progress, number)
                for number in range(kernels_of(at_once, len(at_home)))
            ]
            if idioms:
                works.append(partial(self._run_idioms, plan, idioms, ran, progress, at_once))
            self.kernels.share_processors = min(at_once, len(works)) > 1
            await run_all(works, at_once)

    async def _run_away(
        self, plan: Plan, snippets: list[str], ran: Ran, progress: Progress
    ) -> None:
        """Run snippets that ask the stand-in, or snippets that are for the second model."""
        await self._run_snippets(plan, iter(snippets), ran, progress)
        await self.kernels.make_room(plan.runs_on(snippets[0]), keep=self.keeps_kernel)

    async def _run_snippets(
        self, plan: Plan, waiting: Iterator[str], ran: Ran, progress: Progress, number: int = 0
    ) -> None:
        """Run snippets, each as soon as the one before it is recorded, in one kernel."""
        for snippet in waiting:
            recording = await self._recorded(plan, snippet, progress, number)
            path = recordings.recording_path(self.project, snippet, plan.profile)
            recording.save(path)
            # As the next build will find it: written and read again, its parts are sorted.
            recorded = Recording.load(path)
            plan.snippets[snippet] = Freshness(snippet, recording.key_parts, recorded, [])
            ran.snippets.append(snippet)
        if number > 0:  # what comes later, one does
            await self.kernels.drop(plan.profile.name, number)

    async def _run_idioms(
        self, plan: Plan, idioms: list[str], ran: Ran, progress: Progress, at_once: int
    ) -> None:
        """Run idioms, in processes of their own."""
        if not self.kernels.share_memory and not self.keeps_kernel:
            await self.kernels.drop(plan.profile.name)
        with progress.at_work("idioms"):
            await outcomes.run(
                self.project, plan.idioms_profile, plan.idioms, idioms, progress.one_more, at_once
            )
        ran.idioms.extend(idioms)

    async def _recorded(
        self, plan: Plan, snippet: str, progress: Progress, number: int = 0
    ) -> Recording:
        """Run a snippet, again after a while where a service failed; return its recording."""
        with progress.at_work(f"snippets/{snippet}.py"):
            recording = await retries.patiently(
                partial(self._record, plan, snippet, number),
                lambda line: progress.say(self._redacted(line)),
            )
        progress.one_more()
        return recording

    @contextlib.contextmanager
    def _errors_redacted(self) -> Iterator[None]:
        try:
            yield
        except GuideError as error:
            raise GuideError(self._redacted(str(error))) from None

    def _redacted(self, value: Any) -> Any:
        return redaction.redact(value, [*redaction.api_keys(), *self.kernels.secrets()])

    async def _record(
        self, plan: Plan, snippet: str, number: int, moved: Iterable[str] = ()
    ) -> Recording:
        """Run a snippet, once more if what it depends on changed meanwhile; return its recording.

        `moved` is what changed while it ran the first time, of what it reads.
        """
        path, profile = self.project.snippet_path(snippet), plan.runs_on(snippet)
        key_parts = plan.snippets[snippet].key_parts  # older than the source that is read now
        notebook = cells.read_notebook(path, plan.until.get(snippet))
        if self._redacted(source := path.read_text(encoding="utf-8")) != source:
            raise GuideError(f"snippets/{path.name} holds your API key: take it out of the file")
        seconds, state = await self.kernels.execute(notebook, path, profile, number)
        if changed := state["changed"]:
            await self.kernels.drop(profile.name, number)
            raise GuideError(
                f"snippets/{snippet}.py changes {', '.join(changed)}, which the snippets "
                "after it share: undo the change at its end, or work on a copy"
            )
        plan.look_again([snippet])  # it may have been edited while it ran
        if plan.snippets[snippet].key_parts != key_parts:
            return await self._record(plan, snippet, number)
        read = self._read(path, state["read"])
        if now_moved := readings.changed(self.project.root, read):
            if again := sorted({*moved} & {*now_moved}):
                raise GuideError(
                    f"snippets/{snippet}.py reads {again[0]}, which changes each time it runs: "
                    "write no file that is read, or write it before it is read"
                )
            return await self._record(plan, snippet, number, now_moved)
        model = {str(profile.folder): profile.model_id} if profile.folder else {}
        outputs.normalise(notebook, machine_paths(self.project.root) | model)
        made = guide_metadata(
            key_parts, read, profile, device=state["device"], dtype=state["dtype"], seconds=seconds
        )
        kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernelspec, **made}
        return Recording({**self._redacted(dict(notebook)), "metadata": metadata})

    def _read(self, path: Path, by_reader: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return what was read by a snippet, and by the modules that it imports, at any time."""
        root = self.project.root
        modules = [file.relative_to(root).as_posix() for file in project_imports(path, root)]
        return readings.merged(by_reader, [readings.RUN, *modules])
