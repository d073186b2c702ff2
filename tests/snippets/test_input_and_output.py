"""Chapter 5: what goes into a module, and what comes out."""

import torch

from snippets.model import REMOTE, model
from tests.support.snippets import Lazily

chapter = Lazily("input_and_output")

N_TOKENS = 10
HIDDEN = (1, N_TOKENS, model.config.n_embd)


def size(*shape):
    return f"torch.Size([{', '.join(map(str, shape))}])"


def test_a_block_takes_hidden_states_and_returns_a_tuple(recorded):
    assert recorded("input_and_output", "shapes") == (
        f"block input:  {size(*HIDDEN)}\nblock output: <class 'tuple'> 2"
    )


def test_a_block_is_called_with_one_positional_argument(recorded):
    positional, keyword = recorded("input_and_output", "block_inputs").splitlines()
    assert positional == "positional: ['Tensor']"
    assert keyword.startswith("keyword:    {'layer_past': ")
    assert "'attention_mask': 'Tensor'" in keyword


def test_attention_is_called_with_keywords_only(recorded):
    positional, keyword, same = recorded("input_and_output", "attention_inputs").splitlines()
    assert positional == "positional: ()"
    assert "'hidden_states'" in keyword
    assert same == "same:       True"


def test_the_dropout_hands_on_the_pattern_and_the_head_makes_logits(recorded):
    pattern = size(1, model.config.n_head, N_TOKENS, N_TOKENS)
    logits = size(1, N_TOKENS, model.config.vocab_size)
    assert recorded("input_and_output", "dropout_and_head") == (
        f"dropout: {pattern} → {pattern}\nunchanged: True\nlm_head: {size(*HIDDEN)} → {logits}"
    )


def test_scan_gives_shapes_without_values(recorded):
    width = 4 * model.config.n_embd
    assert chapter.expanded.shape == (1, N_TOKENS, width)
    assert recorded("input_and_output", "scan") == f"FakeTensor {size(1, N_TOKENS, width)}"


def test_one_modules_output_is_anothers_input(recorded):
    with model.trace(chapter.prompt, remote=REMOTE):
        last_output = model.transformer.ln_f.input.save()  # as the cell shows
        head_input = model.lm_head.input.save()
    assert last_output.shape == head_input.shape == HIDDEN
    assert not torch.equal(last_output, head_input)  # between them stands the norm
    assert recorded("input_and_output", "chain") == "True\nTrue"


def test_what_a_layer_passes_on_the_next_receives(recorded):
    assert recorded("input_and_output", "between_layers") == "True"
