"""The checkers on the page say "right" to what is right, and why to what is not."""

from tests.support.second_model import CellByCell, folder_or_skip

FOLDER = folder_or_skip()
task, heads = CellByCell("task_vector"), CellByCell("task_heads")
checks = CellByCell("task_vector_checks")


def test_the_solutions_are_right_and_two_slips_are_named():
    assert task.best == 20
    assert heads.five
    assert checks.printed("check_means").startswith("Right: ")
    assert checks.printed("over_the_wrong_axis").startswith(
        "Not yet: this mean is over the layers, (3, 576)"
    )
    assert checks.printed("check_said").startswith("Right: ")
    assert checks.printed("training_words").startswith(
        r"Not yet: the vector was learned from 'Q: up\nA:', which it is tested on"
    )
    assert checks.printed("check_heads").startswith("Right: ")
