"""A task's vector: what is right, and each slip with its own reason."""

import pytest
import torch

from nnsight_guide.checks import tasks
from tests.checks.test_questions import ODD
from tests.support.random_models import D_MODEL, N_HEADS, N_LAYERS, random_gpt_j, random_llama

SHOTS = [  # of unequal length, so that they are padded
    "Q: hot\nA: cold\n\nQ: big\nA:",
    "Q: big\nA: small\n\nQ: hot\nA:",
    "Q: up\nA: down\n\nQ: old\nA: new\n\nQ: hot\nA:",
    "Q: hot\nA: cold\n\nQ: old\nA:",
    "Q: old\nA: new\n\nQ: up\nA:",
]
ANSWERS = [" small", " cold", " cold", " new", " down"]
WORDS = ("wet", "rich", "late", "long", "day", "strong", "good", "true")
TESTS = [f"Q: {word}\nA:" for word in WORDS]
LAYER = 1
HEADS = [(2, 1), (0, 3), (2, 0)]
WIDTH = D_MODEL // N_HEADS
MODELS = {"llama": random_llama, "gptj": random_gpt_j}


@pytest.fixture(scope="module", params=MODELS)
def model(request, profile):
    return MODELS[request.param](profile.model_id)


def layers_of(model):
    return model.transformer.h if model.config.model_type == "gptj" else model.model.layers


def states_of(layer):
    """What a layer returns; to be called in a trace."""
    return layer.output[0] if isinstance(layer.output, tuple) else layer.output


def out_proj_of(layer):
    return layer.attn.out_proj if hasattr(layer, "attn") else layer.self_attn.o_proj


# The mean states


def states_at(model, prompts=SHOTS, part=states_of):
    """What each layer has, (n_layers, n_prompts, seq_len, d_model)."""
    with model.trace(prompts):
        states = torch.stack([part(layer) for layer in layers_of(model)]).detach().save()
    return states  # noqa: RET504 - a trace must end before its values are returned


@pytest.fixture(scope="module")
def states(model):
    return states_at(model)


@pytest.fixture(scope="module")
def means(states):
    return states[:, :, -1].mean(dim=1)


def fault_in_means(model, means, **options):
    asked = {"model": model, "prompts": SHOTS, "answers": ANSWERS} | options
    return tasks.fault_in_mean_states(means, **asked)


def test_right_means_are_called_right_in_one_line(model, means, capsys):
    tasks.check_mean_states(means, model=model, prompts=SHOTS, answers=ANSWERS)
    assert capsys.readouterr().out == (
        "Right: these are the mean hidden states at the last position, layer by layer.\n"
    )


def test_means_of_prompts_one_by_one_are_right_as_well(model):
    alone = torch.stack([states_at(model, prompt)[:, 0, -1] for prompt in SHOTS])
    assert fault_in_means(model, alone.mean(dim=0).tolist()) is None


def test_means_can_be_checked_as_a_remote_run_would_be(model, means):
    assert fault_in_means(model, means, remote="local") is None


def test_a_model_that_rounds_is_judged_by_its_own_rounding(profile):
    rounding = random_llama(profile.model_id, torch.bfloat16)
    alone = torch.stack([states_at(rounding, prompt)[:, 0, -1] for prompt in SHOTS])
    assert fault_in_means(rounding, alone.mean(dim=0)) is None
    assert fault_in_means(rounding, 1.2 * alone.mean(dim=0)) is not None


def attended(layer):
    attention = layer.attn if hasattr(layer, "attn") else layer.self_attn
    return attention.output[0]


def of_answers(model):
    with_answers = [shot + answer for shot, answer in zip(SHOTS, ANSWERS, strict=True)]
    return states_at(model, with_answers)[:, :, -1].mean(dim=1)


