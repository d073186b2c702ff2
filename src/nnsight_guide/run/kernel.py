"""A Jupyter kernel with the model of one profile in it. Only `run` starts one."""

import asyncio
import json
import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any, Self

from nnsight_guide.base.errors import GuideError, TransientError
from nnsight_guide.base.own_python import NONE_OF_IT
from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import scratch_folder
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import keys
from nnsight_guide.recording.imports import project_imports
from nnsight_guide.run import failures, limits
from nnsight_guide.run.failures import CellError

START_SECONDS = 120
MAX_PATH = 80  # of a folder for sockets, whose own paths may have about a hundred characters

# What keeps a kernel's output the same on every machine.
QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PLOTLY_RENDERER": "plotly_mimetype",  # else by editor, which it tells by variables
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}

# What leaves the machine to others: glibc would keep what a trace has freed, 150 MB on GPT-J, and
# torch's threads would wait busily: beside another program all takes six times as long.
FRUGAL = {
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_WAIT_POLICY": "PASSIVE",
}

# How a function of `in_kernel` is called there. Two are, as it starts: to import takes two seconds.
CALL = "__import__('nnsight_guide.run.in_kernel').run.in_kernel.{}"
AT_START = ("end_with_parent()", "import_libraries()")


@dataclass(eq=False)
class Kernel:
    """A Jupyter kernel in which the model of one profile is loaded."""

    manager: Any
    profile: Profile
    environment: dict[str, str]
    imported: dict[Path, str]  # each file with its hash
    _files: ExitStack
    _log: Path  # what its process says outside of cells: why it does not start
    _client: Any = None
    _patience: int = START_SECONDS
    _is_loaded: bool = False

    @classmethod
    async def start(
        cls, project: Project, profile: Profile, environment: dict[str, str], is_ahead: bool = False
    ) -> Self:
        """Start a kernel in the project's folder; whether it comes up, `begin` says.

        `environment` is the profile's, to be added to the one this process has. A kernel that
        `is_ahead` loads the model by itself, before `begin` asks for it.

        Raises:
            GuideError: there is no file that sets up the model.

        """
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager

        setup = project.snippets / f"{profile.setup}.py"
        if not setup.is_file():
            raise GuideError(f"there is no snippets/{setup.name}: `git restore` it, or write one")
        imports = project_imports(setup, project.root)
        imported = {file: keys.hash_of(file) for file in (setup, *imports)}
        files = ExitStack()
        own = files.enter_context(scratch_folder())
        whole_environment = {
            **os.environ,
            **NONE_OF_IT,
            **QUIET,
            **FRUGAL,
            # Neither the user's IPython nor their nnsight settings count.
            "IPYTHONDIR": str(own / "ipython"),
            "NNSIGHT_CONFIG": str(own / "nnsight.yaml"),
            **environment,
        }
        manager = AsyncKernelManager(
            # No folders: "python3" is then this very interpreter, whatever the user has installed.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(own / "kernel.json"),
            transport="ipc" if sys.platform != "win32" and len(str(own)) < MAX_PATH else "tcp",
        )
        kernel = cls(manager, profile, environment, imported, files, own / "kernel.log")
        try:
            with kernel._log.open("wb") as said:
                await manager.start_kernel(
                    env=whole_environment,
                    cwd=str(project.root),
                    stdout=said,
                    stderr=said,
                    extra_arguments=[
                        f"--IPKernelApp.exec_lines={CALL.format(step)}" for step in AT_START
                    ],
                )
            kernel._client = manager.client()
            kernel._client.start_channels(stdin=False)  # else a cell that asks waits for an answer
            if is_ahead:  # it waits in the channel until the kernel is there
                kernel._client.execute(CALL.format(f"load({profile.setup!r})"), store_history=False)
                kernel._patience += limits.seconds()  # which a large model may take
        except BaseException:
            await kernel.stop()
            raise
        return kernel

    async def _load(self) -> None:
        """Wait until the kernel answers, and load the model; raises as `begin` does."""
        await self._wait_until_ready()
        try:
            await self._call(f"load({self.profile.setup!r})")
        except CellError as error:
            kind = TransientError if self.profile.is_remote and error.may_pass else GuideError
            raise kind(failures.explain_loading(error, next(iter(self.imported)))) from None
        self._is_loaded = True

    async def _wait_until_ready(self) -> None:
        """Wait for an answer, and for news of it; `wait_for_ready` would take 0.2 s more."""
        for _ in range(self._patience):
            self._client.kernel_info()
            with suppress(Empty):
                await self._client.shell_channel.get_msg(timeout=1)
                await self._client.iopub_channel.get_msg(timeout=0.2)
                return
            if await self.manager.provisioner.poll() is not None:
                break
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise GuideError(f"the kernel did not start: {said[-1] if said else 'no word from it'}")

    async def is_current(self) -> bool:
        """Whether it is there, and every project module that it has imported still as it was."""
        return await self.manager.provisioner.poll() is None and all(
            file.is_file() and keys.hash_of(file) == known for file, known in self.imported.items()
        )

    async def begin(self, *, shares: bool = False) -> bool:
        """Prepare for the next snippet, which `shares` processors; say whether it is fit for one.

        Raises:
            GuideError: the kernel did not start, or the model could not be loaded; if that was
                the service's fault and may pass, a TransientError.

        """
        if not self._is_loaded:
            await self._load()
        try:
            await self._call(f"begin({shares=})")
        except CellError:
            return False
        return True

    async def execute(self, notebook: Any) -> dict[str, float]:
        """Run the cells of a notebook, which takes their outputs; return the seconds of each.

        Raises:
            CellError: a cell raised, ran too long, gave too much or what no page can show, killed
                the kernel, or should have raised and did not.

        """
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        client = self._notebook_client(notebook, limits.seconds())
        seconds = {}
        clock = asyncio.get_running_loop().time
        for number, cell in enumerate(notebook.cells, start=1):
            name = cell.metadata.get("title", "")
            started = clock()
            await self._run(client, number - 1, name)
            failures.check_outputs(cell, name)
            if name:
                seconds[name] = round(clock() - started, 3)
        return seconds

    async def finish(self) -> dict[str, Any]:
        """Return what the kernel is like after a snippet: `changed`, `read`, `device`, `dtype`.

        Raises:
            CellError: the snippet has left a kernel that cannot be looked at.

        """
        try:
            state: dict[str, Any] = json.loads(await self._call("end()"))
        except CellError as error:
            message = f"leaves a kernel that is of no more use: {error.error}"
            raise CellError(None, message, is_fatal=True) from None
        self._client.execute(CALL.format("clear()"), store_history=False)  # nobody waits for it
        return state

    async def stop(self) -> None:
        """Stop the kernel and remove its files."""
        if self._client is not None:
            self._client.stop_channels()
        if self.manager.has_kernel:
            await self.manager.provisioner.kill()
            await asyncio.to_thread(self.manager.provisioner.process.wait)  # else 0.1 s are spent
            await self.manager.shutdown_kernel(now=True)
        self._files.close()

    def _notebook_client(self, notebook: Any, seconds: int = limits.SECONDS) -> Any:
        from nbclient import NotebookClient

        client = NotebookClient(notebook, km=self.manager, timeout=seconds, record_timing=False)
        client.kc = self._client
        return client

    async def _call(self, step: str) -> str:
        """Call a function of `in_kernel` in the kernel; return what it shows."""
        import nbformat

        call = nbformat.v4.new_code_cell(CALL.format(step))
        client = self._notebook_client(nbformat.v4.new_notebook(cells=[call]))
        await self._run(client, 0, step, store_history=False)
        return "".join(out.data["text/plain"] for out in call.outputs if "data" in out)

    async def _run(self, client: Any, index: int, name: str, *, store_history: bool = True) -> None:
        """Run one cell of the client's notebook; what goes wrong is a CellError."""
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        cell = client.nb.cells[index]
        try:
            await client.async_execute_cell(cell, index, store_history=store_history)
        except CellTimeoutError:
            message = (
                f"still running after {client.timeout} s, the limit for a cell: let it do less, or "
                "set GUIDE_CELL_SECONDS to more"
            )
            raise CellError(name, message, is_fatal=True) from None
        except DeadKernelError:
            # Ctrl-C cancels this task, and nbclient then says that the kernel died, too.
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError from None
            code = await self.manager.provisioner.poll()
            raise CellError(name, failures.cause_of_death(code), is_fatal=True) from None
        except CellExecutionError:
            raise failures.failure(cell, name) from None
