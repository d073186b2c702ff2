"""A task as a vector: its scores and their controls, by PyTorch's own hooks too."""

import re

import pytest
import torch

from nnsight_guide.html.maps import MIME, Map
from tests.support.by_hooks import last_states, logits_with
from tests.support.snippets import Lazily

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("second")]
exercise = Lazily("task_vector")
task = Lazily("task_states")

# On one machine all is the same from run to run. Between machines sums are rounded otherwise, and
# a word or two may change sides where two answers are nearly as likely: counts may differ by that.
WORDS_BETWEEN_MACHINES = 2


def encode(text):
    return torch.tensor([exercise.tokenizer.encode(text)])


def says(second_here, prompt, layer, change):
    return logits_with(second_here, encode(prompt), layer, change).argmax().item()


def near(count):
    return pytest.approx(count, abs=WORDS_BETWEEN_MACHINES)


def test_with_examples_nearly_all_are_right_and_without_none(second_here):
    def right(form):
        said = [second_here(encode(prompt)).logits[0, -1].argmax().item() for prompt in form]
        return exercise.n_right(said, exercise.test_pairs)

    with torch.no_grad():
        assert right(exercise.tests["few-shot"]) == near(15)
        assert right(exercise.tests["zero-shot"]) <= 1


def test_the_means_are_those_of_prompts_run_one_by_one(second_here):
    pairs = exercise.train_pairs
    for means, learned in ((exercise.antonyms, pairs), (exercise.repeating, exercise.repeated)):
        prompts = [exercise.few_shot(word, learned) for word, _ in learned]
        states = [last_states(second_here, encode(prompt)) for prompt in prompts]
        by_hooks = torch.stack(states).mean(dim=0)
        assert means.shape == by_hooks.shape == (30, 576)
        assert not means.requires_grad
        assert ((means - by_hooks).norm(dim=-1) < 1e-3 * by_hooks.norm(dim=-1)).all()


def test_what_is_said_with_a_mean_in_place_is_what_hooks_give(second_here):
    questions = [exercise.zero_shot(word) for word, _ in exercise.train_pairs]
    assert list(exercise.results) == list(range(0, 30, 2))
    for layer in (14, 20, 26):
        said, p = exercise.results[layer]
        mean = exercise.antonyms[layer]
        logits = [
            logits_with(second_here, encode(question), layer, lambda _, m=mean: m)
            for question in questions
        ]
        both = zip(said, [row.argmax().item() for row in logits], strict=True)
        assert sum(one != other for one, other in both) <= 1
        answers = task.ids_of_answers(exercise.train_pairs)
        by_hooks = [row.softmax(-1)[a].item() for row, a in zip(logits, answers, strict=True)]
        assert p == pytest.approx(sum(by_hooks) / 14, abs=1e-3)


def test_a_layer_chosen_on_the_training_words_gives_twelve_of_the_test_words_and_more():
    assert exercise.best in (18, 20)
    sure = {layer: p for layer, (_, p) in exercise.results.items()}
    assert sure[exercise.best] == max(sure.values()) > 0.5
    (said, _) = exercise.put_in(exercise.antonyms, [exercise.best], exercise.test_pairs)[
        exercise.best
    ]
    assert exercise.n_right(said, exercise.test_pairs) >= 12


def test_no_random_vector_of_the_same_length_gives_more_than_two(second_here):
    for seed in range(3):
        dice = torch.Generator().manual_seed(seed)
        noise = torch.randn(exercise.antonyms.shape, generator=dice)[exercise.best]
        noise *= exercise.antonyms[exercise.best].norm() / noise.norm()
        said = [
            says(second_here, prompt, exercise.best, lambda _, n=noise: n)
            for prompt in exercise.tests["zero-shot"]
        ]
        assert exercise.n_right(said, exercise.test_pairs) <= 2


def test_the_mean_of_another_task_gives_no_more_than_two_and_does_its_own_task():
    assert exercise.repeated == [(word, word) for word, _ in exercise.train_pairs]
    said, _ = exercise.put_in(exercise.repeating, [exercise.best], exercise.test_pairs)[
        exercise.best
    ]
    assert exercise.n_right(said, exercise.test_pairs) <= 2
    assert exercise.n_right(said, exercise.themselves) >= 12
    assert exercise.themselves == [(word, word) for word, _ in exercise.test_pairs]


def test_in_the_map_the_other_task_s_mean_comes_near_at_layer_16_and_not_at_20():
    own, other = zip(*exercise.accuracy, strict=True)
    assert len(own) == 15
    assert own[8] == near(12 / 14)
    assert (own[8], other[8], own[9], other[9]) == pytest.approx(
        (12 / 14, 9 / 14, 14 / 14, 2 / 14), abs=WORDS_BETWEEN_MACHINES / 14
    )
    assert own[10] >= 11 / 14
    assert other[10] <= 3 / 14


def test_late_states_are_one_answer_for_all(second_here):
    results = exercise.on_tests
    assert list(results) == list(range(exercise.best - 4, 30, 2))
    answers = {layer: len({*said}) for layer, (said, _) in results.items()}
    assert answers[20] >= 14
    assert answers[28] == 1
    right = {layer: exercise.n_right(s, exercise.test_pairs) for layer, (s, _) in results.items()}
    assert max(right, key=right.get) == 20
    assert right[20] == near(14)
    assert right[28] == 0


