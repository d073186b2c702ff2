"""When `make site` has nothing to do, and when it must not believe so."""

import os
import shutil

import pytest

from nnsight_guide.model.profiles import current
from nnsight_guide.site import stamp


@pytest.fixture(scope="module")
def built(module_project, command):
    """A project whose site has been built, and what the build said."""
    (module_project.root / "docs").mkdir()
    (module_project.root / "docs" / "index.md").write_text("# A page\n")
    done = command("nnsight_guide", "build", cwd=module_project.root)
    assert done.returncode == 0, done.stderr
    return module_project


@pytest.fixture
def project(built, tmp_path, monkeypatch):
    """The same, to be changed: what a test changes, it finds as it was."""
    copy = tmp_path / "kept"
    shutil.copytree(built.root, copy, copy_function=shutil.copy2)
    yield built
    for path in list(built.root.iterdir()):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(copy, built.root, copy_function=shutil.copy2, dirs_exist_ok=True)


def is_unchanged(project, environ=os.environ):
    profile = current({name: environ[name] for name in environ if name == "GUIDE_PROFILE"})
    return stamp.is_built(project, stamp.sources(project, profile, environ))


def append(path):
    path.write_text(path.read_text() + "\n# one line more\n")


def replace_with_same_size(path):
    path.write_bytes(path.read_bytes()[::-1])


def test_a_build_with_nothing_to_do_says_so_and_leaves_the_site_as_it_is(built, command):
    page = built.root / "site" / "index.html"
    before = page.stat().st_mtime_ns
    done = command("nnsight_guide", "build", cwd=built.root)
    assert (done.returncode, done.stdout) == (0, "nothing has changed since site/ was built\n")
    assert page.stat().st_mtime_ns == before


CHANGES = {
    "a page": lambda root: append(root / "docs" / "index.md"),
    "a new file": lambda root: (root / "docs" / "new.md").write_text("# New\n"),
    "a snippet": lambda root: append(root / "snippets" / "first.py"),
    "a module in a folder that is called like the site": lambda root: shutil.copytree(
        root / "snippets", root / "src" / "site"
    ),
    "the settings": lambda root: append(root / "mkdocs.yml"),
    "the pins": lambda root: append(root / "requirements.lock"),
    "a built page": lambda root: replace_with_same_size(root / "site" / "index.html"),
    "a lost page": lambda root: (root / "site" / "index.html").unlink(),
    "a lost recording": lambda root: next((root / ".cache").rglob("first.ipynb")).unlink(),
    "another recording": lambda root: append(next((root / ".cache").rglob("first.ipynb"))),
    "a lost cache": lambda root: shutil.rmtree(root / ".cache"),
    "a damaged note": lambda root: (root / ".cache/nnsight-guide/site.json").write_text("{"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_after_a_change_of_anything_there_is_something_to_do(project, what):
    assert is_unchanged(project)
    CHANGES[what](project.root)
    assert not is_unchanged(project)


def test_a_setting_in_the_environment_is_a_change(project):
    assert not is_unchanged(project, {**os.environ, "GUIDE_REPO_URL": "https://example.org"})


def test_another_version_of_any_package_is_a_change(project, tmp_path, monkeypatch):
    packages = tmp_path / "site-packages"
    (packages / "markdown-99.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(packages)
    assert not is_unchanged(project)


def test_what_is_edited_during_the_build_is_not_taken_for_built(project):
    profile = current({})
    before = stamp.sources(project, profile)
    append(project.root / "docs" / "index.md")
    stamp.remember(project, profile, before)
    assert not is_unchanged(project)


def test_a_build_that_failed_is_not_remembered(project, command):
    (project.snippets / "first.py").write_text("# %% ask\nprint(1 / 0)\n")
    done = command("nnsight_guide", "build", cwd=project.root)
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stderr
    assert not is_unchanged(project)
