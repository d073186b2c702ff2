"""Words, prompts, and the states at their ends, by PyTorch's own hooks."""

import re

import pytest
import torch

from tests.support.by_hooks import last_states, logits_with
from tests.support.snippets import Lazily

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("second")]
task = Lazily("task_states")


def encode(text):
    return torch.tensor([task.tokenizer.encode(text)])


# Words and prompts


def test_there_are_thirty_pairs_of_single_tokens_and_no_word_is_learned_from_and_tested_on():
    train, test = task.train_pairs, task.test_pairs
    assert (len(train), len(test)) == (14, 16)
    words = [word for pair in (*train, *test) for word in pair]
    assert len({*words}) == 60
    assert all(len(task.tokenizer.encode(f" {word}")) == 1 for word in words)
    assert train[0] == ("up", "down")
    assert test[-1] == ("deep", "shallow")


def test_a_few_shot_prompt_has_five_examples_of_other_training_words_and_then_its_question():
    for pair in (*task.train_pairs, *task.test_pairs):
        prompt = task.few_shot(pair[0], task.train_pairs)
        examples, rest = prompt.split("\n\n")[:-1], prompt.split("\n\n")[-1]
        assert rest == f"Q: {pair[0]}\nA:" == task.zero_shot(pair[0])
        solved = [tuple(re.fullmatch(r"Q: (\w+)\nA: (\w+)", text).groups()) for text in examples]
        assert len({*solved}) == 5
        assert {*solved} <= {*task.train_pairs} - {pair}


def test_a_prompt_is_the_same_however_often_and_in_whatever_order_it_is_made():
    first = task.few_shot("quiet", task.train_pairs)
    task.few_shot("loud", task.train_pairs)
    assert task.few_shot("quiet", task.train_pairs) == first
    assert first.startswith("Q: north\nA: south\n\nQ: love\nA: hate\n\n")


def test_a_row_of_a_padded_batch_is_the_prompt_alone(second_here):
    prompts = ["Q: hot\nA: cold\n\nQ: big\nA:", "Q: the Eiffel Tower\nA:", "Q: up\nA:"]
    model = task.model
    with model.trace(prompts):
        logits = model.lm_head.output[:, -1].detach().save()
    for row, prompt in zip(logits, prompts, strict=True):
        with torch.no_grad():
            alone = second_here(encode(prompt)).logits[0, -1]
        torch.testing.assert_close(row, alone, atol=2e-3, rtol=1e-3)


def test_an_answer_is_right_if_it_is_the_token_with_its_space_before_it():
    pairs = task.test_pairs[:3]
    ids = task.ids_of_answers(pairs)
    assert [task.tokenizer.decode(token) for token in ids] == [f" {answer}" for _, answer in pairs]
    assert task.n_right(ids, pairs) == 3
    assert task.n_right([ids[0], ids[0], ids[2]], pairs) == 2
    with pytest.raises(ValueError, match="longer"):
        task.n_right(ids[:2], pairs)


def test_the_first_cells_print_what_is_asked(recorded):
    assert recorded("task_states", "pairs") == (
        "14 pairs to learn from, such as ('up', 'down')\n"
        "16 pairs to test on, such as ('deep', 'shallow')"
    )
    assert recorded("task_states", "prompts") == task.few_shot("quiet", task.train_pairs)


# States


def test_the_means_are_those_of_prompts_run_one_by_one(second_here):
    pairs = task.train_pairs[:6]
    means = task.mean_states(pairs)
    prompts = [task.few_shot(word, pairs) for word, _ in pairs]
    by_hooks = torch.stack([last_states(second_here, encode(p)) for p in prompts]).mean(dim=0)
    assert means.shape == by_hooks.shape == (30, 576)
    assert not means.requires_grad
    assert ((means - by_hooks).norm(dim=-1) < 1e-3 * by_hooks.norm(dim=-1)).all()


def test_the_probability_is_that_of_each_pairs_own_answer_on_average():
    logits = torch.tensor([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0]])
    expected = (logits[0].softmax(-1)[2] + logits[1].softmax(-1)[0]) / 2
    assert task.p_right(logits, [2, 0]) == pytest.approx(expected.item())
    assert task.p_right(logits.half(), [2, 0]) == pytest.approx(expected.item())


def test_each_layer_of_one_run_does_what_it_does_alone_by_hooks(second_here):
    pairs = task.train_pairs[:4]
    answers = task.ids_of_answers(pairs)
    states = task.mean_states(task.train_pairs[:6])
    results = task.put_in(states, (0, 14, 20, 29), pairs)
    assert list(results) == [0, 14, 20, 29]
    for layer, (said, p) in results.items():
        logits = [
            logits_with(second_here, encode(f"Q: {word}\nA:"), layer, lambda _, n=layer: states[n])
            for word, _ in pairs
        ]
        assert said == [row.argmax().item() for row in logits]
        by_hooks = [row.softmax(-1)[a].item() for row, a in zip(logits, answers, strict=True)]
        assert p == pytest.approx(sum(by_hooks) / 4, abs=1e-3)


def test_to_put_in_keeps_nothing_for_gradients():
    keeps = []
    look = task.model._module.lm_head.register_forward_hook(
        lambda *_: keeps.append(torch.is_grad_enabled())
    )
    with look:
        task.put_in(torch.zeros(30, 576), (14,), task.train_pairs[:2])
    assert keeps == [False]