MEANS = {
    "over the layers": (lambda m, s: s[:, :, -1].mean(0), "this mean is over the layers, (5, 32)"),
    "over d_model": (lambda m, s: s[:, :, -1].mean(-1), "this mean is over d_model, (4, 5)"),
    "over the positions": (lambda m, s: s[:, 0].mean(1), "over the positions of the first prompt"),
    "over everything": (lambda m, s: s.mean((1, 2)), "over all positions as well"),
    "no mean": (lambda m, s: s[:, :, -1], "mean over the prompts is still to be taken, (4, 5, 32)"),
    "a sum": (lambda m, s: s[:, :, -1].sum(1), "these are sums: divide by the number of prompts"),
    "at the answer": (lambda m, s: of_answers(m), "states at the answers: the prompt has to end"),
    "a position too early": (lambda m, s: s[:, :, -2].mean(1), "the position before the last"),
    "the first position": (lambda m, s: s[:, :, 0].mean(1), "states at the first position"),
    "the first prompt": (lambda m, s: s[:, 0, -1], "this is the first prompt alone"),
    "the last prompt": (lambda m, s: s[:, -1, -1], "this is the last prompt alone"),
    "attention": (
        lambda m, s: states_at(m, part=attended)[:, :, -1].mean(1),
        "these are outputs of attention",
    ),
    "the MLP": (
        lambda m, s: states_at(m, part=lambda layer: layer.mlp.output)[:, :, -1].mean(1),
        "these are outputs of the MLPs",
    ),
    "a layer late": (
        lambda m, s: states_at(m, part=lambda layer: layer.input)[:, :, -1].mean(1),
        "every row stands one layer too late",
    ),
    "a layer early": (lambda m, s: s[:, :, -1].mean(1).roll(-1, 0), "one layer too early"),
    "one layer": (lambda m, s: s[0, :, -1].mean(0), "this is one layer, (32,)"),
    "another shape": (lambda m, s: s[:, 0, -1, :6], "the shape is (4, 6); wanted is (n_layers"),
    "divided by zero": (lambda m, s: s[:, 0, -1] / 0, "values that are no numbers"),
    "other numbers": (lambda m, s: s[:, :, -1].mean(1).flip(0), "the numbers are others"),
    "nothing": (lambda m, s: None, "`means` is None: hand in (n_layers, d_model)"),
}


@pytest.mark.parametrize("slip", MEANS)
def test_each_slip_in_the_means_gets_its_own_reason(model, states, slip, tried):
    make, said = MEANS[slip]
    assert said in fault_in_means(model, make(model, states))
    tried["wrong vectors"].append(slip)


def test_prompts_that_end_with_their_answers_are_told_apart(model, means):
    answered = [SHOTS[0], SHOTS[1] + ANSWERS[1], *SHOTS[2:]]
    assert "`prompts[1]` ends with its own answer" in fault_in_means(model, means, prompts=answered)


# What is said with one of them in place


def put(at=-1, add=False, rows=slice(None), late=0):
    """A reader's lines, each with one thing that can be otherwise."""

    def change(model, vector):
        states = states_of(layers_of(model)[LAYER + late])
        if add:
            states[rows, at] += vector
        else:
            states[rows, at] = vector

    return change


def said_by(model, vector, change=None):
    change = change or put()
    with model.trace(TESTS):
        change(model, vector)
        said = model.lm_head.output[:, -1].argmax(-1).tolist().save()
    return said  # noqa: RET504 - a trace must end before its values are returned


@pytest.fixture(scope="module")
def vector(means):
    return means[LAYER]


def fault_in_said(model, said, vector, **options):
    asked = {"model": model, "vector": vector, "layer": LAYER, "prompts": TESTS}
    return tasks.fault_in_task_vector(said, **asked | {"learned_from": SHOTS} | options)


def test_what_is_said_is_called_right_in_one_line(model, vector, capsys):
    said = said_by(model, vector)
    options = {"layer": LAYER, "prompts": TESTS, "learned_from": SHOTS}
    tasks.check_task_vector(said, model=model, vector=vector, **options)
    assert (
        capsys.readouterr().out == "Right: this is what the model says with the vector in place.\n"
    )


def test_what_is_said_may_come_in_any_form_and_as_a_remote_run_would_be(model, vector):
    said = said_by(model, vector)
    assert fault_in_said(model, torch.tensor(said), vector.tolist(), layer=LAYER - N_LAYERS) is None
    assert fault_in_said(model, tuple(said), vector, remote="local") is None


SAID = {
    "nothing put in": (lambda model, vector: None, "the vector has changed nothing"),
    "added": (put(add=True), "the vector was added to what is there"),
    "a position too early": (put(at=-2), "one position too early"),
    "the first position": (put(at=0), "put in at the first position"),
    "every position": (put(at=slice(None)), "put in at every position"),
    "the first prompt": (put(rows=0), "only the first prompt has got the vector"),
    "a layer late": (put(late=1), "put in one layer too late"),
    "a layer early": (put(late=-1), "put in one layer too early"),
}


@pytest.mark.parametrize("slip", SAID)
def test_each_slip_in_putting_it_in_gets_its_own_reason(model, vector, slip, tried):
    change, reason = SAID[slip]
    said = said_by(model, vector, change)
    assert said != said_by(model, vector)
    assert reason in fault_in_said(model, said, vector)
    tried["wrong vectors"].append(slip)


