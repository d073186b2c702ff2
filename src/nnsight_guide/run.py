"""Stale snippets → one kernel → recordings.

The only module that starts a kernel. One kernel runs all stale snippets, one after another, on
a model that is loaded once. It stays alive for as long as its `Runner` does, and is started
anew when a project module that it has imported has changed: reloading would not do, since
nnsight reads the source of a `with` block once and keeps it.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnsight_guide import cells, recordings
from nnsight_guide.errors import GuideError
from nnsight_guide.imports import project_imports
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording

CELL_SECONDS = 600  # a cell that runs longer than this is taken to hang
START_SECONDS = 120

# What keeps a kernel's output the same on every machine.
QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Freshness:
    """Whether the recording of a snippet may be shown, and if not, why."""

    snippet: str
    recording: Recording | None
    stale_because: list[str]

    @property
    def is_fresh(self) -> bool:
        """Whether the recording shows what today's sources give."""
        return self.recording is not None and not self.stale_because


def freshness(project: Project, snippet: str, profile: Profile) -> Freshness:
    """Compare the recording of a snippet with what it depends on today."""
    recording = recordings.load(recordings.recording_path(project, snippet, profile))
    if recording is None:
        return Freshness(snippet, None, ["no recording"])
    today = recordings.key_parts(project, snippet, profile)
    changed = [f"{name} changed" for name in recordings.changes(recording.key_parts, today)]
    return Freshness(snippet, recording, changed)


class Runner:
    """Runs snippets, in a kernel that it keeps for the next time."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._loop = asyncio.Runner()
        self._kernel: Kernel | None = None

    def run_stale(self, profile: Profile, names: Iterable[str] | None = None) -> list[str]:
        """Run those snippets (default: of all) whose recording is stale, and return their names.

        Raises:
            GuideError: a snippet failed. Those that ran before it are recorded; the last good
                recording of the one that failed, and of those after it, is left as it was.

        """
        names = self.project.snippet_names() if names is None else names
        stale = [n for n in names if not freshness(self.project, n, profile).is_fresh]
        if not stale:
            return []
        from tqdm import tqdm

        with tqdm(total=len(stale), unit="snippet", file=sys.stderr) as bar:
            for snippet in stale:
                bar.set_description(f"snippets/{snippet}.py")
                recording = self._loop.run(self._record(snippet, profile))
                path = recordings.recording_path(self.project, snippet, profile)
                recordings.save(recording, path)
                bar.update()
        return stale

    def close(self) -> None:
        """Stop the kernel, if there is one."""
        if self._kernel is not None:
            self._loop.run(self._kernel.stop())
            self._kernel = None
        self._loop.close()

    async def _record(self, snippet: str, profile: Profile) -> Recording:
        path = self.project.snippet_path(snippet)
        notebook = cells.read_notebook(path)
        parts = recordings.key_parts(self.project, snippet, profile)
        kernel = await self._kernel_for(path, profile)
        try:
            seconds = await kernel.execute(notebook)
            facts = await kernel.finish(notebook)
        except CellError as failure:
            raise GuideError(_explain(failure, path)) from None
        except (Exception, asyncio.CancelledError):
            await self._drop_kernel()
            raise
        if facts["changed"]:
            await self._drop_kernel()
            raise GuideError(
                f"snippets/{snippet}.py changes {', '.join(facts['changed'])}, which the snippets "
                "after it share: undo the change at its end, or work on a copy"
            )
        if parts != recordings.key_parts(self.project, snippet, profile):
            return await self._record(snippet, profile)  # it was edited while it ran
        guide = {
            "key_parts": parts,
            "provenance": {
                "profile": profile.name,
                "model": profile.model_id,
                "versions": recordings.library_versions(),
                "device": facts["device"],
                "dtype": facts["dtype"],
                "seconds": seconds,
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            },
        }
        kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return Recording({**notebook, "metadata": {"kernelspec": kernelspec, "guide": guide}})

    async def _kernel_for(self, path: Path, profile: Profile) -> Kernel:
        """Return a kernel that holds today's version of all that the snippet imports."""
        modules = {file: file.read_bytes() for file in project_imports(path, self.project.root)}
        if self._kernel is not None and not (
            self._kernel.profile == profile
            and self._kernel.is_current()
            and await self._kernel.begin()
        ):
            await self._drop_kernel()
        if self._kernel is None:
            self._kernel = await Kernel.start(self.project.root, profile)
            if not await self._kernel.begin():
                raise GuideError("the kernel could not be prepared for the first snippet")
        self._kernel.imported.update(modules)
        return self._kernel

    async def _drop_kernel(self) -> None:
        if self._kernel is not None:
            await self._kernel.stop()
            self._kernel = None


class CellError(Exception):
    """A cell raised, or did what its tag denies."""

    def __init__(self, cell: str, error: str, line: int) -> None:
        super().__init__(error)
        self.cell, self.error, self.line = cell, error, line


