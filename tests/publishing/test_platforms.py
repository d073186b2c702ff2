"""What the guide asks for, as wheels: for each Python and each system, so that no one compiles.

uv resolves it, which judges every condition for the system that is meant, and not for this one.
"""

import os
import subprocess
import sys

import pytest

from tests.support.processes import run_process

pytestmark = pytest.mark.long

PYTHONS = ("3.11.5", "3.12", "3.13", "3.14")  # soupsieve and pymdown-extensions need 3.11.5
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-apple-darwin", "windows")


def index() -> dict[str, str]:
    """Where pip looks for packages, which uv does not know by itself."""
    asking = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    found = subprocess.run(asking, capture_output=True, text=True, check=False).stdout.strip()
    return {"UV_DEFAULT_INDEX": found} if found and "UV_DEFAULT_INDEX" not in os.environ else {}


@pytest.fixture(scope="module")
def uv(tmp_path_factory):
    """A uv of its own, in an environment that is thrown away."""
    folder = tmp_path_factory.mktemp("uv")
    asking = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"]
    done = run_process(*asking)
    if done.returncode != 0:
        pytest.fail(f"uv could not be installed: {done.stderr.splitlines()[-1]}", pytrace=False)
    return folder / "bin" / "uv"


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_pin_has_a_wheel_for_each_python_and_system(root, tmp_path, uv, python, system):
    resolved = tmp_path / "resolved.txt"
    done = run_process(
        *(uv, "pip", "compile", "--quiet", root / "pyproject.toml", "--all-extras"),
        *("--constraint", root / "requirements.lock", "--only-binary", ":all:"),
        *("--python-platform", system, "--python-version", python, "--output-file", resolved),
        cwd=tmp_path,
        MACOSX_DEPLOYMENT_TARGET="14.0",  # PyTorch's wheels are for no older one
        **index(),
    )
    assert done.returncode == 0, done.stderr
    assert "\nnnsight==0.8.1\n" in resolved.read_text()
