"""The checkers on the page say "right" to what is right, and why to what is not."""

import pytest

SAID = {
    "check_means": "Right: these are the mean hidden states at the last position",
    "over_the_wrong_axis": "Not yet: this mean is over the layers, (3, 576)",
    "check_said": "Right: this is what the model says with the vector in place",
    "training_words": r"Not yet: the vector was learned from 'Q: up\nA:', which it is tested on",
    "check_heads": "Right: ",
}


@pytest.mark.parametrize("cell", SAID)
def test_a_solution_is_right_and_a_slip_is_named(recorded, cell):
    assert recorded("task_vector_checks", cell).startswith(SAID[cell])


def test_each_cell_is_looked_at(recorded_cells):
    assert recorded_cells("task_vector_checks") == [*SAID]
