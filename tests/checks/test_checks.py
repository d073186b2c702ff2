"""Each way of being wrong gets its own reason. The wrong answers are made as a reader might."""

import itertools
import sys

import pytest
import torch
from nnsight import TransformersModel

from nnsight_guide import checks
from nnsight_guide.checks import answers
from nnsight_guide.checks.rotary import attention_pattern, rotary
from tests.support.processes import succeed
from tests.support.small_gpt_j import D_HEAD, N_HEADS, PROMPT, ROTARY_DIM, extract


def fault(model, attention, tokens=None, **options):
    return checks.fault_in_attention_patterns(
        attention, tokens, model=model, prompt=PROMPT, **options
    )


# The attention patterns


def test_the_right_answer_is_called_right_in_one_line(model, attention, tokens, capsys):
    checks.check_attention_patterns(attention, tokens, model=model, prompt=PROMPT)
    assert capsys.readouterr().out == "Right: these are the attention patterns of layer 0.\n"


def test_a_wrong_answer_gets_its_reason_in_one_line_and_raises_nothing(model, attention, capsys):
    checks.check_attention_patterns(attention[None], model=model, prompt=PROMPT)
    printed = capsys.readouterr().out
    assert printed.startswith("Not yet: the batch dimension is still there")
    assert printed.count("\n") == 1


@pytest.mark.parametrize("other_route", [torch.Tensor.detach, torch.Tensor.float])
def test_the_same_numbers_by_another_route_are_right(model, attention, other_route):
    assert fault(model, other_route(attention)) is None


def test_a_layer_can_be_counted_from_the_end(model):
    assert fault(model, extract(model, layer=2), layer=-1) is None


def test_an_answer_can_be_checked_as_a_remote_run_would_be(model, attention, tokens):
    assert fault(model, attention, tokens, remote="local") is None


# Every slip that is told apart, as a reader might make it, and what the answer has to say.
SLIPS = {
    "nothing": (lambda a: None, "is None, perhaps from a function without `return`"),
    "the place left open": (lambda a: ..., "is still `...`: put the patterns in its place"),
    "a tuple of tensors": (lambda a: (a,), "is a tuple, and should be a tensor: take the element"),
    "lists of numbers": (lambda a: a.tolist(), "is a list, and should be a tensor: hand in"),
    "a string": (lambda a: "attention", "is a str, and should be a tensor"),
    "an integer": (lambda a: 3, "is an int, and should be a tensor"),
    "numpy": (lambda a: a.detach().float().numpy(), "is a ndarray, and should be a tensor, as it"),
    "whole numbers": (lambda a: a.long(), "holds torch.int64, and should hold probabilities"),
    "truths": (lambda a: a > 0, "holds torch.bool"),
    "complex numbers": (lambda a: a.float() * 1j, "holds torch.complex64"),
    "a meta tensor": (lambda a: a.to("meta"), "a shape and no numbers: that is what a scan gives"),
    "a sparse tensor": (lambda a: a.to_sparse(), "make it dense"),
    "a nested tensor": (
        lambda a: torch.nested.nested_tensor([a[0], a[1]], layout=torch.jagged),
        "make it dense",
    ),
    "a batch dimension left in": (lambda a: a[None], "take [0] of it to get (n_heads"),
    "two prompts": (lambda a: torch.stack([a, a]), "the patterns of 2 prompts in it"),
    "all layers": (lambda a: torch.stack([a] * 3), "the patterns of 3 prompts, or layers, in it"),
    "a batch of none": (lambda a: a[None][:0], "there is nothing in it"),
    "two longer prompts": (
        lambda a: torch.zeros(2, N_HEADS, 11, 11),
        "a batch of 2 prompts of 11 tokens, (2, 4, 11, 11), and the prompt has 10: trace the "
        "prompt alone",
    ),
    "one longer prompt": (lambda a: torch.zeros(1, N_HEADS, 11, 11), "a batch of one prompt of 11"),
    "a single head": (lambda a: a[0], "this is a single head, (10, 10); keep all of them"),
    "one row": (lambda a: a[0, 0], "has 1 dimensions"),
    "one number": (lambda a: a.sum(), "has 0 dimensions"),
    "five dimensions": (lambda a: a[None, None], "has 5 dimensions"),
    "four dimensions of others": (lambda a: torch.zeros(1, 2, 3, 4), "has 4 dimensions"),
    "three heads": (lambda a: a[:3], "there are 4 heads, and the first axis has 3"),
    "nothing in it": (lambda a: a[:0], "there are 4 heads, and the first axis has 0"),
    "heads last": (lambda a: a.movedim(0, -1), "the axis 2 of (10, 10, 4): movedim(2, 0)"),
    "heads in the middle": (lambda a: a.movedim(0, 1), "the axis 1 of (10, 4, 10): movedim(1, 0)"),
    "hidden states": (lambda a: torch.zeros(1, 10, 64), "these look like hidden states"),
    "queries": (lambda a: torch.zeros(N_HEADS, 10, D_HEAD), "look like queries, keys or values"),
    "too short": (lambda a: a[:, 1:, 1:], "the prompt has 10 tokens, and the shape is (4, 9, 9)"),
    "scores": (lambda a: a.clamp(min=1e-9).log(), "scores from before the softmax"),
    "masked scores": (lambda a: a.log(), "there are values that are infinite"),
    "softmax over queries": (lambda a: torch.randn_like(a).softmax(-2), "the columns sum to 1"),
    "softmax over heads": (lambda a: torch.randn_like(a).softmax(0), "the heads that sum to 1"),
    "swapped axes": (lambda a: a.mT, "the last two axes are swapped"),
    "half of it": (lambda a: a / 2, "the rows do not sum to 1, so they are not"),
    "no numbers": (lambda a: a * torch.nan, "no numbers (NaN)"),
    "one that is no number": (lambda a: a.index_fill(0, torch.tensor(1), torch.nan), "(NaN)"),
    "looking ahead": (lambda a: torch.randn_like(a).softmax(-1), "above the diagonal"),
    "other numbers": (lambda a: a.flip(0), "not those of layer 0: they differ by up to"),
}


