"""Which sources do the same, and which outputs say the same."""

import pytest

from nnsight_guide.recording.likeness import does_the_same, says_the_same, tells_of_source

CELL = "best = x.argmax()\nprint(best.item(), 1000)"


@pytest.mark.parametrize(
    "other",
    [
        CELL + "\n",
        CELL + "  # the likeliest",
        "# the likeliest\n" + CELL,
        "best=x . argmax( )\n\n\nprint(\n    best.item(),\n    1_000,\n)",
    ],
)
def test_comments_and_layout_do_not_count(other):
    assert does_the_same(CELL, other)
    assert does_the_same(other, CELL)


@pytest.mark.parametrize(
    "other",
    [
        CELL.replace("max", "min"),
        CELL.replace("1000", "1001"),
        "",
        f"{CELL}\nprint(1)",
        CELL.replace("best", "worst"),
        CELL + ";",  # with which Jupyter shows nothing of the last line
        CELL + " ; # the likeliest",
    ],
)
def test_whatever_runs_does(other):
    assert not does_the_same(CELL, other)


def test_docstrings_are_comments_but_a_text_that_is_all_of_a_cell_is_its_output():
    function = 'def f():\n    """One."""\n    return 1'
    assert does_the_same(function, function.replace("One", "Two"))
    assert does_the_same(f'"""One."""\n{CELL}', CELL)
    assert not does_the_same('"One"', '"Two"')


def test_what_is_no_python_is_compared_as_text():
    assert does_the_same("with model.trace(:", "with model.trace(:\n")
    assert not does_the_same("with model.trace(:", "with model.trace(:  # no")


def test_as_text_a_comment_counts():
    assert does_the_same(CELL, CELL + "\n", as_text=True)
    assert not does_the_same(CELL, CELL + "  # the likeliest", as_text=True)


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ("6342", False),
        ("best", False),
        ("RuntimeError: in line 3", True),
        ("<cell>:3: UserWarning: old", True),
        ("snippets/help.py:12: UserWarning: old", True),
        ("> best = x.argmax()", True),
    ],
)
def test_an_output_that_names_a_line_or_quotes_one_tells_of_the_source(said, tells):
    assert tells_of_source([{"output_type": "stream", "text": said}], CELL) == tells
    assert tells_of_source([{"output_type": "error", "evalue": said}], CELL) == tells


def test_a_line_of_another_file_is_none_of_this_one():
    said = [{"output_type": "stream", "text": "snippets/help.py:12: UserWarning: old"}]
    assert tells_of_source(said, CELL, "help.py")
    assert not tells_of_source(said, CELL, "model.py")


def printed(text: str) -> list[dict]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.5121 Paris", "0.5122 Paris\n"),
        ("-0.02", "-0.03"),
        ("12.3%", "12.4%"),
        ("[1.00e-05]", "[1.01e-05]"),
        (" 9.99 Paris", "10.00 Paris"),
    ],
)
def test_numbers_may_differ_as_they_do_from_machine_to_machine(old, new):
    assert says_the_same(printed(old), printed(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.51", "0.53"),
        ("0.5", "0.6"),
        ("0.51", "-0.51"),
        ("6342", "6343"),
        ("Paris", "Rome"),
        ("0.51", "0.51 0.52"),
        ("0.51\n0.52", "0.51 0.52"),
        ("transformers 5.22.2", "transformers 5.22.3"),
        ("", "0.51"),
    ],
)
def test_words_whole_numbers_and_larger_steps_may_not(old, new):
    assert not says_the_same(printed(old), printed(new))


def test_so_it_is_with_the_numbers_of_a_figure():
    old = [{"data": {"figure": {"values": [[0.1234, 0.0]], "title": "a"}}, "execution_count": 1}]
    new = [{"data": {"figure": {"values": [[0.1235, 0.0001]], "title": "a"}}, "execution_count": 2}]
    assert says_the_same(old, new)
    new[0]["data"]["figure"]["values"][0][1] = 0.01
    assert not says_the_same(old, new)
    new[0]["data"]["figure"]["values"][0] = [0.1234]
    assert not says_the_same(old, new)
