"""Stale snippets → one kernel → recordings.

One kernel runs all stale snippets, one after another, on a model that is loaded once. It stays
alive for as long as its `Runner` does, and is started anew when a project module that it has
imported has changed: reloading would not do, since nnsight reads the source of a `with` block once
and keeps it.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nnsight_guide import loopback
from nnsight_guide.base import redaction
from nnsight_guide.base.build_lock import build_lock
from nnsight_guide.base.errors import GuideError, TransientError
from nnsight_guide.base.machine_paths import machine_paths
from nnsight_guide.base.project import Project
from nnsight_guide.model import preflight, profiles
from nnsight_guide.model.profiles import Profile
from nnsight_guide.ndif import retries
from nnsight_guide.recording import cells, keys, readings, recordings
from nnsight_guide.recording.freshness import Freshness
from nnsight_guide.recording.imports import project_imports
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.recording.sealed import guide_metadata
from nnsight_guide.run import outputs
from nnsight_guide.run.failures import CellError, explain
from nnsight_guide.run.kernel import Kernel
from nnsight_guide.run.plan import Plan


class Runner:
    """Runs snippets, in a kernel that it keeps for the next time."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._loop = asyncio.Runner()
        self._kernels: dict[str, Kernel] = {}  # by the name of the profile that they run on
        self._services = contextlib.ExitStack()
        self._service: loopback.Service | None = None

    def run_stale(self, plan: Plan) -> list[str]:
        """Run the snippets that are stale, bring the plan up to date, and return their names.

        Raises:
            GuideError: what the profile needs is missing, and nothing has run; or a snippet
                failed. Those that ran before it are recorded; the last good recording of the one
                that failed, and of those after it, is left as it was.

        """
        if not plan.stale_snippets:
            return []
        done = []
        with self._errors_redacted():
            self._check(plan, plan.stale_snippets)  # before the lock is waited for
            with build_lock(self.project.cache) as has_waited:
                if has_waited:  # another build may have run them meanwhile
                    plan.look_again(plan.stale_snippets)
                for name, recording in self._run(plan, plan.stale_snippets):
                    path = recordings.recording_path(self.project, name, plan.profile)
                    recording.save(path)
                    # As the next build will find it: written and read again, its parts are sorted.
                    recorded = Recording.load(path)
                    plan.snippets[name] = Freshness(name, recording.key_parts, recorded, [])
                    done.append(name)
        return done

    def run(self, plan: Plan, names: Iterable[str]) -> Iterator[tuple[str, Recording]]:
        """Run these snippets, stale or not, and yield the recording of each; nothing is kept.

        Raises:
            GuideError: what the profile needs is missing, and nothing has run; or a snippet
                failed, and those after it have not run.

        """
        names = plan.in_order(names)
        with self._errors_redacted():
            self._check(plan, names)
            yield from self._run(plan, names)

    def start_early(self, plan: Plan) -> None:
        """Start the kernel that will run what is stale, and do not wait for it.

        It imports the libraries while this process goes on. What is wrong, `run_stale` will say.
        """
        stale, profile = plan.stale_snippets, plan.profile
        # Not beside a service, which the model is not to share the memory with.
        if stale and not profile.is_remote and plan.is_at_home(stale[0]):
            with contextlib.suppress(GuideError):
                self._check(plan, stale)
                start = Kernel.start(self.project, profile, dict(profile.environment))
                self._kernels[profile.name] = self._loop.run(start)

    def close(self) -> None:
        """Stop the kernels and the service, if there are any."""
        for profile_name in list(self._kernels):
            self._loop.run(self._drop_kernel(profile_name))
        self._services.close()
        self._loop.close()

    def _check(self, plan: Plan, snippets: list[str]) -> None:
        """Check what the profile needs, once: not again when its model is loaded already."""
        preflight.check_libraries()
        is_needed = any(map(plan.is_at_home, snippets))
        if is_needed and plan.profile.name not in self._kernels:
            preflight.check_profile(plan.profile)

    def _run(self, plan: Plan, snippets: list[str]) -> Iterator[tuple[str, Recording]]:
        from tqdm import tqdm

        def say(line: str) -> None:
            tqdm.write(self._redacted(line), file=sys.stderr)

        with tqdm(total=len(snippets), unit="snippet", file=sys.stderr) as bar:
            for snippet in snippets:
                bar.set_description(f"snippets/{snippet}.py")
                record = partial(self._record, plan, snippet)
                yield snippet, self._loop.run(retries.patiently(record, say))
                bar.update()

    @contextlib.contextmanager
    def _errors_redacted(self) -> Iterator[None]:
        try:
            yield
        except GuideError as error:
            raise GuideError(self._redacted(str(error))) from None

    def _redacted(self, value: Any) -> Any:
        service = [self._service.key] if self._service else []
        return redaction.redact(value, [*redaction.api_keys(), *service])

    async def _record(self, plan: Plan, snippet: str, moved: Iterable[str] = ()) -> Recording:
        """Run a snippet, once more if what it depends on changed meanwhile; return its recording.

        `moved` is what changed while it ran the first time, of what it reads.
        """
        path, profile = self.project.snippet_path(snippet), plan.runs_on(snippet)
        key_parts = plan.snippets[snippet].key_parts  # older than the source that is read now
        notebook = cells.read_notebook(path)
        if self._redacted(source := path.read_text(encoding="utf-8")) != source:
            raise GuideError(f"snippets/{path.name} holds your API key: take it out of the file")
        seconds, state = await self._execute(notebook, path, profile)
        if changed := state["changed"]:
            await self._drop_kernel(profile.name)
            raise GuideError(
                f"snippets/{snippet}.py changes {', '.join(changed)}, which the snippets "
                "after it share: undo the change at its end, or work on a copy"
            )
        plan.look_again([snippet])  # it may have been edited while it ran
        if plan.snippets[snippet].key_parts != key_parts:
            return await self._record(plan, snippet)
        read = self._read(path, state["read"])
        if now_moved := readings.changed(self.project.root, read):
            if again := sorted({*moved} & {*now_moved}):
                raise GuideError(
                    f"snippets/{snippet}.py reads {again[0]}, which changes each time it runs: "
                    "write no file that is read, or write it before it is read"
                )
            return await self._record(plan, snippet, now_moved)
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

    async def _execute(
        self, notebook: Any, path: Path, profile: Profile
    ) -> tuple[dict[str, float], Mapping[str, Any]]:
        """Run the cells; return the seconds of each, and the state that they leave behind."""
        kernel = await self._kernel_for(path, profile)
        try:
            return await kernel.execute(notebook), await kernel.finish()
        except CellError as failure:
            if failure.is_fatal:
                await self._drop_kernel(profile.name)
            kind = TransientError if profile.is_remote and failure.may_pass else GuideError
            raise kind(explain(failure, path)) from None
        except (Exception, asyncio.CancelledError):
            await self._drop_kernel(profile.name)
            raise

    async def _kernel_for(self, path: Path, profile: Profile) -> Kernel:
        """Return a kernel that holds today's version of all that the snippet imports."""
        modules = {file: keys.hash_of(file) for file in project_imports(path, self.project.root)}
        environment = self._environment(profile)
        kernel = self._kernels.get(profile.name)
        if kernel is not None and not (
            kernel.profile == profile
            and kernel.environment == environment
            and kernel.is_current()
            and await self._begin(kernel)
        ):
            await self._drop_kernel(profile.name)
            kernel = None
        if kernel is None:
            if profile.name != profiles.LOOPBACK:
                # The model gets the memory to itself.
                await self._drop_kernel(profiles.LOOPBACK)
                self._services.pop_all().close()
                self._service = None
            kernel = await Kernel.start(self.project, profile, environment)
            self._kernels[profile.name] = kernel
            if not await self._begin(kernel):
                raise GuideError("the kernel could not be prepared for the first snippet")
        kernel.imported.update(modules)
        return kernel

    async def _begin(self, kernel: Kernel) -> bool:
        try:
            return await kernel.begin()
        except BaseException:
            await self._drop_kernel(kernel.profile.name)
            raise

    def _environment(self, profile: Profile) -> dict[str, str]:
        """Return the environment of a profile; that of the stand-in is there once it runs."""
        if profile.name != profiles.LOOPBACK:
            return dict(profile.environment)
        if self._service is None or self._service.process.poll() is not None:
            self._services.pop_all()  # one that has ended has nothing left to close
            self._service = self._services.enter_context(loopback.start())
        return self._service.for_the_guide()

    async def _drop_kernel(self, profile_name: str) -> None:
        if kernel := self._kernels.pop(profile_name, None):
            await kernel.stop()
