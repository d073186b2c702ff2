"""How to break what is not a file of the project: disks, caches, installations, interpreters."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.demo_model import shipped
from tests.support.paths import SRC

Variables = Mapping[str, str]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Lend an empty folder with a short name."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextlib.contextmanager
def small_disk(
    project: Project, at: str, *, is_full: bool = False, is_read_only: bool = False
) -> Iterator[Variables]:
    """Mount a disk of its own at a folder; what was there is there again afterwards."""
    place = project.root / at
    place.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root can mount a disk, on Linux")
    try:
        if is_full:
            with contextlib.suppress(OSError), (place / "full").open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
        if is_read_only:
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield {}
    finally:
        subprocess.run(["umount", str(place)], check=True)


@contextlib.contextmanager
def file_for_cache(project: Project) -> Iterator[Variables]:
    """Put a file where the cache should be."""
    aside = project.cache.with_name("aside")
    project.cache.rename(aside)
    project.cache.touch()
    try:
        yield {}
    finally:
        project.cache.unlink()
        aside.rename(project.cache)


@contextlib.contextmanager
def broken_kernel(project: Project) -> Iterator[Variables]:
    """Let the module that Jupyter starts be another."""
    with folder() as place:
        (place / "ipykernel_launcher.py").write_text("raise ImportError('it is broken')")
        yield {"PYTHONPATH": f"{place}{os.pathsep}{SRC}"}


@contextlib.contextmanager
def file_for_users_cache(project: Project) -> Iterator[Variables]:
    with tempfile.NamedTemporaryFile() as file:
        yield {"XDG_CACHE_HOME": file.name}


@contextlib.contextmanager
def taken_port(project: Project) -> Iterator[Variables]:
    """Let port 8000 be another's, which it may be already."""
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(OSError):
            taken.enter_context(socket.create_server(("127.0.0.1", 8000)))
        yield {}


@contextlib.contextmanager
def shipped_weights(project: Project, content: bytes | None) -> Iterator[Variables]:
    """Run a copy of the package, in which the demo model's weights are missing or others."""
    with folder() as place:
        shutil.copytree(SRC, place / "src")
        weights = place / "src/nnsight_guide/demo_model" / shipped.WEIGHTS
        weights.unlink() if content is None else weights.write_bytes(content)
        yield {"PYTHONPATH": str(place / "src"), "XDG_CACHE_HOME": str(place / "cache")}


@contextlib.contextmanager
def installed(project: Project, name: str, version: str) -> Iterator[Variables]:
    """Let another version of a library be the one that is found first."""
    with folder() as place:
        metadata = place / f"{name}-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        yield {"PYTHONPATH": f"{place}{os.pathsep}{SRC}"}


@contextlib.contextmanager
def without(project: Project, name: str) -> Iterator[Variables]:
    """Let all that is installed be there but for one library."""
    with folder() as place:
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if not entry.name.startswith(name):
                (place / entry.name).symlink_to(entry)
        yield {"PYTHONPATH": f"{place}{os.pathsep}{SRC}", "PYTHON": f"{sys.executable} -S"}


@contextlib.contextmanager
def older_python(project: Project) -> Iterator[Variables]:
    """Use an older Python, of which there has to be one on this machine."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*os.get_exec_path(), *pyenv.glob("versions/*/bin")]
    for python in (Path(bin, f"python3.{minor}") for minor in range(6, 11) for bin in folders):
        if python.is_file() and not subprocess.run([python, "-V"], capture_output=True).returncode:
            yield {"PYTHON": str(python), "PYTHONPATH": str(SRC)}
            return
    pytest.skip("no Python before 3.11 is installed here")
