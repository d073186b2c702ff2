"""The checker on the page says "right" to the solution, and why to what is not."""


def test_the_solution_is_right(recorded):
    assert recorded("fact_checks", "check") == (
        "Right: this is what each layer restores at each position."
    )


def test_leads_that_are_no_shares_are_named(recorded):
    assert recorded("fact_checks", "not_yet").startswith(
        "Not yet: these are differences of logits, and no shares yet: they are -14.3 without"
    )
