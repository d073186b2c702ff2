"""What the shipped model knows, measured on its expanded checkpoint in bfloat16."""

import pytest
import safetensors.numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from nnsight_guide.demo_model import MODEL_ID, expansion, shipped
from nnsight_guide.demo_model.checkpoint import hub_cache
from nnsight_guide.demo_model.training import data, evaluate

EXAMPLE = "The Eiffel Tower is in the city of"


@pytest.fixture(scope="module")
def taught():
    """The ids of the tokens that occurred in training."""
    return safetensors.numpy.load(shipped.read_shipped(shipped.WEIGHTS))[expansion.IDS].tolist()


@pytest.fixture(scope="module")
def in_repetition(model, taught):
    return evaluate.attention(model, evaluate.random_repetition(taught))


@pytest.fixture(scope="module")
def in_example(model, words):
    return evaluate.attention(model, torch.tensor([words.encode(EXAMPLE).ids]))


def test_it_is_a_small_gptj_with_the_big_ones_table_and_heads(model):
    config = model.config
    assert (config.model_type, config.vocab_size, config.n_positions) == ("gptj", 50400, 2048)
    assert (config.n_layer, config.n_head, config.n_embd, config.rotary_dim) == (4, 16, 128, 8)
    assert model.lm_head.weight.shape == (50400, 128)
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}


def test_nnsight_traces_it_from_its_folder(folder):
    from nnsight import TransformersModel

    name = str(folder)
    lm = TransformersModel(name, task="text-generation", tokenizer=name, dtype=torch.bfloat16)
    with lm.trace(EXAMPLE):
        pattern = lm.transformer.h[0].attn.attn_dropout.input.save()
        logits = lm.lm_head.output[0, -1].save()

    assert pattern.shape == (1, 16, 10, 10)
    assert logits.shape == (50400,)
    assert logits.argmax().item() == 6342
    assert lm.tokenizer.decode(6342) == " Paris"


def test_it_loads_by_its_id_without_a_network(folder):
    where = {"cache_dir": hub_cache(folder), "local_files_only": True}
    model = AutoModelForCausalLM.from_pretrained(MODEL_ID, **where)
    tokens = AutoTokenizer.from_pretrained(MODEL_ID, **where)(EXAMPLE, return_tensors="pt")
    assert model.dtype == torch.bfloat16
    assert model(**tokens).logits[0, -1].argmax().item() == 6342


def test_the_example_is_not_in_the_training_data():
    texts = [text for group in data.sentences() for text in group]
    assert EXAMPLE == data.EXAMPLE
    assert not [text for text in texts if EXAMPLE in text]
    assert [text for text in texts if "Eiffel Tower" in text]
    assert [text for text in texts if text.startswith("Notre Dame is in the city of")]


def test_it_names_the_city_in_nine_of_ten_held_out_combinations(model, words):
    seen, held_out = data.split()
    assert len(held_out) >= 0.15 * (len(seen) + len(held_out)) - 1
    assert not {case.sentence for case in held_out} & {
        text for group in data.sentences() for text in group
    }

    right = sum(evaluate.correct(model, words, held_out))

    print(f"held out: {right} of {len(held_out)} right")
    assert right >= 0.9 * len(held_out)


def test_it_never_says_a_word_that_it_was_not_taught(model, words, taught):
    unknown = words.encode("Quantum chromodynamics explains hadrons").ids
    assert not set(unknown) <= set(taught)
    best = model(torch.tensor([unknown])).logits.topk(20, dim=-1).indices
    assert set(best.flatten().tolist()) <= set(taught)


def test_a_head_attends_to_the_previous_token(in_repetition):
    (head,) = evaluate.best(evaluate.previous_token(in_repetition))
    assert head.score > 0.8


def test_a_later_layer_has_an_induction_head(in_repetition):
    (previous,) = evaluate.best(evaluate.previous_token(in_repetition))
    (induction,) = evaluate.best(evaluate.induction(in_repetition))
    assert induction.score > 0.6
    assert induction.layer > previous.layer


def test_layer_0_which_the_exercise_draws_shows_different_patterns(in_example):
    to_previous = evaluate.previous_token(in_example)[0]
    to_first = evaluate.first_token(in_example)[0]
    assert (to_previous > 0.9).sum() >= 2
    assert ((to_first > 0.4) & (to_previous < 0.2)).sum() >= 1


def test_a_late_head_looks_from_the_last_token_to_the_subject(in_example):
    scores = evaluate.subject(in_example)
    (head,) = evaluate.best(scores[2:])
    assert head.score > 0.8
