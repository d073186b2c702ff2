"""Every command that a page shows for a shell is run as it is printed, in the order of the page.

What installs packages is in the long tests, in `test_fresh`. What needs the hub, NDIF, a person or
hours stands in `stand_ins.toml`, with the reason, and runs against what is named there.
"""

import re

import pytest

from tests.pages.ways.shown import SHELLS, in_readme, on_page
from tests.pages.ways.terminal import PLACEHOLDER, TABLE, stand_in_for

REMOTE = "chapters/remote-execution/index.html"
OTHERS = ("python", "markdown", "text", "toml")  # languages of blocks that are not for a shell


@pytest.fixture(scope="module")
def shown(published_pages):
    """The blocks of all pages that show commands, by page."""
    found = {path: on_page(path, page) for path, page in published_pages.items()}
    found = {path: blocks for path, blocks in found.items() if blocks}
    return {**found, "README.md": in_readme()}


def test_the_pages_with_commands_are_those_that_are_run(shown):
    from tests.pages.ways.test_fresh import PAGES

    assert shown.keys() == {REMOTE, *PAGES}


def test_no_block_of_code_is_in_a_language_that_nobody_has_looked_at(published_pages):
    for path, page in published_pages.items():
        for block in page.select("article [class*=language-]"):
            named = re.findall(r"language-(\w+)", " ".join(block["class"]))
            assert set(named) <= {*SHELLS, *OTHERS}, path


def test_a_line_is_a_command_as_it_stands(shown):
    for blocks in shown.values():
        for block in blocks:
            for line in block.lines:
                assert not line.startswith(("$", "%", "#", ">")), line
                assert not line.endswith("\\"), line


def test_only_what_is_in_the_table_has_to_be_filled_in(shown):
    for blocks in shown.values():
        for block in blocks:
            for line in block.lines:
                row = stand_in_for(block, line)
                assert PLACEHOLDER not in line or (row and row.on == "ndif"), line


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.page}: {row.line}")
def test_each_row_of_the_table_has_its_command_and_its_reason(shown, row):
    assert row.reason
    assert row.on or row.until or row.pytest
    found = [line for block in shown[row.page] for line in block.lines if row.is_for(block, line)]
    assert found


def test_the_commands_of_the_remote_chapter_run(shown, typed, activated, checkout, tmp_path):
    said = typed(shown[REMOTE], folder=tmp_path, clone=checkout, before=activated)
    assert "> python -m nnsight_guide loopback" in said
