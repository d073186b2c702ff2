"""Stale snippets → one kernel → recordings.

One kernel runs all stale snippets, one after another, on
a model that is loaded once. It stays alive for as long as its `Runner` does, and is started
anew when a project module that it has imported has changed: reloading would not do, since
nnsight reads the source of a `with` block once and keeps it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from nnsight_guide import (
    cells,
    keys,
    loopback,
    outputs,
    preflight,
    profiles,
    recordings,
    redaction,
    retries,
    turns,
)
from nnsight_guide.errors import GuideError, TransientError
from nnsight_guide.failures import CellError, explain
from nnsight_guide.freshness import freshness
from nnsight_guide.imports import project_imports
from nnsight_guide.kernel import Kernel
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording


class Runner:
    """Runs snippets, in a kernel that it keeps for the next time."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._loop = asyncio.Runner()
        self._kernels: dict[str, Kernel] = {}  # by the name of the place that they run on
        self._services = contextlib.ExitStack()
        self._service: loopback.Service | None = None

    def run_stale(self, profile: Profile, names: Iterable[str] | None = None) -> list[str]:
        """Run those snippets (default: of all) whose recording is stale, and return their names.

        Raises:
            GuideError: what the profile needs is missing, and nothing has run; or a snippet
                failed. Those that ran before it are recorded; the last good recording of the one
                that failed, and of those after it, is left as it was.

        """
        names = self._stale(self.project.snippet_names() if names is None else names, profile)
        if not names:
            return []
        done = []
        with self._errors_redacted():
            self._check(profile, names)  # before a turn is waited for
            with turns.turn(self.project):
                stale = self._stale(names, profile)  # another build may have run them meanwhile
                for snippet, recording in self._run(stale, profile):
                    path = recordings.recording_path(self.project, snippet, profile)
                    recordings.save(recording, path)
                    done.append(snippet)
        return done

    def run(self, profile: Profile, names: Iterable[str]) -> Iterator[tuple[str, Recording]]:
        """Run these snippets, stale or not, and yield the recording of each; nothing is kept.

        Raises:
            GuideError: what the profile needs is missing, and nothing has run; or a snippet
                failed, and those after it have not run.

        """
        names = self._in_order(names, profile)
        with self._errors_redacted():
            self._check(profile, names)
            yield from self._run(names, profile)

    def start_early(self, profile: Profile) -> None:
        """Start the kernel that will run what is stale, and do not wait for it.

        It imports the libraries while this process goes on. What is wrong, `run_stale` will say.
        """
        with contextlib.suppress(GuideError):
            stale = self._stale(self.project.snippet_names(), profile)
            # Not beside a service, which the model is not to share the memory with.
            if stale and not profile.is_remote and self._place(stale[0], profile) == profile:
                self._check(profile, stale)
                start = Kernel.start(self.project, profile, dict(profile.environment))
                self._kernels[profile.name] = self._loop.run(start)

    def close(self) -> None:
        """Stop the kernels and the service, if there are any."""
        for place in list(self._kernels):
            self._loop.run(self._drop_kernel(place))
        self._services.close()
        self._loop.close()

    def _stale(self, names: Iterable[str], profile: Profile) -> list[str]:
        """Return those of the snippets that are stale, in the order in which they are to run."""
        stale = [n for n in names if not freshness(self.project, n, profile).is_fresh]
        return self._in_order(stale, profile)

    def _in_order(self, names: Iterable[str], profile: Profile) -> list[str]:
        # Those that need a service first: it is gone when the profile's own model is loaded.
        return sorted(names, key=lambda name: self._place(name, profile) == profile)

    def _place(self, snippet: str, profile: Profile) -> Profile:
        return profiles.place(profile, self.project.snippet_path(snippet))

    def _check(self, profile: Profile, snippets: list[str]) -> None:
        """Check what the profile needs, once: not again when its model is loaded already."""
        preflight.check_libraries()
        is_needed = any(self._place(name, profile) == profile for name in snippets)
        if is_needed and profile.name not in self._kernels:
            preflight.check(profile)

    def _run(self, snippets: list[str], profile: Profile) -> Iterator[tuple[str, Recording]]:
        from tqdm import tqdm

        def say(line: str) -> None:
            tqdm.write(self._redacted(line), file=sys.stderr)

        with tqdm(total=len(snippets), unit="snippet", file=sys.stderr) as bar:
            for snippet in snippets:
                bar.set_description(f"snippets/{snippet}.py")
                record = partial(self._record, snippet, profile)
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
        return redaction.redact(value, [*redaction.keys(), *service])

    async def _record(self, snippet: str, profile: Profile) -> Recording:
        path = self.project.snippet_path(snippet)
        profile = profiles.place(profile, path)
        parts = recordings.key_parts(self.project, snippet, profile)
        notebook = cells.read_notebook(path)  # after its key, which is compared again at the end
        if self._redacted(source := path.read_text(encoding="utf-8")) != source:
            raise GuideError(f"snippets/{path.name} holds your API key: take it out of the file")
        kernel = await self._kernel_for(path, profile)
        try:
            seconds = await kernel.execute(notebook)
            facts = await kernel.finish()
        except CellError as failure:
            if failure.is_fatal:
                await self._drop_kernel(profile.name)
            kind = TransientError if profile.is_remote and failure.may_pass else GuideError
            raise kind(explain(failure, path)) from None
        except (Exception, asyncio.CancelledError):
            await self._drop_kernel(profile.name)
            raise
        if facts["changed"]:
            await self._drop_kernel(profile.name)
            raise GuideError(
                f"snippets/{snippet}.py changes {', '.join(facts['changed'])}, which the snippets "
                "after it share: undo the change at its end, or work on a copy"
            )
        if parts != recordings.key_parts(self.project, snippet, profile):
            return await self._record(snippet, profile)  # it was edited while it ran
        outputs.normalise(notebook, self.project.root)
        if profile.folder:
            outputs.rename(notebook, str(profile.folder), profile.model_id)
        guide = {
            "key_parts": parts,
            "provenance": {
                "profile": profile.name,
                "model": profile.model_id,
                "versions": keys.library_versions(),
                "device": facts["device"],
                "dtype": facts["dtype"],
                "seconds": seconds,
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            },
        }
        kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernelspec, "guide": guide}
        return Recording({**self._redacted(dict(notebook)), "metadata": metadata})

    async def _kernel_for(self, path: Path, place: Profile) -> Kernel:
        """Return a kernel that holds today's version of all that the snippet imports."""
        modules = {file: file.read_bytes() for file in project_imports(path, self.project.root)}
        environment = self._environment(place)
        kernel = self._kernels.get(place.name)
        if kernel is not None and not (
            kernel.place == place
            and kernel.environment == environment
            and kernel.is_current()
            and await self._begin(kernel)
        ):
            await self._drop_kernel(place.name)
            kernel = None
        if kernel is None:
            if place.name != profiles.LOOPBACK:
                await self._drop_kernel(profiles.LOOPBACK)  # the model gets the memory to itself
                self._services.pop_all().close()
                self._service = None
            kernel = await Kernel.start(self.project, place, environment)
            self._kernels[place.name] = kernel
            if not await self._begin(kernel):
                raise GuideError("the kernel could not be prepared for the first snippet")
        kernel.imported.update(modules)
        return kernel

    async def _begin(self, kernel: Kernel) -> bool:
        try:
            return await kernel.begin()
        except BaseException:
            await self._drop_kernel(kernel.place.name)
            raise

    def _environment(self, place: Profile) -> dict[str, str]:
        """Return the environment of a place; that of the stand-in is there once it runs."""
        if place.name != profiles.LOOPBACK:
            return dict(place.environment)
        if self._service is None or self._service.process.poll() is not None:
            self._services.pop_all()  # one that has ended has nothing left to close
            self._service = self._services.enter_context(loopback.start())
        return {
            **self._service.environment(),
            "GUIDE_MODEL": self._service.repo_id,
            "GUIDE_REMOTE": "1",
        }

    async def _drop_kernel(self, place: str) -> None:
        if kernel := self._kernels.pop(place, None):
            await kernel.stop()