def test_to_add_the_mean_is_not_enough_and_to_add_the_difference_is(second_here):
    mean = exercise.antonyms[exercise.best]
    own = torch.stack(
        [
            last_states(second_here, encode(exercise.zero_shot(w)))[exercise.best]
            for w, _ in exercise.train_pairs
        ]
    ).mean(dim=0)
    for name, vector, count in (("the mean", mean, 5), ("the difference", mean - own, 14)):
        said = [
            says(second_here, prompt, exercise.best, lambda state, v=vector: state + v)
            for prompt in exercise.tests["zero-shot"]
        ]
        assert exercise.n_right(said, exercise.test_pairs) == near(count)
        assert exercise.n_right(exercise.added[name], exercise.test_pairs) == near(count)


def test_in_the_form_with_arrows_examples_do_as_well_and_the_mean_of_layer_20_nothing(second_here):
    def form(pair, task=None):
        shot = exercise.few_shot(pair[0], exercise.train_pairs) if task else f"Q: {pair[0]}\nA:"
        return shot.replace("\n\n", "\n").replace("Q: ", "").replace("\nA:", " ->")

    pairs = exercise.train_pairs
    assert form(("hot", "cold")) == "hot ->"
    states = [last_states(second_here, encode(form(pair, pairs)))[20] for pair in pairs]
    mean = torch.stack(states).mean(dim=0)
    shots = [form(pair, pairs) for pair in exercise.test_pairs]
    zeros = [form(pair) for pair in exercise.test_pairs]
    with torch.no_grad():
        few = [second_here(encode(shot)).logits[0, -1].argmax().item() for shot in shots]
    said = [says(second_here, zero, 20, lambda _: mean) for zero in zeros]
    assert exercise.n_right(few, exercise.test_pairs) == near(15)
    assert exercise.n_right(said, exercise.test_pairs) <= 1


# What is printed


def words_of(said):
    return [exercise.tokenizer.decode(token) for token in said]


def test_the_means_are_printed_with_their_shape(recorded):
    assert recorded("task_vector", "antonyms") == "torch.Size([30, 576])"


def test_the_two_ends_are_printed_with_words_that_the_model_says(second_here, recorded):
    few, few_words, zero, zero_words = recorded("task_vector", "ends").splitlines()
    assert re.fullmatch(r"few-shot: 1[3-6] of 16", few)
    assert re.fullmatch(r"zero-shot: [01] of 16", zero)
    for form, shown in (("few-shot", few_words), ("zero-shot", zero_words)):
        with torch.no_grad():
            prompts = exercise.tests[form][:6]
            said = [second_here(encode(prompt)).logits[0, -1].argmax().item() for prompt in prompts]
        assert shown == str(words_of(said))


def test_each_second_layer_is_printed_with_its_count_and_probability(recorded):
    lines = recorded("task_vector", "by_layer").splitlines()
    for line, (layer, (said, p)) in zip(lines, exercise.results.items(), strict=True):
        count = exercise.n_right(said, exercise.train_pairs)
        assert line == f"layer {layer:2}: {count} of 14 right, p = {p:.2f}"


def test_the_score_is_printed_with_all_that_is_said(recorded):
    best = exercise.best
    said, _ = exercise.put_in(exercise.antonyms, [best], exercise.test_pairs)[best]
    count = exercise.n_right(said, exercise.test_pairs)
    assert recorded("task_vector", "score") == f"layer {best}: {count} of 16\n{words_of(said)}"


def test_the_controls_are_printed_with_what_is_said(second_here, recorded):
    best = exercise.best
    lines = recorded("task_vector", "random_vectors").splitlines()
    assert len(lines) == 3
    for seed, line in enumerate(lines):
        dice = torch.Generator().manual_seed(seed)
        noise = torch.randn(exercise.antonyms.shape, generator=dice)[best]
        noise *= exercise.antonyms[best].norm() / noise.norm()
        prompts = exercise.tests["zero-shot"][:4]
        words = words_of(
            [says(second_here, prompt, best, lambda _, n=noise: n) for prompt in prompts]
        )
        assert re.fullmatch(r"[012] of 16, (.*)", line)[1] == str(words)
    said, _ = exercise.put_in(exercise.repeating, [best], exercise.test_pairs)[best]
    assert recorded("task_vector", "another_task") == (
        f"opposites: {exercise.n_right(said, exercise.test_pairs)} of 16\n"
        f"the words themselves: {exercise.n_right(said, exercise.themselves)}\n{words_of(said)}"
    )


def test_the_last_cells_print_their_counts(recorded):
    lines = recorded("task_vector", "on_test_words").splitlines()
    for line, (layer, (said, _)) in zip(lines, exercise.on_tests.items(), strict=True):
        count = exercise.n_right(said, exercise.test_pairs)
        assert line == f"layer {layer}: {count} right, {len({*said})} different answers"
    assert recorded("task_vector", "adding") == "\n".join(
        f"{name}: {exercise.n_right(said, exercise.test_pairs)} of 16"
        for name, said in exercise.added.items()
    )


def test_the_map_shows_the_accuracy_of_both_by_layer(recording):
    (output,) = recording("task_vector").cell("draw")["outputs"]
    shown = Map(**output["data"][MIME])
    values, accuracy = torch.tensor(shown.values), torch.tensor(exercise.accuracy)
    torch.testing.assert_close(values, accuracy, atol=0.00501, rtol=0)  # two digits are kept
    assert shown.columns == ["opposites", "repeating the word"]
    assert shown.rows == [str(layer) for layer in range(0, 30, 2)]
    assert (shown.title, shown.values_are) == ("Opposites said, by layer", "accuracy")
    assert (shown.columns_are, shown.rows_are) == ("mean of", "layer")
    assert (shown.form, shown.diverges, shown.end) == (".0%", False, 1)