class Kernel:
    """A Jupyter kernel in which the model of one profile is loaded."""

    def __init__(self, manager: Any, profile: Profile, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.manager = manager
        self.profile = profile
        self.imported: dict[Path, bytes] = {}
        self._folder = folder
        self._client: Any = None

    @classmethod
    async def start(cls, root: Path, profile: Profile) -> Kernel:
        """Start a kernel in the project's folder and load the model.

        Raises:
            GuideError: the kernel did not start, or the model could not be loaded.

        """
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager

        folder = tempfile.TemporaryDirectory(prefix="nnsight-guide-")
        own = Path(folder.name)  # neither the user's IPython nor their nnsight settings count
        environment = {
            **os.environ,
            **QUIET,
            **profile.environment,
            "IPYTHONDIR": str(own / "ipython"),
            "NNSIGHT_CONFIG": str(own / "nnsight.yaml"),
        }
        manager = AsyncKernelManager(
            # No folders: "python3" is then this very interpreter, whatever the user has installed.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(own / "kernel.json"),
            transport="tcp" if sys.platform == "win32" else "ipc",
        )
        kernel = cls(manager, profile, folder)
        model_file = root / "snippets" / "model.py"
        kernel.imported = {
            file: file.read_bytes() for file in [model_file, *project_imports(model_file, root)]
        }
        try:
            await manager.start_kernel(env=environment, cwd=str(root))
            kernel._client = manager.client()
            kernel._client.start_channels()
            await kernel._client.wait_for_ready(timeout=START_SECONDS)
            await kernel._guard("load")
        except BaseException as error:
            await kernel.stop()
            if isinstance(error, CellError):
                raise GuideError(f"the model did not load: {error.error}") from None
            raise
        return kernel

    def is_current(self) -> bool:
        """Whether every project module that the kernel has imported is still as it was."""
        return all(
            file.is_file() and file.read_bytes() == text for file, text in self.imported.items()
        )

    async def begin(self) -> bool:
        """Prepare for the next snippet; say whether the kernel is still fit for one."""
        try:
            await self._guard("begin")
        except (CellError, GuideError):
            return False
        return True

    async def execute(self, notebook: Any) -> dict[str, float]:
        """Run the cells of a notebook, which takes their outputs; return the seconds of each.

        Raises:
            CellError: a cell raised, or one that should raise did not.
            GuideError: the kernel died, or a cell took too long.

        """
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        client = self._notebook_client(notebook)
        seconds = {}
        clock = asyncio.get_running_loop().time
        for number, cell in enumerate(notebook.cells, start=1):
            name = cell.metadata.get("title", "")
            started = clock()
            try:
                await client.async_execute_cell(cell, number - 1, store_history=True)
            except CellTimeoutError:
                raise CellError(name, f"still running after {CELL_SECONDS} s", 1) from None
            except DeadKernelError:
                raise CellError(name, "the kernel died (out of memory?)", 1) from None
            except CellExecutionError:
                raise _failure(cell, name) from None
            if cells.raises(cell) and not _error(cell):
                raise CellError(name, "should raise (it is tagged raises-exception), but ran", 1)
            # Nothing that differs from run to run, so that equal runs give equal files.
            cell.id = name or f"cell-{number}"
            cell.execution_count = number
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = number
            if name:
                seconds[name] = round(clock() - started, 3)
        return seconds

    async def finish(self, notebook: Any) -> dict[str, Any]:
        """Return what the guard says after a snippet: `changed`, `device`, `dtype`."""
        facts: dict[str, Any] = json.loads(await self._guard("end"))
        return facts

    async def stop(self) -> None:
        """Stop the kernel and remove its files."""
        if self._client is not None:
            self._client.stop_channels()
        if self.manager.has_kernel:
            await self.manager.shutdown_kernel(now=True)
        self._folder.cleanup()

    def _notebook_client(self, notebook: Any) -> Any:
        from nbclient import NotebookClient

        client = NotebookClient(
            notebook,
            km=self.manager,
            timeout=CELL_SECONDS,
            record_timing=False,
            coalesce_streams=True,
        )
        client.kc = self._client
        return client

    async def _guard(self, step: str) -> str:
        """Call a function of `nnsight_guide.guard` in the kernel; return what it printed."""
        import nbformat
        from nbclient.exceptions import CellExecutionError

        call = nbformat.v4.new_code_cell(f"__import__('nnsight_guide.guard').guard.{step}()")
        client = self._notebook_client(nbformat.v4.new_notebook(cells=[call]))
        try:
            await client.async_execute_cell(call, 0, store_history=False)
        except CellExecutionError:
            raise _failure(call, step) from None
        return "".join(out.text for out in call.outputs if out.get("name") == "stdout")


def _error(cell: Any) -> Any:
    return next((out for out in cell.outputs if out.output_type == "error"), None)


def _failure(cell: Any, name: str) -> CellError:
    """Describe the error of a cell: its last line, and the line of the cell where it began."""
    error = _error(cell)
    text = ANSI.sub("", "\n".join(error.traceback))
    line = re.search(r"(?:Cell In\[\d+\], line |^-+> ?)(\d+)", text, re.MULTILINE)
    message = f"{error.ename}: {ANSI.sub('', error.evalue)}".strip()
    return CellError(name, message.splitlines()[-1], int(line[1]) if line else 1)


def _explain(failure: CellError, path: Path) -> str:
    starts = cells.first_lines(path.read_text(encoding="utf-8"))
    line = starts.get(failure.cell, 1) + failure.line - 1
    cell = f"cell '{failure.cell}'" if failure.cell else "the cell before the first named one"
    return f"snippets/{path.name}, line {line}, {cell}: {failure.error}"
