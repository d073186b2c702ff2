"""Another architecture: what the cells say of a Llama is so without nnsight, too."""

import re
import sys

import pytest
import torch

from nnsight_guide.html.figures import MIME
from nnsight_guide.html.published_facts import published_facts
from tests.support.processes import succeed
from tests.support.snippets import Lazily

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("second")]

chapter = Lazily("another_architecture")

N_LAYERS, N_HEADS, N_KEY_HEADS, D_MODEL, D_HEAD, N_TOKENS = 30, 9, 3, 576, 64, 9
NEAR = 0.011  # what is shown is rounded, and machines differ


@pytest.fixture(scope="module")
def here(second):
    """The same model, loaded by Hugging Face alone."""
    from transformers import AutoModelForCausalLM

    options = {"dtype": torch.float32, "attn_implementation": "eager"}
    return AutoModelForCausalLM.from_pretrained(second, **options).eval()


@pytest.fixture(scope="module")
def ran(here):
    """What a run without nnsight gives, by the text or the ids."""

    @torch.no_grad()
    def ran(prompt):
        ids = chapter.model.tokenizer(prompt, return_tensors="pt").input_ids
        return here(ids, output_attentions=True)

    return ran


@pytest.fixture(scope="module")
def truth(ran):
    """The patterns of the prompt as Hugging Face returns them: (n_layers, n_heads, …)."""
    return torch.cat(ran(chapter.prompt).attentions)


def test_the_set_up_loads_smollm2_unless_the_environment_says_otherwise(root):
    code = (
        "import nnsight; nnsight.TransformersModel = lambda *args, **kwargs: (args, kwargs)\n"
        "from snippets.second_model import model\n"
        "print(model[0], sorted(model[1].items(), key=str))"
    )
    for folder in ("", "/a/folder"):
        shown = succeed(sys.executable, "-c", code, cwd=root, env={"GUIDE_SECOND_MODEL": folder})
        name = folder or "HuggingFaceTB/SmolLM2-135M-Instruct"
        assert shown.stdout.strip() == (
            f"('{name}',) [('device_map', 'auto'), ('dtype', torch.float32), "
            f"('task', 'text-generation'), ('tokenizer', '{name}')]"
        )


def test_the_tree_is_a_llamas_and_has_no_dropout(recorded):
    tree = recorded("another_architecture", "tree")
    assert tree.startswith("LlamaForCausalLM(")
    assert "(layers): ModuleList(\n      (0-29): 30 x LlamaDecoderLayer(" in tree
    assert "ropout" not in tree
    for part in ("self_attn", "q_proj", "k_proj", "o_proj", "mlp", "norm", "lm_head"):
        assert f"({part})" in tree


def test_the_dimensions_are_those_of_the_weights(here, recorded):
    attn = here.model.layers[0].self_attn
    assert attn.q_proj.weight.shape == (N_HEADS * D_HEAD, D_MODEL)
    assert attn.k_proj.weight.shape == (N_KEY_HEADS * D_HEAD, D_MODEL)
    assert (chapter.n_layers, chapter.d_model) == (N_LAYERS, D_MODEL)
    assert recorded("another_architecture", "dimensions") == (
        "30 layers of 9 heads, 3 for keys\nd_model 576, d_head 64"
    )


def test_paris_comes_first(ran, recorded):
    assert chapter.prompt == published_facts()["trace"]["prompt"]
    probabilities, ids = ran(chapter.prompt).logits[0, -1].softmax(-1).topk(3)
    lines = recorded("another_architecture", "predict").splitlines()
    shown = [float(line.split()[0]) for line in lines]
    assert shown == pytest.approx(probabilities.tolist(), abs=NEAR)
    words = [repr(chapter.model.tokenizer.decode(id_)) for id_ in ids]
    assert [line.partition(" ")[2] for line in lines] == words
    assert words[0] == "' Paris'"
    assert shown[0] > 0.6


def test_the_blocks_are_found_under_model_layers(recorded):
    assert chapter.blocks is chapter.model.model.layers
    assert recorded("another_architecture", "blocks") == "model.model.layers 30"


def test_a_block_returns_a_tensor_and_an_index_takes_the_first_prompt_of_it(recorded):
    assert recorded("another_architecture", "block_output").splitlines() == [
        "Tensor (2, 9, 576)",
        "last tokens:     (2, 576)",
        "with [0], wrong: (9,)",
    ]


def test_without_eager_there_is_no_pattern_and_with_it_there_is_that_of_layer_0(truth, recorded):
    assert recorded("another_architecture", "no_pattern") == "None"
    assert chapter.model.config._attn_implementation == "sdpa"
    assert recorded("another_architecture", "eager") == "torch.Size([1, 9, 9, 9])"
    assert chapter.pattern.dtype == torch.float32
    torch.testing.assert_close(chapter.pattern[0], truth[0], atol=1e-5, rtol=0)


def test_both_models_say_the_same():
    model, llama, prompt = chapter.model, chapter.llama, chapter.prompt
    with model.trace(prompt):
        logits = model.lm_head.output[0, -1].save()
    with llama.trace(prompt):
        again = llama.lm_head.output[0, -1].save()
    torch.testing.assert_close(logits, again, atol=1e-3, rtol=0)


def test_the_line_that_weighs_stands_in_the_source_and_gives_the_pattern(recorded):
    source = recorded("another_architecture", "source")
    assert re.search(r"attention_interface_1 .*attn_weights = attention_interface\(", source)
    assert "dropout=0.0 if not self.training else self.attention_dropout" in source
    first, *shapes = recorded("another_architecture", "queries_and_keys").splitlines()
    assert first == "True"
    assert shapes == ["torch.Size([9, 9, 64])", "torch.Size([3, 9, 64])"]


