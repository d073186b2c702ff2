"""The wheel that a site carries: reproducible, and another version wherever anything differs."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.site.wheel import BESIDE, PACKAGE, wheel
from tests.support.browser import served
from tests.support.paths import ROOT
from tests.support.processes import succeed

MODULE = f"{PACKAGE}/checks/answers.py"


def copy(folder):
    """Return a project with a few of the package's files, and all that describes it."""
    for name in (*BESIDE, f"{PACKAGE}/__init__.py", MODULE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return Project(folder)


@pytest.fixture
def project(tmp_path):
    return copy(tmp_path / "guide")


def names(path):
    with zipfile.ZipFile(path) as opened:
        return opened.namelist()


def test_the_same_sources_give_the_same_bytes_wherever_and_whenever(project, tmp_path):
    other = copy(tmp_path / "elsewhere" / "guide")
    for path in other.root.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (10**9, 10**9))
    first, second = wheel(project), wheel(other)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_its_hash_lies_beside_it_as_sha256sum_reads_it(project):
    built = wheel(project)
    digest, name = built.with_name(f"{built.name}.sha256").read_text().split()
    assert (digest, name) == (hashlib.sha256(built.read_bytes()).hexdigest(), built.name)


def test_it_is_built_here_without_the_network_and_without_another_process(project, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        pytest.fail("something was asked of the network, or another process was started")

    for module, name in ((socket, "socket"), (subprocess, "Popen"), (os, "fork")):
        monkeypatch.setattr(module, name, refused)
    assert wheel(project).is_file()


@pytest.mark.parametrize("changed", [MODULE, "pyproject.toml", "README.md", "a new file"])
def test_whatever_changes_its_version_does(project, changed):
    before = wheel(project)
    path = project.root / (changed if "." in changed else f"{PACKAGE}/new.py")
    path.write_text((path.read_text() if path.exists() else "") + "\n# more\n")
    after = wheel(project)
    assert not before.exists(), "what is out of date does not gather"
    versions = {parse_wheel_filename(each.name)[1] for each in (before, after)}
    assert len(versions) == 2
    assert {version.base_version for version in versions} == {"0.1.0"}


def test_nothing_is_built_where_nothing_has_changed_but_what_is_damaged_is(project):
    built = wheel(project)
    whole, time = built.read_bytes(), built.stat().st_mtime_ns
    (project.root / "docs").mkdir()
    (project.root / "docs/index.md").write_text("# Another page\n")
    assert wheel(project).stat().st_mtime_ns == time
    built.write_bytes(whole[:-1])
    assert wheel(project).read_bytes() == whole


def test_what_editors_and_python_leave_is_not_in_it(project):
    clean = names(wheel(project))
    home = project.root / PACKAGE
    (home / "__pycache__").mkdir()
    for name in ("__pycache__/x.cpython-311.pyc", ".#answers.py", "answers.py~", "x.py.orig"):
        (home / name).write_text("")
    found = [name for name in names(wheel(project)) if ".dist-info" not in name]
    assert found == [name for name in clean if ".dist-info" not in name]


def test_an_address_installs_what_is_there_over_whatever_another_has_installed(project, tmp_path):
    """Each way once, so that one of them leads to the lower version."""
    site, module = tmp_path / "site", project.root / MODULE
    site.mkdir()
    texts = (module.read_text(), "# another\n")
    built = []
    for text in texts:
        module.write_text(text)
        built.append(Path(shutil.copy(wheel(project), site)).name)
    venv.create(tmp_path / "reader")
    python = tmp_path / "reader/bin/python"
    (installed,) = (tmp_path / "reader/lib").glob("python*/site-packages")
    with served(site) as address:
        for name, text in [*zip(built, texts, strict=True)] * 2:
            pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps")
            succeed(*pip, f"{address}{name}")
            assert (installed / MODULE.removeprefix("src/")).read_text() == text


@pytest.mark.parametrize("text", ["[project", "[tool]\n", '[project]\nversion = "one"\n'])
def test_settings_that_cannot_be_used_are_told_in_a_line(project, text):
    (project.root / "pyproject.toml").write_text(text)
    with pytest.raises(GuideError, match=r"pyproject\.toml cannot be read|wheel cannot be built"):
        wheel(project)


def test_the_builder_is_the_one_that_pip_would_use():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (builder,) = settings["build-system"]["requires"]
    assert builder in settings["project"]["optional-dependencies"]["site"]
    assert f"\n{builder}\n" in (ROOT / "requirements.lock").read_text()
