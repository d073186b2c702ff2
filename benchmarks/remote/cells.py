"""What each cell of a snippet brings down when all its traces are remote."""

import asyncio
import re
from pathlib import Path
from typing import Any

from nnsight_guide import loopback
from nnsight_guide.base.project import Project
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording.cells import is_for_second_model, read_notebook
from nnsight_guide.run.kernel import Kernel

COMPLETED = re.compile(r"completed, ([\d,]+) bytes")


def result_bytes(root: Path, service: loopback.Service) -> dict[tuple[str, str], list[int]]:
    """Return the bytes of the result of each job, by snippet and cell, as the service sent them.

    The cells run one by one in one kernel, in the order of their snippet; those for the second
    model ask no service. Results are counted as they travel: compressed, without the frames around
    them.
    """
    return asyncio.run(_result_bytes(Project(root), service))


async def _result_bytes(
    project: Project, service: loopback.Service
) -> dict[tuple[str, str], list[int]]:
    import nbformat

    environment = {**service.environment(), "GUIDE_MODEL": service.repo_id, "GUIDE_REMOTE": "1"}
    profile = Profile("remote", service.repo_id, "loopback")
    kernel = await Kernel.start(project, profile, environment)
    found: dict[tuple[str, str], list[int]] = {}
    try:
        for snippet in project.snippet_names():
            path = project.snippet_path(snippet)
            if is_for_second_model(path):
                continue
            notebook: Any = read_notebook(path)
            if not await kernel.begin():
                raise RuntimeError(f"the kernel is not fit for snippets/{snippet}.py")
            for cell in notebook.cells:
                n_before = len(COMPLETED.findall(service.log()))
                await kernel.execute(nbformat.v4.new_notebook(cells=[cell]))
                sizes = COMPLETED.findall(service.log())[n_before:]
                name = (snippet, cell.metadata.get("title", ""))
                found.setdefault(name, []).extend(int(size.replace(",", "")) for size in sizes)
    finally:
        await kernel.stop()
    return {name: sizes for name, sizes in found.items() if sizes}
