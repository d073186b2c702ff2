"""The kernels that a runner keeps for the next time, and the stand-in that some of them ask.

A kernel stays for as long as its `Kernels` do, and is started anew when a project module that it
has imported has changed: reloading would not do, since nnsight reads the source of a `with` block
once and keeps it.
"""

import asyncio
import contextlib
import importlib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnsight_guide import loopback
from nnsight_guide.base.errors import GuideError, TransientError
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import keys
from nnsight_guide.recording.imports import project_imports
from nnsight_guide.run.failures import CellError, explain
from nnsight_guide.run.kernel import Kernel

Place = tuple[str, int]  # of a kernel: the name of its profile, and 0 for the first of these


class Kernels:
    """Kernels with a model each.

    Attributes:
        running: those that there are.
        share_memory: whether the stand-in may stay while another model is loaded.
        share_processors: whether others compute beside the next snippet.

    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.share_memory = self.share_processors = False
        self.running: dict[Place, Kernel] = {}
        self._services = contextlib.ExitStack()
        self._service: loopback.Service | None = None

    def has(self, profile: Profile) -> bool:
        """Whether there is a kernel for this profile."""
        return (profile.name, 0) in self.running

    def are_there(self) -> bool:
        """Whether there is anything to stop."""
        return bool(self.running or self._service)

    def secrets(self) -> list[str]:
        """Return the key of the stand-in, if it runs."""
        return [self._service.key] if self._service else []

    async def start_early(self, profile: Profile) -> None:
        """Start the first kernel of a profile, which loads the model, and do not wait for it.

        Raises:
            GuideError: there is no file that sets up the model.

        """
        kernel = await Kernel.start(self.project, profile, dict(profile.environment), is_ahead=True)
        self.running[profile.name, 0] = kernel

    def get_ready_early(self) -> None:
        """Import what reads, runs and records cells, and do not wait: it takes 0.5 s.

        nbformat compiles what it holds a cell against when it meets the first one.
        """

        def get_ready() -> None:
            for module in ("jupytext", "nbclient", "ipykernel.compiler", "tqdm"):
                importlib.import_module(module)
            importlib.import_module("nbformat.v4").new_code_cell()

        threading.Thread(target=get_ready, daemon=True).start()

    async def execute(
        self, notebook: Any, path: Path, profile: Profile, number: int = 0
    ) -> tuple[dict[str, float], Mapping[str, Any]]:
        """Run the cells of a snippet; return the seconds of each, and the state they leave behind.

        Args:
            notebook: the cells, which take their outputs.
            path: the snippet's file.
            profile: what it runs on.
            number: in which of this profile's kernels.

        Raises:
            GuideError: the kernel did not start, or a cell failed; if that was the service's fault
                and may pass, a TransientError.

        """
        place = (profile.name, number)
        kernel = await self._kernel_for(path, profile, place)
        try:
            return await kernel.execute(notebook), await kernel.finish()
        except CellError as failure:
            if failure.is_fatal:
                await self.drop(*place)
            kind = TransientError if profile.is_remote and failure.may_pass else GuideError
            raise kind(explain(failure, path)) from None
        except (Exception, asyncio.CancelledError):
            await self.drop(*place)
            raise

    async def drop(self, profile_name: str, number: int = 0) -> None:
        """Stop a kernel, if it is there."""
        if kernel := self.running.pop((profile_name, number), None):
            await kernel.stop()

    async def make_room(self, profile: Profile, *, keep: bool) -> None:
        """Stop what the snippets have run on that do not run on the profile of the build.

        Unless memory is scarce, the second model stays if it is to `keep` for the next time. The
        stand-in stays if it is: it ends when another model is loaded.
        """
        if profile.name == profiles.SECOND:
            if not (self.share_memory and keep):
                await self.drop(profile.name)
        elif self.share_memory:
            await self.drop_stand_in()

    async def drop_stand_in(self) -> None:
        """Stop the stand-in and the kernel that asks it, if they are there."""
        await self.drop(profiles.LOOPBACK)
        self._services.pop_all().close()
        self._service = None

    async def close(self) -> None:
        """Stop all of them."""
        for place in list(self.running):
            await self.drop(*place)
        await self.drop_stand_in()

    async def _kernel_for(self, path: Path, profile: Profile, place: Place) -> Kernel:
        """Return a kernel that holds today's version of all that the snippet imports."""
        modules = {file: keys.hash_of(file) for file in project_imports(path, self.project.root)}
        environment = self._environment(profile)
        kernel = self.running.get(place)
        if kernel is not None and not (
            kernel.profile == profile
            and kernel.environment == environment
            and await kernel.is_current()
            and await self._begin(kernel, place)
        ):
            await self.drop(*place)
            kernel = None
        if kernel is None:
            if profile.name != profiles.LOOPBACK and not self.share_memory:
                await self.drop_stand_in()
            kernel = await Kernel.start(self.project, profile, environment)
            self.running[place] = kernel
            if not await self._begin(kernel, place):
                raise GuideError("the kernel could not be prepared for the first snippet")
        kernel.imported.update(modules)
        return kernel

    async def _begin(self, kernel: Kernel, place: Place) -> bool:
        try:
            return await kernel.begin(shares=self.share_processors)
        except BaseException:
            await self.drop(*place)
            raise

    def _environment(self, profile: Profile) -> dict[str, str]:
        """Return the environment of a profile; that of the stand-in is there once it runs."""
        if profile.name != profiles.LOOPBACK:
            return dict(profile.environment)
        if self._service is None or self._service.process.poll() is not None:
            self._services.pop_all()  # one that has ended has nothing left to close
            self._service = self._services.enter_context(loopback.start())
        return self._service.for_the_guide()
