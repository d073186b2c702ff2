"""The checker on the page says "right" to what is right, and why to what is not."""


def test_the_solution_is_right(recorded):
    assert recorded("which_heads_checks", "check").startswith("Right: ")


def test_one_long_row_is_named(recorded):
    assert recorded("which_heads_checks", "not_yet").startswith(
        "Not yet: this is one long row, (64,)"
    )
