"""How long a cell may run and how much it may show, counted without a kernel."""

import io
import threading

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.run import limits
from tests.support.paths import ROOT


class Stream(io.StringIO):
    """A stream as the kernel's: its `write` can be set."""


@pytest.fixture
def stream():
    return Stream()


@pytest.fixture
def printed(stream):
    printed = limits.Printed(stream)
    printed.begin()
    return printed


def test_a_cell_has_ten_minutes_or_what_the_variable_says():
    assert limits.seconds({}) == 600
    assert limits.seconds({"GUIDE_CELL_SECONDS": ""}) == 600
    assert limits.seconds({"GUIDE_CELL_SECONDS": "7"}) == 7


@pytest.mark.parametrize("said", ["ten", "0", "-1", "1.5", "inf", " 7"])
def test_what_is_no_number_of_seconds_is_refused(said):
    with pytest.raises(GuideError, match=rf"GUIDE_CELL_SECONDS is '{said}': set it to"):
        limits.seconds({"GUIDE_CELL_SECONDS": said})


def test_up_to_the_limit_all_is_let_through(stream, printed):
    stream.write("x" * limits.CHARACTERS)
    assert len(stream.getvalue()) == limits.CHARACTERS


def test_beyond_it_the_cell_is_stopped_and_nothing_more_reaches_the_build(stream, printed):
    for _ in range(3):  # whatever the cell catches
        with pytest.raises(limits.OutputLimit, match="more than the 1,000,000 characters"):
            stream.write("x" * 100_000_000)
    assert len(stream.getvalue()) == limits.CHARACTERS + 1, "so that the build knows"


def test_many_small_pieces_count_as_one(stream, printed):
    def print_on():
        while True:
            stream.write("x" * 999)

    with pytest.raises(limits.OutputLimit):
        print_on()


def test_a_thread_that_hands_on_too_much_is_not_stopped_but_no_longer_heard(stream, printed):
    thread = threading.Thread(target=lambda: stream.write("x" * 2_000_000))
    thread.start()
    thread.join()  # an error in it would fail this test
    assert len(stream.getvalue()) == limits.CHARACTERS + 1


def test_the_next_cell_begins_at_nothing(stream, printed):
    with pytest.raises(limits.OutputLimit):
        stream.write("x" * 2_000_000)
    printed.begin()
    stream.write("more")
    assert stream.getvalue().endswith("more")


def test_all_that_a_cell_shows_counts():
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "12345"},
        {"output_type": "display_data", "data": {"image/png": "x" * 1000}, "metadata": {}},
    ]
    assert limits.characters(outputs[:1]) == 5
    assert 1005 < limits.characters(outputs) < 1200


def test_the_limits_stand_in_the_docs():
    text = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    assert f"{limits.SECONDS} seconds" in text
    assert f"{limits.CHARACTERS:,} characters" in text
    assert "`GUIDE_CELL_SECONDS`" in text
