"""Run a notebook as a reader does who has nothing of this project but the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The notebook as far as it came is written whether or not a cell stopped it.
DRIVER = """
import sys
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

notebook = nbformat.read("notebook.ipynb", as_version=4)
try:
    NotebookClient(notebook, kernel_name="alone", timeout=300).execute()
except CellExecutionError:
    pass
nbformat.write(notebook, "executed.ipynb")
"""


def execute(
    notebook: Mapping[str, Any], folder: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Run a notebook in an empty folder, without this repository and without its package.

    The package is installed by a `.pth` file that names its folder, which `-S` leaves unread.
    """
    kernel = folder / "jupyter" / "kernels" / "alone"
    kernel.mkdir(parents=True)
    launch = [sys.executable, "-P", "-S", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": launch, "display_name": "Alone", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    (folder / "notebook.ipynb").write_text(json.dumps(notebook))
    packages = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    own = ("GUIDE_", "HF_", "NDIF_", "PYTHON", "JUPYTER", "IPYTHON")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(own)}
        | {
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_PATH": str(folder / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "PYTHONPATH": os.pathsep.join(packages),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    executed: dict[str, Any] = json.loads((folder / "executed.ipynb").read_text("utf-8"))
    return executed
