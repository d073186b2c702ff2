"""The first cells of a notebook: what they install, and the line that chooses the model."""

import ast

import pytest

from nnsight_guide.choice import CHOICES
from nnsight_guide.html.installing import Package
from nnsight_guide.notebook import opening
from tests.support.notebooks import uncommented

WHEEL = "guide-1-py3-none-any.whl"


@pytest.mark.parametrize(
    ("package", "command"),
    [
        (
            Package(WHEEL, ("a==1",), "https://g.org/x/"),
            f'"https://g.org/x/downloads/{WHEEL}" a==1',
        ),
        (Package(WHEEL, ("a==1",)), f'"../{WHEEL}" a==1'),
        (Package(WHEEL, ("a==1", "b==2"), is_offline=True), f'"../{WHEEL}" a==1 b==2'),
        (Package("", ("a==1",), "https://g.org/"), "a==1"),
    ],
)
def test_the_first_cell_installs_the_wheel_from_where_it_is(package, command):
    cell = opening.installing_cell(package)
    assert all(line.startswith("# ") for line in cell.splitlines())
    assert uncommented(cell).splitlines()[1:] == [f"%pip install {command}"]


def test_only_a_notebook_in_a_folder_says_that_it_has_to_lie_there():
    for site, in_folder in (("https://g.org/", False), ("", True)):
        assert ("folder" in opening.installing_cell(Package(WHEEL, (), site))) is in_folder


@pytest.mark.parametrize(("is_remote", "choice"), [(False, "demo"), (True, "loopback")])
def test_the_second_cell_chooses_by_a_word_that_there_is(is_remote, choice):
    cell = opening.choosing_cell(is_remote=is_remote)
    called = ast.parse(uncommented(cell)).body[-1].value
    assert (called.func.id, ast.literal_eval(called.args[0])) == ("use", choice)
    assert choice in CHOICES
    assert '"ndif"' in cell
