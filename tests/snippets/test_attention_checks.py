"""The checkers on the page say "right" to what is right, and why to what is not."""


def test_the_solution_is_right(recorded):
    assert recorded("attention_checks", "check").startswith("Right: ")


def test_a_forgotten_batch_dimension_is_named(recorded):
    assert recorded("attention_checks", "not_yet").startswith(
        "Not yet: the batch dimension is still there: (1, 16, 10, 10)"
    )


def test_the_bonus_is_right(recorded):
    assert recorded("attention_checks", "check_rotary").startswith("Right: ")
