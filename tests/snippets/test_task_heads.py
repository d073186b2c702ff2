"""The vector of a few heads: effects, and what they write, by hooks; the scores, the controls."""

import itertools
import json
import random
import re

import pytest
import torch

from tests.support.snippets import Lazily

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("second")]
task = Lazily("task_states")
exercise = Lazily("task_heads")
D_HEAD = 64
WORDS_BETWEEN_MACHINES = 2  # see test_task_vector.py


def encode(text):
    return torch.tensor([task.tokenizer.encode(text)])


def own(head):
    return slice(head * D_HEAD, (head + 1) * D_HEAD)


@torch.no_grad()
def p_of(second_here, prompt, answer, changes=()):
    """How probable an answer is after a prompt run alone, with heads' last outputs changed."""

    def hook_of(head, mean):
        def hook(_, args):
            (values,) = args
            values[0, -1, own(head)] = mean[own(head)]

        return hook

    hooks = [
        second_here.model.layers[n].self_attn.o_proj.register_forward_pre_hook(hook_of(head, mean))
        for n, head, mean in changes
    ]
    logits = second_here(encode(prompt)).logits[0, -1]
    for hook in hooks:
        hook.remove()
    return logits.softmax(-1)[task.tokenizer.encode(f" {answer}")[0]].item()


def test_shuffled_prompts_have_the_same_examples_with_the_answer_of_the_next():
    for word, _ in (*task.train_pairs, *task.test_pairs):
        plain, mixed = task.few_shot(word, task.train_pairs), exercise.shuffled(word)
        questions, answers = (re.findall(rf"{letter}: (\w+)\n", plain) for letter in "QA")
        assert re.findall(r"Q: (\w+)\n", mixed) == questions
        assert re.findall(r"A: (\w+)\n", mixed) == answers[1:] + answers[:1]
        assert mixed.endswith(f"\n\nQ: {word}\nA:")


def test_the_means_are_what_comes_into_o_proj_at_the_last_position(second_here, recorded):
    caught = {layer: [] for layer in (0, 14, 20)}
    for layer, found in caught.items():
        out_proj = second_here.model.layers[layer].self_attn.o_proj
        keep = out_proj.register_forward_pre_hook(lambda _, a, f=found: f.append(a[0][0, -1]))
        with torch.no_grad(), keep:
            for word, _ in task.train_pairs:
                second_here(encode(task.few_shot(word, task.train_pairs)))
        mean = torch.stack(found).mean(dim=0)
        assert (exercise.means[layer] - mean).norm() < 1e-3 * mean.norm()
    assert exercise.means.shape == (30, 576)
    assert recorded("task_heads", "means") == "torch.Size([30, 576])"


def test_the_effects_are_those_of_whole_prompts_run_one_by_one(second_here):
    asked = task.train_pairs[:5]
    assert exercise.asked == asked
    before = [p_of(second_here, exercise.shuffled(word), answer) for word, answer in asked]
    assert exercise.p_before == pytest.approx(sum(before) / len(asked), abs=1e-4)
    assert exercise.by_head.shape == (30, 9)
    for layer, head in ((20, 5), (14, 1), (0, 0), (29, 8)):
        change = [(layer, head, exercise.means[layer])]
        after = [
            p_of(second_here, exercise.shuffled(word), answer, change) for word, answer in asked
        ]
        effect = (sum(after) - sum(before)) / len(asked)
        assert exercise.by_head[layer, head].item() == pytest.approx(effect, abs=1e-4)


def test_the_five_have_the_largest_effects():
    assert len(exercise.ranked) == len({*exercise.ranked}) == 270
    effects = [exercise.by_head[place].item() for place in exercise.ranked]
    assert effects == sorted(effects, reverse=True)
    assert {*exercise.five} == {(20, 5), (14, 1), (18, 6), (17, 3), (20, 0)}
    assert exercise.five == exercise.ranked[:5]


