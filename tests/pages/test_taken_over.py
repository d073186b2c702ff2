"""What a sentence or a snippet takes over from elsewhere is what stands there."""

import pytest
import torch

from tests.support.paths import ROOT
from tests.support.snippets import Lazily, cell_in_file

checked, vector, heads = map(Lazily, ("task_vector_checks", "task_vector", "task_heads"))
pairs, one_pair = map(Lazily, ("fact_pairs", "fact_patching"))


@pytest.mark.parametrize("name", ["find_head", "previous_token", "induction", "subject"])
def test_heads_of_the_second_model_are_found_by_the_exercises_own_code(name):
    of_exercise = cell_in_file("attention_patterns", name)
    own = cell_in_file("another_architecture", name)
    own = own.replace("import circuitsvis as cv\n\n", "").replace("(llama, ", "(")
    start = own.index("subject = ") if name == "subject" else 0  # above it, tokens are decoded
    same = own[start:].replace('slice(1, 4)  # " E", "iffel",', 'slice(1, 5)  # " E", "iff", "el",')
    assert same == of_exercise


def test_the_pair_of_the_exercise_is_among_the_thirty_and_restores_what_it_did_alone():
    number = pairs.pairs.index((0, 1))
    assert pairs.prompts[:2] == [one_pair.source, one_pair.base]
    alone = one_pair.restored[:, [*one_pair.subject, -1]]
    torch.testing.assert_close(pairs.by_place[:, :, number], alone, atol=0.03, rtol=0.03)


@pytest.mark.local
def test_the_page_of_the_task_vector_states_the_shares_that_its_map_shows(second):
    page = (ROOT / "docs" / "exercises" / "a-task-as-a-vector.md").read_text(encoding="utf-8")
    words = " ".join(page.split()).replace(" %", "%")
    own, other = zip(*vector.accuracy, strict=True)
    assert f"the opposite of {other[8]:.0%} of the words" in words
    assert f"with {own[8]:.0%}" in words
    assert f"{other[9]:.0%} against {own[9]:.0%}" in words


@pytest.mark.local
def test_the_checkers_of_a_tasks_vector_are_asked_about_what_its_page_has_found(second):
    assert checked.best == vector.best
    assert [*checked.five] == [*heads.five]
    torch.testing.assert_close(checked.antonyms, vector.antonyms)
    torch.testing.assert_close(checked.vector, heads.vector)
