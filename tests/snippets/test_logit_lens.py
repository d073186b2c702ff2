"""The logit lens: what each layer would say, against the same computed without nnsight."""

import pytest
import torch

from nnsight_guide.demo_model.training import data
from nnsight_guide.html.maps import MIME, Map
from snippets.model import model
from tests.support.snippets import Lazily

chapter = Lazily("logit_lens")

N_LAYERS = model.config.n_layer
WITH_A_CHOICE = ("is in the city of", "is located in the city of")


@pytest.fixture(scope="module")
def lens(module_here, states_here):
    """What the layers would say after a prompt: logits of the shape (layers, seq_len, vocab)."""

    @torch.no_grad()
    def lens(prompt):
        ids = chapter.tokenizer(prompt, return_tensors="pt")["input_ids"]
        normed = [module_here.transformer.ln_f(hidden_states) for hidden_states in states_here(ids)]
        return torch.stack([module_here.lm_head(each)[0] for each in normed]).float()

    return lens


@pytest.fixture(scope="module")
def truth(lens):
    """The same for the prompt of the chapter."""
    return lens(chapter.prompt)


def test_each_layer_is_asked_at_the_last_position(truth, recorded):
    values, indices = truth[:, -1].softmax(-1).max(-1)
    assert [token for _, token in chapter.guesses] == indices.tolist()
    found = [probability for probability, _ in chapter.guesses]
    assert found == pytest.approx(values.tolist(), abs=1e-3)
    words = [chapter.tokenizer.decode(token) for token in indices]
    assert recorded("logit_lens", "last_position").splitlines() == [
        f"layer {number}: {value:.2f} {word!r}"
        for number, (value, word) in enumerate(zip(values.tolist(), words, strict=True))
    ]
    assert words[1:3] == [" Rome", " Paris"]  # a city, and then the city
    assert values[:-1].max() < 0.4


def test_of_the_last_layer_the_lens_is_the_model_itself(recorded):
    assert recorded("logit_lens", "last_layer") == "difference: 0.0"


def test_without_the_last_norm_every_layer_is_far_too_sure_and_one_is_wrong(module_here, recorded):
    inputs = chapter.tokenizer(chapter.prompt, return_tensors="pt")
    with torch.no_grad():
        states = module_here(**inputs, output_hidden_states=True).hidden_states[1:-1]
        logits = torch.stack([module_here.lm_head(each[0, -1]) for each in states]).float()
    values, indices = logits.softmax(-1).max(-1)
    # transformers hands out the last layer's state with the norm already taken.
    probabilities, tokens = zip(*chapter.without, strict=True)
    assert list(tokens[:-1]) == indices.tolist()
    assert probabilities[:-1] == pytest.approx(values.tolist(), abs=1e-3)
    assert min(probabilities) > 0.6
    assert chapter.tokenizer.decode(tokens[2]) != " Paris"
    assert recorded("logit_lens", "without_ln_f").splitlines() == [
        f"layer {number}: {value:.2f} {chapter.tokenizer.decode(token)!r}"
        for number, (value, token) in enumerate(chapter.without)
    ]


def test_the_map_is_what_every_layer_would_say_at_every_position(truth, recording):
    (output,) = recording("logit_lens").cell("draw")["outputs"]
    drawn = Map(**output["data"][MIME])
    values, indices = truth.softmax(-1).max(-1)
    torch.testing.assert_close(torch.tensor(drawn.values), values, atol=0.006, rtol=0)
    words = [[chapter.tokenizer.decode(token) for token in row] for row in indices]
    assert drawn.texts == words
    assert drawn.rows == [str(layer) for layer in range(N_LAYERS)]
    tokens = ["The", "E", "iff", "el", "Tower", "is", "in", "the", "city", "of"]
    assert drawn.columns == [f"{number} {token}" for number, token in enumerate(tokens)]
    assert min(drawn.values[2][2:4]) > 0.9  # "iff", "el", " Tower": spelling is there early
    assert drawn.values[2][-1] < 0.4
    assert (drawn.form, drawn.end, drawn.diverges) == (".2f", 1, False)
    assert drawn.title == "What each layer would say next"
    assert (drawn.columns_are, drawn.rows_are) == ("token", "layer")
    assert drawn.values_are == "probability"


def test_what_a_reader_sees_of_plotly_fills_its_place():
    layout = chapter.figure.layout
    assert layout.xaxis.scaleanchor is None  # the cells need not be squares
    assert layout.coloraxis.colorscale[0][1] == "rgb(247,251,255)"
    assert layout.coloraxis.colorscale[-1][1] == "rgb(8,48,107)"


def test_the_facts_are_all_those_held_out_in_their_two_wordings(recorded):
    _, held_out = data.split()
    of_these = [fact for fact in held_out if fact.prompt.endswith(WITH_A_CHOICE)]
    assert sorted(chapter.facts) == sorted(fact.sentence.rstrip(".") for fact in of_these)
    assert len(chapter.facts) >= 30
    assert sorted(chapter.prompts) == sorted(fact.prompt for fact in of_these)
    firsts = {f.prompt: chapter.tokenizer(f.completion)["input_ids"][0] for f in of_these}
    assert dict(zip(chapter.prompts, chapter.cities, strict=True)) == firsts
    assert recorded("logit_lens", "facts") == f"{chapter.prompt!r} ' Paris'"


def test_held_out_facts_appear_in_the_third_layer_and_not_before(recorded):
    lines = recorded("logit_lens", "held_out").splitlines()
    right = [sum(map(int.__eq__, tokens, chapter.cities)) for tokens in chapter.said]
    n_facts = len(chapter.facts)
    assert lines == [f"layer {number}: {n} of {n_facts}" for number, n in enumerate(right)]
    shares = [n / n_facts for n in right]
    assert max(shares[:2]) < 0.1  # of the last one, which is the model, nothing is to be learned
    assert 0.2 < shares[2] < 0.6


def test_before_that_layers_say_the_same_whatever_the_landmark():
    words = [[chapter.tokenizer.decode(token) for token in tokens] for tokens in chapter.said]
    assert set(words[0]) == {" should"}
    assert words[1].count(" Rome") > len(words[1]) / 2


def test_a_batch_says_of_each_prompt_what_the_prompt_says_alone(lens):
    for number in (0, 3, -1):
        alone = lens(chapter.prompts[number])[:, -1].argmax(-1)
        assert [tokens[number] for tokens in chapter.said] == alone.tolist()


def test_the_rank_of_paris_rises_before_it_is_the_first(truth, recorded):
    last = truth[:, -1]
    (paris,) = chapter.tokenizer(" Paris")["input_ids"]
    assert chapter.ranks == (last > last[:, [paris]]).sum(-1).tolist()
    assert recorded("logit_lens", "ranks") == str(chapter.ranks)
    assert 1000 > chapter.ranks[0] > chapter.ranks[1] > 10
    assert chapter.ranks[2] == 0