def test_their_vector_is_what_their_part_of_o_proj_makes_of_their_means(second_here, recorded):
    written = torch.zeros(576)
    for layer, head in exercise.five:
        alone = torch.zeros(576)
        alone[own(head)] = exercise.means[layer, own(head)]
        with torch.no_grad():
            written += second_here.model.layers[layer].self_attn.o_proj(alone)
    torch.testing.assert_close(exercise.vector, written, atol=1e-3, rtol=1e-3)
    assert recorded("task_heads", "head_vector") == f"{exercise.five} {written.norm():.0f} long"


@torch.no_grad()
def n_right(second_here, prompts, pairs, vector, layer):
    def hook(_, args, output):
        output[0, -1] += vector

    with second_here.model.layers[layer].register_forward_hook(hook):
        said = [second_here(encode(prompt)).logits[0, -1].argmax().item() for prompt in prompts]
    return task.n_right(said, pairs)


def test_its_layer_is_the_best_for_the_training_words(second_here, recorded):
    assert list(exercise.right) == list(range(0, 30, 3))
    assert exercise.right[exercise.best] == max(exercise.right.values())
    assert exercise.best in (9, 12, 15, 18)
    prompts = [task.zero_shot(word) for word, _ in task.train_pairs]
    for layer in (9, exercise.best):
        by_hooks = n_right(second_here, prompts, task.train_pairs, exercise.vector, layer)
        assert exercise.right[layer] == pytest.approx(by_hooks, abs=1)
    lines = [f"layer {layer:2}: {count} of 14" for layer, count in exercise.right.items()]
    assert recorded("task_heads", "add").splitlines() == lines


def test_six_of_the_test_words_and_more_are_right_with_it_and_hardly_one_without(
    second_here, recorded
):
    counts = re.findall(
        r"^(zero-shot|shuffled) \+ ([01]) x the vector: (\d+) of 16$",
        recorded("task_heads", "score"),
        re.MULTILINE,
    )
    shown = {(form, int(times)): int(count) for form, times, count in counts}
    assert list(shown) == [(form, n) for form in ("zero-shot", "shuffled") for n in (0, 1)]
    forms = {"zero-shot": task.zero_shot, "shuffled": exercise.shuffled}
    for (form, times), count in shown.items():
        prompts = [forms[form](word) for word, _ in task.test_pairs]
        push = times * exercise.vector
        by_hooks = n_right(second_here, prompts, task.test_pairs, push, exercise.best)
        assert count == pytest.approx(by_hooks, abs=1)
        assert count >= 6 if times else count <= 2
    assert shown["zero-shot", 1] == pytest.approx(9, abs=WORDS_BETWEEN_MACHINES)
    assert shown["shuffled", 1] == pytest.approx(10, abs=WORDS_BETWEEN_MACHINES)


def test_five_other_heads_give_no_more_than_two_of_twenty_times(second_here, recorded):
    counts = json.loads(recorded("task_heads", "other_heads"))
    assert len(counts) == 20
    assert max(counts) <= 2
    prompts = [task.zero_shot(word) for word, _ in task.test_pairs]
    rest = [place for place in itertools.product(range(30), range(9)) if place not in exercise.five]
    for seed in (0, 4, 7, 9, 19):  # some with none, and those with some
        push = sum(
            second_here.model.layers[layer].self_attn.o_proj.weight[:, own(head)].detach()
            @ exercise.means[layer, own(head)]
            for layer, head in random.Random(seed).sample(rest, 5)
        )
        push = push * exercise.vector.norm() / push.norm()
        by_hooks = n_right(second_here, prompts, task.test_pairs, push, exercise.best)
        assert counts[seed] == pytest.approx(by_hooks, abs=1)


def test_the_cells_print_the_prompt_and_the_largest_effects(recorded):
    assert recorded("task_heads", "shuffled") == exercise.shuffled("quiet")
    first, *lines = recorded("task_heads", "effects").splitlines()
    assert first == f"no head changed: {exercise.p_before:.3f}"
    assert lines == [
        f"layer {layer}, head {head}: {exercise.by_head[layer, head]:+.3f}"
        for layer, head in exercise.ranked[:8]
    ]
