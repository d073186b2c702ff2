"""When `make site` has nothing to do, and when it must not believe so."""

import os
import shutil

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.model.profiles import current
from nnsight_guide.site import stamp
from tests.support.sites import make_project

CONFIG = """\
INHERIT: ../beside/base.yml
site_author: !ENV SITE_AUTHOR
theme: {name: mkdocs, custom_dir: overrides}
extra: {more: [../beside/theme]}
plugins: [nnsight-guide]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory, command):
    """A project whose site has been built, and what the build said."""
    whole = tmp_path_factory.mktemp("whole")
    (whole / "checkout").mkdir()
    project = make_project(whole / "checkout")
    root, beside = project.root, whole / "beside"
    for path, text in (
        (root / "docs/index.md", "# A page\n"),
        (root / "overrides/.icons/guide/mine.svg", "<svg/>\n"),
        (beside / "base.yml", "site_name: !ENV [SITE_NAME, A small project]\n"),
        (beside / "theme/more.html", "<p>\n"),
        (root / "mkdocs.yml", CONFIG),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "docs/linked").symlink_to(beside / "theme")
    done = command("nnsight_guide", "build", cwd=root)
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def project(built, tmp_path, monkeypatch):
    """The same, to be changed: what a test changes, it finds as it was."""
    whole, copy = built.root.parent, tmp_path / "kept"
    shutil.copytree(whole, copy, copy_function=shutil.copy2, symlinks=True)
    yield built
    for path in list(whole.iterdir()):
        shutil.rmtree(path)
    shutil.copytree(copy, whole, copy_function=shutil.copy2, dirs_exist_ok=True, symlinks=True)


def is_unchanged(project, environ=os.environ):
    profile = current({name: environ[name] for name in environ if name == "GUIDE_PROFILE"})
    return stamp.is_built(project, stamp.sources(project, profile, environ), environ)


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
    "a hidden file of the theme": lambda root: append(root / "overrides/.icons/guide/mine.svg"),
    "a hidden folder of the pages": lambda root: (
        (root / "docs/.well-known").mkdir() or (root / "docs/.well-known/x.txt").write_text("")
    ),
    "the settings that are inherited": lambda root: append(root.parent / "beside/base.yml"),
    "a file beside the checkout": lambda root: append(root.parent / "beside/theme/more.html"),
    "a new file beside the checkout": lambda root: (
        root.parent / "beside/theme/new.html"
    ).write_text(""),
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


@pytest.mark.parametrize("name", ["SITE_NAME", "SITE_AUTHOR"])
def test_a_variable_that_the_settings_name_is_a_change(project, name):
    assert is_unchanged(project, {**os.environ, "ANOTHER": "x"})
    assert not is_unchanged(project, {**os.environ, name: "x"})


def test_another_version_of_any_package_is_a_change(project, tmp_path, monkeypatch):
    packages = tmp_path / "site-packages"
    (packages / "markdown-99.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(packages)
    assert not is_unchanged(project)


def test_what_is_edited_during_the_build_is_not_taken_for_built(project):
    profile = current({})
    before, named = stamp.sources(project, profile), stamp.named_in_config(project)
    append(project.root / "docs" / "index.md")
    stamp.remember(project, profile, before, named)
    assert not is_unchanged(project)


def test_a_site_that_is_not_there_is_not_remembered(project):
    profile = current({})
    shutil.rmtree(project.root / "site")
    with pytest.raises(GuideError, match="site/ holds no page"):
        stamp.remember(
            project, profile, stamp.sources(project, profile), stamp.named_in_config(project)
        )


def test_a_build_that_failed_is_not_remembered(project, command):
    (project.snippets / "first.py").write_text("# %% ask\nprint(1 / 0)\n")
    done = command("nnsight_guide", "build", cwd=project.root)
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stderr
    assert not is_unchanged(project)
