"""A reader's machine: a site that is published, a clone, and nothing else of the guide."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnsight_guide import loopback
from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.model.profiles import GPT_J
from tests.pages.ways.shown import Shown
from tests.pages.ways.terminal import Terminal
from tests.support.processes import succeed
from tests.support.stand_in import hub_with_stand_in

NOT_A_READERS = (
    *("GUIDE_", "HF_", "NDIF_", "NNSIGHT_", "NO_MKDOCS", "MAKE"),
    *("PYTHON", "PYTEST", "JUPYTER", "IPYTHON", "VIRTUAL_ENV"),
)


@pytest.fixture(scope="session")
def readers_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a terminal in which nothing of the project can be found."""
    own = tmp_path_factory.mktemp("home")
    (own / "jupyter").mkdir()
    # A reader is nobody's root; who runs this may be.
    settings = own / "jupyter" / "jupyter_server_config.py"
    settings.write_text("c.ServerApp.allow_root = True\n")
    cache = succeed(sys.executable, "-m", "pip", "cache", "dir").stdout.strip()
    here = {str(Path(sys.prefix, "bin")), str(Path(sys.executable).parent)}
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder not in here]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(NOT_A_READERS)}
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.base_prefix, "bin")), *path]),
        "XDG_CACHE_HOME": str(own / "cache"),
        "PIP_CACHE_DIR": cache,
        "JUPYTER_CONFIG_DIR": str(own / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(own / "jupyter"),
        "IPYTHONDIR": str(own / "ipython"),
        "NNSIGHT_CONFIG": str(own / "nnsight.yaml"),
        "BROWSER": "true",  # the command of that name, which opens nothing
    }


@pytest.fixture(scope="session")
def as_ndif() -> Iterator[loopback.Service]:
    """A service that has GPT-J by its name."""
    with loopback.start(checkpoint(), GPT_J) as service:
        yield service


@pytest.fixture(scope="session")
def stand_ins(as_ndif: loopback.Service, once: Callable[..., Path]) -> dict[str, dict[str, str]]:
    """The variables that lead to each stand-in."""
    hub = once("hub-with-stand-in", hub_with_stand_in)
    ndif = {k: v for k, v in as_ndif.environment({}).items() if k != "NDIF_API_KEY"}
    return {"hub": {"HF_HUB_CACHE": str(hub), "HF_HUB_OFFLINE": "1"}, "ndif": ndif}


@pytest.fixture(scope="session")
def typed(
    tmp_path_factory: pytest.TempPathFactory,
    readers_environment: dict[str, str],
    stand_ins: dict[str, dict[str, str]],
    as_ndif: loopback.Service,
) -> Callable[..., str]:
    """Type the commands of a page into a terminal, and return what was said."""

    def typed(blocks: list[Shown], *, folder: Path, clone: Path, before: str = "") -> str:
        terminal = Terminal(clone, tmp_path_factory.mktemp("logs"), stand_ins, as_ndif.key)
        script = before + terminal.script(blocks)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=readers_environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # with no terminal in it that could be asked for a password
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=3000,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:]
        return done.stdout

    return typed


@pytest.fixture(scope="session")
def activated() -> str:
    """What a terminal has been told in which the guide is installed: this environment."""
    return f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH\n"