@pytest.mark.parametrize(("slip", "reason"), SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_is_recognised(model, attention, slip, reason, tried):
    answer = slip(attention.detach())
    assert reason in fault(model, answer)
    tried["slips of readers"].append(reason)


def test_advice_to_take_an_element_leads_to_the_right_shape(attention, ids):
    right = tuple(attention.shape)
    for shape in itertools.product(range(4), (N_HEADS, 5), (len(ids), 11), (len(ids), 11)):
        said = answers.wrong_shape(torch.zeros(shape), N_HEADS, len(ids))
        assert ("take [0]" in said) == (shape[0] == 1 and shape[1:] == right)


def test_what_a_scan_gives_is_recognised(model):
    with model.scan(PROMPT):
        pattern = model.transformer.h[0].attn.attn_dropout.input[0].save()
    assert "that is what a scan gives" in fault(model, pattern)


def test_a_part_of_the_model_is_no_value(model):
    said = fault(model, model.transformer.h[0].attn.attn_dropout)
    assert "is a part of the model, and its `.input` can be saved" in said


def test_the_patterns_of_another_layer_are_recognised_as_that_layer_s(model):
    assert "patterns of layer 2, and layer 0 is asked for" in fault(model, extract(model, layer=2))


# The tokens


def test_tokens_may_come_with_their_spaces_or_without(model, attention, tokens):
    assert fault(model, attention, tokens) is None
    assert fault(model, attention, [token.strip() for token in tokens]) is None


def test_tokens_with_their_inner_spelling_are_recognised(model, attention):
    assert "shows spaces as Ġ" in fault(model, attention, model.tokenizer.tokenize(PROMPT))


def test_ids_are_not_tokens(model, attention, ids):
    for wrong in (ids, torch.tensor(ids)):
        assert "ids become strings with" in fault(model, attention, wrong)


def test_a_whole_string_is_no_list_of_tokens(model, attention):
    assert "should be a list of strings" in fault(model, attention, PROMPT)


def test_too_few_tokens_are_counted(model, attention, tokens):
    assert f"there are {len(tokens) - 1} `tokens`" in fault(model, attention, tokens[1:])


def test_the_tokens_of_another_prompt_are_recognised(model, attention, tokens):
    other = [*tokens[:-1], " near"]
    assert f"at position {len(tokens) - 1} stands ' near'" in fault(model, attention, other)


# The bonus: recomputed from queries and keys


@pytest.fixture(scope="module")
def q_and_k(model):
    with model.trace(PROMPT):
        q = model.transformer.h[0].attn.q_proj.output[0].save()
        k = model.transformer.h[0].attn.k_proj.output[0].save()
    return [x.detach().unflatten(-1, (N_HEADS, D_HEAD)).transpose(0, 1) for x in (q, k)]


def rotary_fault(model, attention, **options):
    return checks.fault_in_rotary_attention(attention, model=model, prompt=PROMPT, **options)


def by_hand(q, k, *, scaled=True, masked=True, dim=-1):
    """Return a pattern as a reader would write it, in the dtype of `q` throughout."""
    scores = q @ k.mT
    if scaled:
        scores = scores / D_HEAD**0.5
    if masked:
        above = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(above, -torch.inf)
    return scores.softmax(dim)


def rotated(x, rotary_dim=ROTARY_DIM):
    """Rotate (n_heads, seq_len, d_head) pair by pair, as complex numbers."""
    pairs = torch.view_as_complex(x[..., :rotary_dim].float().unflatten(-1, (-1, 2)).contiguous())
    frequency = 10_000 ** -(torch.arange(0, rotary_dim, 2) / rotary_dim)
    turn = torch.polar(torch.tensor(1.0), torch.outer(torch.arange(x.shape[-2]), frequency))
    return torch.cat((torch.view_as_real(pairs * turn).flatten(-2), x[..., rotary_dim:]), -1)


def test_the_guide_s_own_recomputed_pattern_is_the_model_s(model, attention, q_and_k):
    recomputed = attention_pattern(*q_and_k, ROTARY_DIM)
    torch.testing.assert_close(recomputed.to(attention.dtype), attention, rtol=0, atol=1e-6)


def test_recomputed_by_other_means_it_is_right_as_well(model, q_and_k, capsys):
    q, k = (rotated(x) for x in q_and_k)
    checks.check_rotary_attention(by_hand(q, k)[None], model=model, prompt=PROMPT)
    assert capsys.readouterr().out.startswith("Right: recomputed from queries and keys")


def test_multiplying_in_the_model_s_low_precision_is_still_right(model, q_and_k):
    q, k = (rotary(x, ROTARY_DIM) for x in q_and_k)
    assert rotary_fault(model, by_hand(q, k)) is None


def test_a_forgotten_rotary_embedding_is_recognised(model, q_and_k):
    assert "rotary embedding is missing" in rotary_fault(model, by_hand(*q_and_k))


def test_llama_s_pairs_are_recognised(model, q_and_k):
    q, k = (rotary(x, ROTARY_DIM, halves=True) for x in q_and_k)
    assert "GPT-J pairs neighbours" in rotary_fault(model, by_hand(q, k))


def test_a_whole_head_that_is_rotated_is_recognised(model, q_and_k):
    q, k = (rotated(x, D_HEAD) for x in q_and_k)
    assert "only the first 8 coordinates" in rotary_fault(model, by_hand(q, k))


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        ({"scaled": False}, "the scores are not scaled"),
        ({"masked": False}, "the mask is missing"),
        ({"dim": -2}, "the softmax runs over the queries"),
    ],
)
def test_a_forgotten_step_is_recognised(model, q_and_k, slip, reason):
    q, k = (rotated(x) for x in q_and_k)
    assert reason in rotary_fault(model, by_hand(q, k, **slip))