def test_training_words_among_the_test_words_are_named(model, vector):
    for trained in ("Q: big\nA:", "Q: up\nA:"):  # asked, and in an example
        prompts = [*TESTS[1:], trained]
        reason = fault_in_said(model, said_by(model, vector), vector, prompts=prompts)
        assert f"the vector was learned from {trained!r}, which it is tested on" in reason
        ids = [model.tokenizer.encode(prompt) for prompt in prompts]
        assert fault_in_said(model, said_by(model, vector), vector, prompts=ids) == reason


def test_words_that_are_only_alike_are_no_training_words(model, vector):
    prompts = ["Q: bigger\nA:", "Q: bi\nA:", *TESTS[2:]]
    assert "learned from" not in str(
        fault_in_said(model, [1] * len(TESTS), vector, prompts=prompts)
    )


def test_other_tokens_are_told_with_the_first_prompt_that_says_another(model, vector):
    said = said_by(model, vector)
    right = model.tokenizer.decode([said[2]])
    said[2] = 11
    assert f"after prompt 2, the model does not say ',' but {right!r}" in fault_in_said(
        model, said, vector
    )


def test_a_vector_that_changes_no_answer_proves_nothing(model):
    with model.trace(TESTS[:1]):
        own = states_of(layers_of(model)[LAYER])[0, -1].detach().save()
        said = model.lm_head.output[:, -1].argmax(-1).tolist().save()
    reason = fault_in_said(model, said, own, prompts=TESTS[:1])
    assert "the model says what it says without it" in reason


