"""Kernels and scripts that start from a process in which torch and nnsight are imported already.

Half of the time of all tests would be these imports. What runs is the same; it only starts from a
copy (`zygote`). Tests that kill or time processes, marked `real_processes`, start real ones.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE
from tests.support.warm import asking
from tests.support.warm.asking import FOLDER

CAN_COPY = (
    sys.platform == "linux"
)  # elsewhere, a process that has loaded torch does not fork safely
LAUNCHER = Path(__file__).with_name("kernels") / "ipykernel_launcher.py"


def prepare() -> None:
    """Name the folder of the warm processes; who starts workers does so for all of them."""
    if not (_is_worker() and FOLDER in os.environ):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="guide-warm-")
        os.mkfifo(Path(os.environ[FOLDER], "held"))
    os.open(Path(os.environ[FOLDER], "held"), os.O_RDWR)  # closed when this process ends


def forget() -> None:
    """Remove the folder if no warm process was started: else the last of them does."""
    if _is_worker():  # others may still need it
        return
    folder = Path(os.environ[FOLDER])
    if folder.is_dir() and [path.name for path in folder.iterdir()] == ["held"]:
        shutil.rmtree(folder, ignore_errors=True)


def _is_worker() -> bool:
    """Whether this is a process that pytest-xdist has started, or that one of those has."""
    return "PYTEST_XDIST_WORKER" in os.environ


def use(patch: pytest.MonkeyPatch) -> None:
    """Let every kernel, and what else is worth it (`sitecustomize`), be warm from here on."""
    patch.setenv("PYTHONPATH", path(*filter(None, [os.environ.get("PYTHONPATH")])))


def path(*folders: str) -> str:
    """Return a PYTHONPATH with which what a process starts is warm."""
    return os.pathsep.join([*([str(LAUNCHER.parent)] if CAN_COPY else []), *folders])


def run(
    script: Path, *arguments: Path, cwd: Path, env: Mapping[str, str], flags: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `python SCRIPT ARGUMENT …`; flags are the interpreter's."""
    argv = [str(script), *map(str, arguments)]
    if not CAN_COPY:
        command = [sys.executable, *flags, *argv]
        return subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        Path(os.devnull).open() as nothing,
        asking.ask(
            argv,
            cwd=str(cwd),
            env={**env, FOLDER: os.environ[FOLDER]},
            flags=flags,
            streams=[stream.fileno() for stream in (nothing, output, errors)],
        ) as connection,
    ):
        connection.settimeout(PATIENCE)
        status = asking.status(connection)
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read())
    return subprocess.CompletedProcess(argv, status, *texts)