def test_another_slip_is_wrong_without_a_guess(model, q_and_k):
    q, k = q_and_k
    assert "not those of layer 0" in rotary_fault(model, by_hand(rotated(k), rotated(q)))


def test_a_recomputed_pattern_has_a_pattern_s_shape(model, attention):
    assert "wanted is (n_heads, n_tokens, n_tokens)" in rotary_fault(model, attention[0])


def test_on_the_demo_model_whose_heads_are_rotated_whole_right_is_right(profile):
    name = profile.model_id
    demo = TransformersModel(name, task="text-generation", tokenizer=name, dtype=torch.bfloat16)
    for layer in (0, -1):
        with demo.trace(PROMPT):
            attn = demo.transformer.h[layer].attn
            q = attn.q_proj.output[0].save()
            k = attn.k_proj.output[0].save()
        n_heads, rotary_dim = demo.config.n_head, demo.config.rotary_dim
        q, k = (x.detach().unflatten(-1, (n_heads, -1)).transpose(0, 1) for x in (q, k))
        answer = attention_pattern(q, k, rotary_dim)
        options = {"model": demo, "prompt": PROMPT, "layer": layer}
        assert checks.fault_in_rotary_attention(answer, **options) is None
        assert checks.fault_in_attention_patterns(answer.bfloat16(), **options) is None


def test_importing_the_checkers_does_not_import_nnsight():
    code = "import sys, nnsight_guide.checks; sys.exit('nnsight' in sys.modules)"
    succeed(sys.executable, "-c", code)
