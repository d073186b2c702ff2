"""A number that a sentence states is one that was measured."""

from tests.support.snippets import Lazily

task = Lazily("task_vector")


def test_the_page_of_the_task_vector_states_the_shares_that_its_map_shows(root, second):
    page = (root / "docs" / "exercises" / "a-task-as-a-vector.md").read_text(encoding="utf-8")
    words = " ".join(page.split()).replace(" %", "%")
    own, other = zip(*task.accuracy, strict=True)
    assert f"the opposite of {other[8]:.0%} of the words" in words
    assert f"with {own[8]:.0%}" in words
    assert f"{other[9]:.0%} against {own[9]:.0%}" in words