def test_the_keys_are_those_that_the_model_keeps_for_the_next_token(ran):
    kept = ran(chapter.prompt).past_key_values.layers[0].keys[0]
    torch.testing.assert_close(chapter.keys, kept, atol=1e-4, rtol=0)


def test_three_neighbouring_heads_share_the_keys_of_one(truth, recorded):
    neighbours = [head // 3 for head in range(N_HEADS)]
    in_turn = [head % 3 for head in range(N_HEADS)]
    right = chapter.pattern_with(neighbours)
    torch.testing.assert_close(right, truth[0], atol=1e-5, rtol=0)
    far = (chapter.pattern_with(in_turn) - truth[0]).abs().max().item()
    assert far > 0.5
    first, second = recorded("another_architecture", "shared_keys").splitlines()
    assert first == f"{neighbours} differs by 0.00"
    assert second.startswith(f"{in_turn} differs by ")
    assert float(second.split()[-1]) == pytest.approx(far, abs=NEAR)


def strongest(scores):
    """Return layer, head and score of the highest score."""
    return (*divmod(int(scores.argmax()), N_HEADS), scores.max().item())


def found(line):
    """Return layer, head and score as a cell printed them."""
    layer, head, score = re.search(r"layer (\d+), head (\d+): (\d\.\d+)", line).groups()
    return int(layer), int(head), float(score)


def assert_same(line, scores):
    *place, score = found(line)
    *expected, highest = strongest(scores)
    assert place == expected
    assert score == pytest.approx(highest, abs=NEAR)


def test_the_patterns_of_all_layers_are_those_of_the_model(truth, recorded):
    torch.testing.assert_close(chapter.patterns, truth, atol=1e-4, rtol=0)
    assert recorded("another_architecture", "patterns") == str(truth.shape)


def test_the_previous_token_head_looks_one_back(truth, recorded):
    line = recorded("another_architecture", "previous_token")
    assert_same(line, truth.diagonal(-1, -2, -1).mean(-1))
    layer, head, score = found(line)
    assert score > 0.7
    for position in range(1, N_TOKENS):
        assert truth[layer, head, position].argmax() == position - 1
    assert line.endswith("on the token before")


def test_the_induction_head_looks_behind_the_same_word_last_time(ran, recorded, recording):
    attentions = torch.cat(ran(chapter.twice).attentions)
    torch.testing.assert_close(chapter.repeated, attentions, atol=1e-4, rtol=0)
    (line,) = re.findall("^layer .*", recorded("another_architecture", "induction"), re.MULTILINE)
    assert_same(line, attentions.diagonal(1 - 6, -2, -1).mean(-1))
    assert found(line)[2] > 0.4
    assert line.endswith("on the token after")
    assert_drawn(recording, "induction", chapter.repeated[found(line)[0]], chapter.words * 2)


def assert_drawn(recording, name, patterns, text):
    drawn = recording("another_architecture").cell(name)["outputs"][-1]["data"][MIME]["props"]
    torch.testing.assert_close(torch.tensor(drawn["attention"]), patterns, atol=1e-3, rtol=0)
    assert "".join(drawn["tokens"]) == text


def test_on_words_without_a_sense_the_heads_are_there_and_induction_needs_the_repetition(
    here, recorded
):
    generator = torch.Generator().manual_seed(0)
    first, other = torch.randint(1000, 20_000, (2, 1, 20), generator=generator)
    lines = recorded("another_architecture", "random_words").splitlines()
    scores = []
    for said, line in zip(((first, first), (other, first)), lines, strict=True):
        with torch.no_grad():
            attentions = torch.cat(here(torch.cat(said, dim=1), output_attentions=True).attentions)
        behind, one_back = line.split(", one back: ")
        assert_same(behind, attentions.diagonal(-19, -2, -1).mean(-1))
        assert_same(one_back, attentions.diagonal(-1, -2, -1).mean(-1))
        scores.append((found(behind)[2], found(one_back)))
    (repeated, one_back), (unrepeated, one_back_again) = scores
    assert repeated > 0.8
    assert unrepeated < 0.1
    before = found(recorded("another_architecture", "previous_token"))
    assert one_back[:2] == one_back_again[:2] == before[:2]
    assert min(one_back[2], one_back_again[2]) > 0.7


def test_the_subject_head_looks_at_the_tower_and_is_in_the_layer_where_the_fact_moves(
    truth, recorded, recording
):
    tokens, line = recorded("another_architecture", "subject").splitlines()[:2]
    assert tokens == "[' E', 'iffel', ' Tower']"
    assert_same(line, truth[:, :, -1, 1:4].sum(-1))
    layer, _, score = found(line)
    assert layer == 23
    assert score > 0.6
    assert line.endswith("on the subject")
    assert_drawn(recording, "subject", chapter.patterns[layer], chapter.prompt)


def test_three_heads_of_that_layer_read_the_subject(truth, recorded):
    shown = [float(number) for number in recorded("another_architecture", "readers").split()]
    assert shown == pytest.approx(truth[23, :, -1, 1:4].sum(-1).tolist(), abs=NEAR)
    assert [head for head, score in enumerate(shown) if score > 0.3] == [1, 4, 5]


def test_the_induction_head_rests_on_the_first_token():
    first_of_second_round = chapter.repeated[17, 4, 6:9, 0]
    assert first_of_second_round[0] > 0.8
    assert first_of_second_round.mean() > 0.5
