"""Behind the one line: how it came, for whoever asks."""

import pytest

from nnsight_guide.base.errors import GuideError, long_story, one_line
from tests.attacks.bad_input.case import HEAD, Case

ODD = {"snippets/odd.py": f"{HEAD}x = 0\nprint(1 / x)\n"}
LINE = "snippets/odd.py, line 5, cell 'odd': ZeroDivisionError: division by zero"
NOT_UTF_8 = {"snippets/odd.py": b"\xff"}


def test_debug_shows_the_traceback_of_the_cell_and_ends_with_the_line(site, runner, in_process):
    with Case("a cell that raises", "nnsight_guide run --debug odd", LINE, ODD).in_place(site):
        status, errors = in_process(Case("", "nnsight_guide run --debug odd", LINE), {})
    assert status == 1
    assert "Traceback (most recent call last)" in errors
    assert "print(" in errors, "the line of the cell"
    assert errors.splitlines()[-1] == f"nnsight_guide: {LINE}"


@pytest.mark.parametrize("command", ["mkdocs build --verbose", "nnsight_guide build --debug"])
def test_a_build_tells_it_too(site, runner, in_a_process, command):
    case = Case("a binary snippet", command, "", NOT_UTF_8)
    with case.in_place(site) as variables:
        status, errors = in_a_process(case, variables)
    assert status == 1
    assert "snippets/odd.py is not UTF-8 text" in errors
    assert "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0" in errors


def test_the_story_has_what_the_line_has_left_out():
    def fail():
        try:
            raise ZeroDivisionError("deep down")
        except ZeroDivisionError:
            raise GuideError("one line") from None

    with pytest.raises(GuideError) as caught:
        fail()
    assert "deep down" in long_story(caught.value)


def test_a_line_is_one_line_that_a_terminal_cannot_be_made_to_obey():
    assert one_line("a\nb\x1b[31mc\0\ud800\n") == "a b [31mc"
    assert len(one_line("x" * 10_000)) < 600
