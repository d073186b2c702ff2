"""What belongs to a checkout, and what editors and systems leave in its folders."""

import pytest
from mkdocs.config import load_config

from nnsight_guide.base.project import Project, modules_in
from nnsight_guide.idioms.outcomes import idiom_names
from tests.support.paths import ROOT

LEFT = [".#first.py", "._first.py", ".first.py.swp", "first.py~", "#first.py#", ".first.py.un~"]


@pytest.mark.parametrize("name", LEFT)
def test_what_an_editor_leaves_is_no_snippet_and_no_idiom(project, name):
    before = project.snippet_names()
    idioms = project.snippets / "from_2024"
    idioms.mkdir()
    for folder in (project.snippets, idioms):
        (folder / name).symlink_to("somebody@a-machine.1234")  # as Emacs does
    assert project.snippet_names() == before
    assert idiom_names(project) == []


@pytest.mark.parametrize(
    "name",
    [
        "index.md~",
        ".index.md.swp",
        "a.swo",
        "#a.md#",
        ".#a.md",
        "~$a.md",
        "Thumbs.db",
        "desktop.ini",
    ],
)
def test_what_an_editor_or_a_system_leaves_is_not_published(name):
    excluded = load_config(str(ROOT / "mkdocs.yml")).exclude_docs
    assert name[0] == "." or excluded.match_file(f"chapters/{name}")  # MkDocs leaves out the former
    assert not excluded.match_file("chapters/tokenizers.md")


def test_modules_are_told_in_order_without_the_package_itself():
    assert modules_in(ROOT / "snippets") == Project(ROOT).snippet_names()
    assert "__init__" not in modules_in(ROOT / "snippets")