CALLS = {
    "all layers": ({"vector": [[0.0] * D_MODEL] * N_LAYERS}, "hand in that of one, vector[layer]"),
    "a vector too short": ({"vector": [0.0] * 5}, "`vector` should be 32 numbers"),
    "no number in it": ({"vector": [float("nan")] * D_MODEL}, "`vector` should be 32 numbers"),
    "no such layer": ({"layer": 4}, "there is no layer 4"),
    "a count": ({"said": 5}, "`said` is an int, and should have a token for each of the 8"),
    "a token too few": (
        {"said": [1, 2]},
        "`said` is a list of 2, and should have a token for each",
    ),
    "texts of several tokens": (
        {"said": ["bigger"] * len(TESTS)},
        "'bigger' of `said` is 2 tokens",
    ),
    "no prompts": ({"prompts": []}, "`prompts` is a list, and should be a list of prompts"),
    "an empty prompt": ({"prompts": [""]}, "`prompts[0]` is empty"),
    "too long a prompt": ({"learned_from": ["hot " * 80]}, "`learned_from[0]` has"),
    "no token": ({"prompts": [[99_999]]}, "`prompts[0]` is empty, or holds what is no token"),
    "no few-shot prompts": ({"learned_from": None}, "`learned_from` is None"),
    "a wrong remote": ({"remote": "yes"}, "`remote` should be True, False or 'local'"),
    "no model": ({"model": None}, "`model` is None, and should be the Llama or GPT-J"),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_wrong_call_gets_one_line_that_names_its_argument(model, vector, call, tried):
    options, reason = CALLS[call]
    given = {
        "said": [1] * len(TESTS),
        "model": model,
        "vector": vector,
        "layer": LAYER,
        "prompts": TESTS,
    }
    told = tasks.fault_in_task_vector(**given | {"learned_from": SHOTS} | options)
    assert reason in told
    assert "\n" not in told
    tried["wrong calls"].append(call)


# What a few heads write


def own(head):
    return slice(head * WIDTH, (head + 1) * WIDTH)


def handed_in(model):
    """What the heads hand in, (n_layers, n_prompts, seq_len, d_model)."""
    return states_at(model, part=lambda layer: out_proj_of(layer).input)


def weights(model):
    return [out_proj_of(layer)._module.weight.detach() for layer in layers_of(model)]


def written(model, columns=own, at=lambda z: z[:, -1].mean(0), heads=HEADS):
    """What each head writes, (n_heads, d_model)."""
    z, w = handed_in(model), weights(model)
    return torch.stack([w[n][:, columns(h)] @ at(z[n])[columns(h)] for n, h in heads])


def fault_in_heads(model, vector, **options):
    asked = {"model": model, "heads": HEADS, "prompts": SHOTS} | options
    return tasks.fault_in_head_vector(vector, **asked)


def test_what_heads_write_is_called_right_in_one_line(model, capsys):
    tasks.check_head_vector(written(model).sum(0), model=model, heads=HEADS, prompts=SHOTS)
    assert capsys.readouterr().out == "Right: this is what these heads write together.\n"


def test_it_is_the_change_of_the_layer_s_attention_when_the_heads_are_taken_out(model):
    layer = layers_of(model)[2]
    with model.trace(SHOTS):
        as_it_is = out_proj_of(layer).output[:, -1].mean(0).detach().save()
    with model.trace(SHOTS):
        out_proj_of(layer).input[:, -1, own(1)] = 0
        without = out_proj_of(layer).output[:, -1].mean(0).detach().save()
    assert fault_in_heads(model, as_it_is - without, heads=[[2, 1]], remote="local") is None


def not_mixed(model):
    z = handed_in(model)[:, :, -1].mean(1)
    sum_of_heads = torch.zeros(D_MODEL)
    for number, head in HEADS:
        sum_of_heads[own(head)] += z[number, own(head)]
    return sum_of_heads


def transposed(model):
    z, w = handed_in(model)[:, :, -1].mean(1), weights(model)
    return sum(w[n].T[:, own(h)] @ z[n, own(h)] for n, h in HEADS)


EVERY_HEAD = [(number, head) for number in {n for n, _ in HEADS} for head in range(N_HEADS)]
VECTORS = {
    "not mixed": (not_mixed, "this is what the heads hand in, and not yet what they write"),
    "transposed": (transposed, "the weight is transposed"),
    "columns of all": (
        lambda m: written(m, lambda head: slice(head, None, N_HEADS)).sum(0),
        "the columns are those of all heads",
    ),
    "whole layers": (
        lambda m: written(m, heads=EVERY_HEAD).sum(0),
        "what all heads of these layers",
    ),
    "all positions": (
        lambda m: written(m, at=lambda z: z.mean((0, 1))).sum(0),
        "this mean is over all positions as well",
    ),
    "one prompt": (lambda m: written(m, at=lambda z: z[0, -1]).sum(0), "the first prompt alone"),
    "a mean over heads": (lambda m: written(m).mean(0), "this is the mean over the heads"),
    "a row for each head": (written, "there is a vector for each head: add them up"),
    "side by side": (
        lambda m: torch.zeros(len(HEADS) * WIDTH),
        "these are the heads side by side",
    ),
    "other heads": (lambda m: written(m, heads=[(1, 2)]).sum(0), "the numbers are others"),
    "another shape": (lambda m: [1.0, 2.0], "`vector` should be 32 numbers: it has the shape (2,)"),
    "nothing": (lambda m: None, "`vector` is None: hand in (d_model,)"),
}


@pytest.mark.parametrize("slip", VECTORS)
def test_each_slip_in_the_vector_of_heads_gets_its_own_reason(model, slip, tried):
    make, reason = VECTORS[slip]
    assert reason in fault_in_heads(model, make(model))
    tried["wrong vectors"].append(slip)


@pytest.mark.parametrize(
    "heads", [[], None, [(0, 4)], [(4, 0)], [(-1, 0)], [(0, 1), [0, 1]], [(0,)], [("0", 1)], 3]
)
def test_what_are_no_heads_is_told(model, heads):
    assert "`heads` " in fault_in_heads(model, torch.zeros(D_MODEL), heads=heads)


# Whatever is handed in


@pytest.mark.parametrize(
    ("check", "given"),
    [
        ("check_mean_states", {"means": [[1.0] * D_MODEL] * N_LAYERS, "answers": ANSWERS}),
        (
            "check_task_vector",
            {
                "said": [1] * len(SHOTS),
                "vector": [1.0] * D_MODEL,
                "layer": 0,
                "learned_from": TESTS,
            },
        ),
        ("check_head_vector", {"vector": [1.0] * D_MODEL, "heads": HEADS}),
    ],
)
def test_whatever_is_handed_in_gets_a_line_and_never_an_exception(
    model, check, given, capsys, tried
):
    given = {"model": model, "prompts": SHOTS, "remote": False, **given}
    for where in given:
        for odd in ODD:
            if odd is True and where == "remote":
                continue  # which is right
            getattr(tasks, check)(**{**given, where: odd})
            printed = capsys.readouterr().out
            if not (where == "layer" and type(odd) is int and odd == -1):  # which is a layer
                assert printed.startswith("Not yet: "), (where, type(odd))
            assert printed.count("\n") == 1, (where, type(odd))
            tried["odd objects"].append(where)
