"""`make dist`, and what its wheel gives to somebody who has no checkout (on Colab, say).

The wheel is installed into an environment of its own. What it depends on is not installed again
but taken from here, and nothing else is: what only the project's extras bring cannot be imported.
"""

import re
import sys
import tomllib
import venv
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nnsight_guide import __version__
from tests.support.paths import ROOT
from tests.support.processes import succeed

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

WITHOUT = """\
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""
ASKING = """\
import importlib, sys

try:
    importlib.import_module(sys.argv[1])
except ImportError:
    print("absent")
"""
# A reader who traces there, and then here, for the checkers. (One process: each imports torch.)
CLIENT = """\
from nnsight_guide.choice import use
use("loopback")
import os
from nnsight import TransformersModel
from nnsight_guide import checks
from nnsight_guide.demo_model.checkpoint import checkpoint

prompt = "The Eiffel Tower is in the city of"
name = os.environ["GUIDE_MODEL"]
model = TransformersModel(name, task="text-generation", tokenizer=name)
with model.trace(prompt, remote=True):
    best = model.lm_head.output[0, -1].argmax().save()

print("best", best.item())
folder = str(checkpoint())
model = TransformersModel(folder, task="text-generation", tokenizer=folder)
with model.trace(prompt):
    attention = model.transformer.h[0].attn.attn_dropout.input.save()

checks.check_attention_patterns(attention, model=model, prompt=prompt)
checks.check_attention_patterns(attention[0], model=model, prompt=prompt)
print(checks.__file__)
"""


def brought_along() -> set[str]:
    """The packages that come with the wheel: what it depends on, and what that depends on."""
    found: set[str] = set()
    asked = [(Requirement(line), frozenset({""})) for line in PROJECT["dependencies"]]
    while asked:
        requirement, extras = asked.pop()
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = canonicalize_name(requirement.name)
        within = frozenset({"", *requirement.extras})
        if name in found and not requirement.extras:
            continue
        found.add(name)
        lines = distribution(name).requires or []
        asked += [(Requirement(line), within) for line in lines]
    return found


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make dist` builds."""
    recipe = re.search(r"^dist:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe
    folder = tmp_path_factory.mktemp("wheel") / "dist"
    for line in recipe[1].splitlines():
        told = line.strip().replace("@$(BIN)/python", sys.executable)
        told = re.sub(r"\bdist$", str(folder), told)
        succeed("bash", "-c", told, cwd=checkout, PYTHONPATH=str(checkout / "src"))
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Run Python, in an empty folder, where the wheel is installed and no checkout is near."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    interpreter = folder / "bin" / "python"
    succeed(interpreter, "-m", "pip", "install", "--no-deps", "--no-index", wheel)
    here = Path(distribution("nnsight").locate_file(""))
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(succeed(interpreter, "-c", code).stdout.strip())
    present = brought_along()
    absent = {
        module
        for module, names in packages_distributions().items()
        if not {canonicalize_name(name) for name in names} & (present | {"nnsight-guide"})
    }
    (packages / "without_extras.py").write_text(WITHOUT.format(absent=absent))
    (packages / "dependencies.pth").write_text(f"{here}\nimport without_extras\n")

    def run(*arguments: str, **files: str) -> str:
        empty = tmp_path_factory.mktemp("empty")
        for name, text in files.items():
            (empty / f"{name}.py").write_text(text)
        own = {"PYTHONPATH": "", "XDG_CACHE_HOME": str(folder / "cache")}
        return succeed(interpreter, *arguments, cwd=empty, **own).stdout

    return run


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel, checkout):
    package = checkout / "src" / "nnsight_guide"
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    there = {
        f"nnsight_guide/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == there
    assert {
        "nnsight_guide/html/published.yml",
        "nnsight_guide/checks/__init__.py",
        "nnsight_guide/loopback/app.py",
        *(
            f"nnsight_guide/demo_model/{name}"
            for name in ("weights.safetensors", "gpt2_merges.txt.gz", "SHA256SUMS", "NOTICE")
        ),
    } <= names


def test_its_metadata_asks_for_what_the_package_needs_and_names_the_licence(wheel):
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        told = message_from_bytes(packed.read(name))
        assert f"{name.split('/')[0]}/licenses/LICENSE" in packed.namelist()
    asked = [Requirement(line) for line in told.get_all("Requires-Dist")]
    needed = {str(line) for line in asked if line.marker is None}
    assert needed == {str(Requirement(line)) for line in PROJECT["dependencies"]}
    assert re.fullmatch(rf"{re.escape(__version__)}\.post\d+", told["Version"])
    assert told["Requires-Python"] == PROJECT["requires-python"]
    assert told["License-Expression"] == "MIT"


def test_what_runs_is_the_wheels_and_only_what_it_brings_is_there(python):
    where = python("-c", "import nnsight_guide; print(nnsight_guide.__file__)")
    assert "site-packages" in where
    assert str(ROOT) not in where
    for module in ("mkdocs", "jupytext", "nbclient", "pytest"):
        assert python("asking.py", module, asking=ASKING) == "absent\n", module


def test_the_demo_model_is_made_from_what_the_wheel_holds(python):
    folder = Path(python("-m", "nnsight_guide", "demo").splitlines()[-1])
    assert (folder / "model.safetensors").is_file()


@pytest.fixture(scope="module")
def told(python: Callable[..., str]) -> list[str]:
    """What a reader is told who traces on the service, and lets the checkers judge."""
    return python("client.py", client=CLIENT).splitlines()


def test_the_checkers_judge_an_answer(told):
    wrong, right, where = told[-3:]
    assert right.startswith("Right: these are the attention patterns of layer 0")
    assert wrong.startswith("Not yet: the batch dimension is still there")
    assert "site-packages" in where


def test_the_loopback_service_runs_a_trace(told):
    assert "best 6342" in told, "' Paris'"
