"""Ten public notebooks of 2024 (`notebooks_2024.toml`): what they hold, and what answers it."""

import tomllib

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.idioms.idiom import idiom_paths, read_idiom


@pytest.fixture(scope="module")
def survey(root):
    return tomllib.loads((root / "tests/pages/notebooks_2024.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def entries(root):
    """What each entry is about, and the code in it that is old or goes wrong, in one line."""
    read = {name: read_idiom(path) for name, path in idiom_paths(Project(root)).items()}
    return {
        name: " ".join(f"{entry.title} {entry.explanation} {entry.then}".split())
        for name, entry in read.items()
    }


def test_each_form_of_a_notebook_stands_in_the_entry_that_answers_it(survey, entries):
    answers = survey["answers"]
    assert {*answers.values()} <= entries.keys()
    assert [form for form, name in answers.items() if form not in entries[name]] == []


def test_ten_notebooks_of_four_repositories_are_named_with_their_commit(survey):
    notebooks = survey["notebook"]
    assert len({(book["repository"], book["path"]) for book in notebooks}) == 10
    assert len({book["repository"] for book in notebooks}) == 4
    assert all(len(book["commit"]) == 40 for book in notebooks)


def test_all_that_the_notebooks_hold_has_an_answer_and_no_answer_is_idle(survey):
    held = {form for book in survey["notebook"] for form in book["holds"]}
    assert held == survey["answers"].keys()
