"""Run a notebook as a reader does who has nothing of this project but the file."""

import asyncio
import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.support import warm


def uncommented(cell: str) -> str:
    """Return one of a notebook's first cells as its reader runs it: but for the first line."""
    first, *lines = cell.splitlines()
    return "\n".join([first, *(line.removeprefix("# ") for line in lines)])


def left_out(sheet: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
    """Return what a worksheet leaves out of the whole notebook: for each gap its code, in order."""
    kept = {cell["source"] for cell in sheet["cells"]}
    code = [cell["source"] for cell in whole["cells"] if cell["cell_type"] == "code"]
    gaps = [[*group] for is_kept, group in groupby(code, kept.__contains__) if not is_kept]
    return ["\n\n".join(gap) for gap in gaps]


def alone(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a reader's process, which finds all packages but this project's."""
    packages = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    own = ("GUIDE_", "HF_", "NDIF_", "PYTHON", "JUPYTER", "IPYTHON")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(own)},
        "PYTHONPATH": os.pathsep.join(sorted(packages)),
        warm.FOLDER: os.environ[warm.FOLDER],
        **environment,
    }


def execute(
    notebook: Mapping[str, Any], folder: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Run a notebook in an empty folder, without this repository and without its package.

    The package is installed by a `.pth` file that names its folder, which `-S` leaves unread. The
    notebook is returned as far as it came, whether or not a cell stopped it.
    """
    kernels, work = folder / "kernels", folder / "work"
    for made in (kernels / "alone", work):
        made.mkdir(parents=True)
    module = [str(warm.LAUNCHER)] if warm.CAN_COPY else ["-m", "ipykernel_launcher"]
    launch = [sys.executable, "-P", "-S", *module, "-f", "{connection_file}"]
    spec = {"argv": launch, "display_name": "Alone", "language": "python"}
    (kernels / "alone" / "kernel.json").write_text(json.dumps(spec))
    executed = nbformat.from_dict(notebook)
    client = NotebookClient(executed, timeout=300)
    client.km = AsyncKernelManager(  # which ends with the run, as one that it is given would not
        kernel_name="alone",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(kernels)]),
        connection_file=str(folder / "connection.json"),
    )
    variables = {**alone(environment), "IPYTHONDIR": str(folder / "ipython")}
    with suppress(CellExecutionError):
        asyncio.run(client.async_execute(cwd=str(work), env=variables))
    plain: dict[str, Any] = json.loads(nbformat.writes(executed))
    return plain
