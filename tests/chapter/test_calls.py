"""What a chapter calls."""

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.chapter import calls
from nnsight_guide.chapter.page import ChapterPage, open_page
from nnsight_guide.model.profiles import GPT_J
from nnsight_guide.recording.real_cells import RealCell
from nnsight_guide.recording.recordings import Recording

SOURCE = """# A chapter

```python exec="1" html="1"
print(cell("first", "ask"))
```

```python exec="1" html="1"
print(cell("first", "aks"))
print(cell("frist", "ask"))
```
"""
PRINTED = {"output_type": "stream", "text": "1\n"}
RAISED = {"output_type": "error", "ename": "NameError", "evalue": "no x"}
FAILS = {"title": "fail", "tags": ["raises-exception"]}
RECORDING = Recording(
    {
        "cells": [
            {"metadata": {"title": "ask"}, "source": "print(1)", "outputs": [PRINTED]},
            {"metadata": FAILS, "source": "print(x)", "outputs": [RAISED]},
        ],
        "metadata": {
            "guide": {
                "key_parts": {"a": "1"},
                "provenance": {"model": "some/model", "profile": "demo"},
            }
        },
    }
)


@pytest.fixture
def page(profile):
    page = ChapterPage("docs/a.md", SOURCE, "../..", profile, {"first": RECORDING})
    open_page(page)
    return page


def test_a_block_carries_snippet_cell_key_and_model(page):
    block = BeautifulSoup(calls.cell("first", "ask"), "html.parser").div
    assert block["data-snippet"] == "first"
    assert block["data-cell"] == "ask"
    assert block["data-key"] == RECORDING.key
    assert block["data-model"] == "some/model"
    assert not block.has_attr("data-raises")


def test_a_deliberate_failure_is_marked(page):
    assert "data-raises" in calls.cell("first", "fail")


def test_the_file_is_linked_from_where_the_page_lies(page):
    assert 'href="../../downloads/first.py"' in calls.cell("first", "ask")


def test_a_page_knows_which_recordings_it_shows(page):
    calls.cell("first", "ask")
    calls.cell("first", "fail")
    assert page.shown == [RECORDING]


def test_a_page_tells_of_the_real_model_only_where_it_shows_what_that_gave(page):
    real = RealCell([{**PRINTED, "text": "2\n"}], {"model": GPT_J}, "a-key", {}, is_proven=True)
    page.committed = {"first": {"fail": real}}
    calls.cell("first", "ask")
    assert page.shown == [RECORDING]
    assert page.real_cell("first", "ask") is None
    page.show("first", "fail")
    assert page.shown == [RECORDING, real]
    assert page.recorded_models() == {GPT_J}
    assert (page.is_complete(), page.is_real()) == (False, False)
    page.committed["first"]["ask"] = real
    assert (page.is_complete(), page.is_real()) == (True, True)


def test_a_misspelt_cell_is_a_problem_of_the_page_at_its_line(page):
    assert calls.cell("first", "aks") == ""
    assert page.problems == [
        "docs/a.md, line 8: snippets/first.py has no cell 'aks': did you mean 'ask'?"
    ]


def test_a_misspelt_snippet_is_a_problem_of_the_page_at_its_line(page):
    calls.cell("frist", "ask")
    assert page.problems == [
        "docs/a.md, line 9: there is no snippet 'frist': did you mean 'first'?"
    ]


def test_an_unknown_section_of_the_published_facts_is_a_problem(page):
    calls.published("confg")
    assert "did you mean 'config'?" in page.problems[0]


def test_the_page_says_that_the_demo_model_ran(page):
    assert "demo model" in calls.which_model()
    assert 'href="../../demo-model/"' in calls.which_model()
