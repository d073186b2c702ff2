"""The bonus: the recomputed pattern is the model's own, to the last bit."""

import torch
from transformers.models.gptj import modeling_gptj

from tests.support.snippets import Lazily

bonus = Lazily("rotary_attention")

N_TOKENS = 10


def test_queries_and_keys_are_cut_into_heads(recorded):
    config = bonus.model.config
    shape = (1, N_TOKENS, config.n_head, config.n_embd // config.n_head)
    assert bonus.queries.shape == bonus.keys.shape == shape
    assert not torch.equal(bonus.queries, bonus.keys)
    assert recorded("rotary_attention", "queries_and_keys") == str(bonus.queries.shape)


def test_rotation_is_gpt_j_s_own_also_when_only_a_part_of_each_head_turns():
    vectors = torch.randn(2, 7, 3, 16)
    rotary_dim = 8
    sin, cos = modeling_gptj.create_sinusoidal_positions(7, rotary_dim).chunk(2, dim=-1)
    turning = vectors[..., :rotary_dim]
    expected = modeling_gptj.apply_rotary_pos_emb(turning, sin[None], cos[None])
    turned = bonus.rotate(vectors, rotary_dim)
    torch.testing.assert_close(turned[..., :rotary_dim], expected)
    assert torch.equal(turned[..., rotary_dim:], vectors[..., rotary_dim:])


def test_a_pattern_is_causal_and_its_rows_sum_to_one():
    pattern = bonus.attention_pattern(torch.randn(1, 5, 2, 4), torch.randn(1, 5, 2, 4))
    assert pattern.shape == (1, 2, 5, 5)
    torch.testing.assert_close(pattern.sum(-1), torch.ones(1, 2, 5))
    assert pattern.triu(1).abs().max() == 0


def test_scores_are_divided_by_the_root_of_the_heads_width():
    vectors = torch.zeros(1, 2, 1, 4)  # d_head 4, whose root is 2
    vectors[0, :, 0, 0] = torch.tensor([1.0, 2.0])
    pattern = bonus.attention_pattern(vectors, vectors)
    expected = torch.tensor([2.0 / 2, 4.0 / 2]).softmax(0)
    torch.testing.assert_close(pattern[0, 0, 1], expected)


def test_with_rotary_the_pattern_equals_the_models_and_without_it_does_not(recorded):
    torch.testing.assert_close(bonus.mine, bonus.pattern, atol=2e-2, rtol=0)
    assert not torch.allclose(bonus.without, bonus.pattern, atol=0.1)
    first, second, third = recorded("rotary_attention", "compare").splitlines()
    assert (first, second) == ("with rotary:    0.0", "equal:          True")
    assert float(third.removeprefix("without rotary:")) > 0.1
