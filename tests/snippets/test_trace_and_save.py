"""Chapter 4: what a trace gives, against what the model's config and the published facts say."""

import torch

from nnsight_guide.html.published_facts import published_facts
from tests.support.snippets import Lazily

chapter = Lazily("trace_and_save")

PUBLISHED = published_facts()["trace"]
N_TOKENS = 10


def config():
    return chapter.model.config


def test_the_prompt_is_the_published_one():
    assert chapter.prompt == PUBLISHED["prompt"]
    assert len(chapter.token_ids) == N_TOKENS


def test_the_trace_saves_the_last_layers_hidden_states_and_the_last_positions_logits():
    assert chapter.hidden_states.shape == (1, N_TOKENS, config().n_embd)
    assert list(chapter.logits.shape) == PUBLISHED["logits.shape (last position)"]


def test_the_saved_hidden_states_are_those_that_lead_to_the_saved_logits(module_here):
    with torch.no_grad():
        normed = module_here.transformer.ln_f(chapter.hidden_states)
        again = module_here.lm_head(normed)[0, -1]
    torch.testing.assert_close(again, chapter.logits.detach())


def test_the_model_predicts_paris():
    assert chapter.token_id == PUBLISHED["predicted token id"]
    assert chapter.model.tokenizer.decode(chapter.token_id) == PUBLISHED["predicted token"]


def test_every_form_of_the_prompt_gives_the_same_prediction(recorded):
    lines = recorded("trace_and_save", "inputs").splitlines()
    assert [line.split()[0] for line in lines] == ["str", "list", "list", "Tensor", "BatchEncoding"]
    assert all(line.endswith("' Paris'") for line in lines)
    assert chapter.best.item() == chapter.token_id


def test_a_block_returns_hidden_states_and_attention_weights(recorded):
    heads = config().n_head
    assert recorded("trace_and_save", "look_inside") == (
        f"tuple of 2\n[torch.Size([1, {N_TOKENS}, {config().n_embd}]), "
        f"torch.Size([1, {heads}, {N_TOKENS}, {N_TOKENS}])]"
    )


def test_what_is_not_saved_is_gone(recorded):
    assert recorded("trace_and_save", "forgotten_save") == (
        "NameError: name 'first_layer' is not defined"
    )


def test_save_is_no_copy(module_here):
    inputs = chapter.model.tokenizer(chapter.prompt, return_tensors="pt")
    with torch.no_grad():
        first_block = module_here(**inputs, output_hidden_states=True).hidden_states[1]
    assert chapter.saved.abs().max() == 0
    torch.testing.assert_close(chapter.cloned.detach(), first_block)
    assert chapter.saved.shape == chapter.cloned.shape == (1, N_TOKENS, config().n_embd)


def test_modules_must_be_read_in_forward_order(recorded):
    error = recorded("trace_and_save", "out_of_order").removeprefix("RemoteError: ")
    assert error.startswith("OutOfOrderError: ")
    assert "transformer.h.0" in error


def test_the_answer_is_far_smaller_than_the_distribution_it_comes_from(recorded):
    assert torch.equal(chapter.whole_distribution, chapter.logits)
    assert chapter.best_token == chapter.token_id
    assert (chapter.whole_distribution.nbytes, chapter.best_token.nbytes) == (100_800, 8)
    assert recorded("trace_and_save", "what_to_save") == (
        "numbers 50,400, bytes 100,800\nnumbers      1, bytes       8"
    )


def test_several_prompts_are_one_batch(recorded):
    assert chapter.prompts == ["Big Ben is in the city of", "The Colosseum is in the city of"]
    assert chapter.best_tokens.shape == (2,)
    assert recorded("trace_and_save", "several_prompts") == "[' London', ' Rome']"


def test_the_second_output_is_the_attention_pattern(recorded):
    model = chapter.model  # a remote trace carries along what it names: not the whole chapter
    with model.trace(chapter.prompt, remote=chapter.REMOTE):
        weights = model.transformer.h[-1].output[1].save()
    assert recorded("trace_and_save", "second_output") == str(weights.shape)
    assert weights.shape == (1, config().n_head, N_TOKENS, N_TOKENS)
    torch.testing.assert_close(
        weights.sum(-1).float(), torch.ones(weights.shape[:-1]), atol=0.02, rtol=0
    )
    assert weights.triu(1).abs().max() == 0


def test_keys_and_values_of_every_head_are_in_the_cache(recorded):
    d_head = config().n_embd // config().n_head
    shape = torch.Size((1, config().n_head, N_TOKENS, d_head))
    assert recorded("trace_and_save", "keys_and_values") == f"{shape}\n{shape}"


def test_what_is_printed_are_the_values_tested_here(recorded):
    assert recorded("trace_and_save", "trace") == (
        f"{chapter.hidden_states.shape}\n{chapter.logits.shape}"
    )
    assert recorded("trace_and_save", "predict") == "6342 ' Paris'"
    assert recorded("trace_and_save", "not_a_copy") == (
        f"saved:  0.0\ncloned: {chapter.cloned.abs().max().item()}"
    )
