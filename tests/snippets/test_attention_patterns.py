"""Chapter 6: the patterns are the model's own, and the heads do what the page says they do."""

import pytest
import torch

from nnsight_guide.html.figures import MIME
from nnsight_guide.html.published_facts import published_facts
from snippets.model import model
from tests.support.snippets import Lazily

chapter = Lazily("attention_patterns")

N_TOKENS = 10
N_HEADS = model.config.n_head
N_LAYERS = model.config.n_layer


@pytest.fixture(scope="module")
def truth(module_here):
    """The patterns as Hugging Face itself returns them: (n_layers, n_heads, seq_len, seq_len)."""
    inputs = chapter.model.tokenizer(chapter.prompt, return_tensors="pt")
    module_here.set_attn_implementation("eager")
    with torch.no_grad():
        output = module_here(**inputs, output_attentions=True)
    return torch.cat(output.attentions)


def test_the_prompt_is_the_guides_own():
    assert chapter.prompt == published_facts()["trace"]["prompt"]


def test_the_pattern_is_that_of_layer_0(truth, recorded):
    assert list(chapter.pattern.shape) == published_facts()["attention"]["pattern.shape"]
    assert torch.equal(chapter.pattern[0], truth[0])
    assert recorded("attention_patterns", "extract") == str(chapter.pattern.shape)


def test_what_is_drawn_has_no_batch_dimension_and_one_string_for_each_token(recording):
    assert chapter.attention.shape == (N_HEADS, N_TOKENS, N_TOKENS)
    assert "".join(chapter.tokens) == chapter.prompt
    (output,) = recording("attention_patterns").cell("draw")["outputs"]
    drawn = output["data"][MIME]
    assert drawn["component"] == "AttentionPatterns"
    assert drawn["props"]["tokens"] == chapter.tokens
    torch.testing.assert_close(
        torch.tensor(drawn["props"]["attention"]), chapter.attention.float(), atol=1e-4, rtol=0
    )


def test_every_route_leads_to_the_same_tensor(recorded):
    first_layer = chapter.first_layer  # a remote trace carries along what it names
    with chapter.model.trace(chapter.prompt, remote=chapter.REMOTE):
        attn_output = first_layer.attn.output[1].save()
    assert torch.equal(attn_output, chapter.pattern)
    assert recorded("attention_patterns", "other_routes") == "\n".join(["True"] * 4)


def test_the_patterns_of_all_layers_are_those_of_the_model(truth, recorded):
    assert chapter.patterns.shape == (N_LAYERS, N_HEADS, N_TOKENS, N_TOKENS)
    assert torch.equal(chapter.patterns, truth.float())
    assert recorded("attention_patterns", "all_layers") == str(chapter.patterns.shape)


def test_the_strongest_head_is_the_one_with_the_highest_score():
    scores = torch.zeros(3, 4)
    scores[2, 1] = 0.756
    assert chapter.strongest_head(scores) == (2, 1, 0.76)


def found(recorded, cell):
    """Return layer, head and score as a cell printed them."""
    line = recorded("attention_patterns", cell).splitlines()
    (line,) = [text for text in line if text.startswith("layer ")]
    layer, head = line.removeprefix("layer ").split(": ")[0].split(", head ")
    return int(layer), int(head), float(line.split(": ")[1].split()[0])


def strongest(scores):
    """Return layer, head and score of the highest score."""
    layer, head = divmod(int(scores.argmax()), N_HEADS)
    return layer, head, round(scores.max().item(), 2)


def test_the_previous_token_head_looks_one_back(recorded, truth):
    layer, head, score = found(recorded, "previous_token")
    one_back = truth.float().diagonal(-1, -2, -1)
    assert (layer, head, score) == strongest(one_back.mean(-1))
    assert score > 0.8
    for position in range(1, N_TOKENS):
        assert truth[layer, head, position].argmax() == position - 1


def test_the_induction_head_looks_behind_the_same_word_last_time(recorded):
    layer, head, score = found(recorded, "induction")
    after_last_time = chapter.repeated.diagonal(1 - 6, -2, -1)
    assert (layer, head, score) == strongest(after_last_time.mean(-1))
    assert score > 0.6
    assert chapter.n_words == 6
    assert chapter.repeated.shape == (N_LAYERS, N_HEADS, 12, 12)
    for position in range(7, 12):
        assert chapter.repeated[layer, head, position].argmax() == position - 6 + 1


def test_the_subject_head_looks_at_the_tower(recorded, truth):
    layer, head, score = found(recorded, "subject")
    assert (layer, head, score) == strongest(truth.float()[:, :, -1, 1:5].sum(-1))
    assert score > 0.8
    assert chapter.tokens[chapter.subject] == [" E", "iff", "el", " Tower"]
    assert truth[layer, head, -1, 1:5].sum() > 0.8


@pytest.mark.parametrize("cell", ["induction", "subject"])
def test_the_layer_that_was_found_is_the_one_that_is_drawn(recording, recorded, cell):
    layer, _, _ = found(recorded, cell)
    drawn = recording("attention_patterns").cell(cell)["outputs"][-1]["data"][MIME]["props"]
    patterns = chapter.repeated if cell == "induction" else chapter.patterns
    torch.testing.assert_close(torch.tensor(drawn["attention"]), patterns[layer], atol=1e-4, rtol=0)
    assert len(drawn["tokens"]) == patterns.shape[-1]
