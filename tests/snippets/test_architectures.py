"""Another architecture, in general: what is found by looking is what PyTorch's own hooks find."""

from contextlib import ExitStack

import pytest
import torch
from nnsight import NNsight
from nnsight.intervention.interleaver import OutOfOrderError
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTJConfig,
    GPTJForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
)

from tests.support.snippets import Lazily

chapter = Lazily("architectures")

IDS = torch.tensor([[5, 3, 8, 1, 4]])
SIZES = {"n_embd": 32, "n_head": 4, "vocab_size": 64, "initializer_range": 0.2}
NO_TOKENS = {"bos_token_id": None, "eos_token_id": None}
LLAMA = {
    **{"hidden_size": 32, "intermediate_size": 48, "vocab_size": 64},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False},
    "initializer_range": 0.2,
}


def made(architecture, attention, layers=3):
    """Make a model of random weights, with sizes that the chapter does not use."""
    torch.manual_seed(0)
    options = {**NO_TOKENS, "attn_implementation": attention}
    if architecture == "Llama":
        config = LlamaConfig(**LLAMA, **options, num_hidden_layers=layers)
        return LlamaForCausalLM(config).eval()
    options = {**SIZES, **options, "n_layer": layers}
    if architecture == "GPT-J":
        return GPTJForCausalLM(GPTJConfig(**options, rotary_dim=4)).eval()
    return GPT2LMHeadModel(GPT2Config(**options)).eval()


def blocks_of(module):
    """Return the blocks of a model by the path in its own source."""
    return module.model.layers if hasattr(module, "model") else module.transformer.h


BOTH = pytest.mark.parametrize("architecture", ["GPT-2", "Llama"])
ALL = pytest.mark.parametrize("architecture", ["GPT-J", "GPT-2", "Llama"])


@ALL
def test_the_blocks_are_found_wherever_they_are(architecture):
    module = made(architecture, "eager")
    found = chapter.find_blocks(NNsight(module))
    assert found._module is blocks_of(module)
    assert len(found) == 3


def test_the_blocks_are_the_longest_list_and_not_the_first():
    module = made("Llama", "eager")
    module.a_few = torch.nn.ModuleList([torch.nn.Identity()])
    module.more = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    assert chapter.find_blocks(NNsight(module))._module is module.model.layers


@ALL
def test_by_our_names_one_comes_to_the_same_modules(architecture):
    module = made(architecture, "eager")
    named = NNsight(module, rename=chapter.NAMES)
    own = blocks_of(module)[1]
    assert named.layers[1]._module is own
    assert named.layers[1].attn._module is (own.self_attn if architecture == "Llama" else own.attn)


@ALL
def test_the_patterns_of_all_layers_are_those_that_transformers_returns(architecture):
    module = made(architecture, "eager")
    with torch.no_grad():
        truth = torch.cat(module(IDS, output_attentions=True).attentions)
    found = chapter.attention_of_all_layers(NNsight(module, rename=chapter.NAMES), IDS)
    assert found.shape == (3, 4, 5, 5)
    assert torch.equal(found, truth)
    assert not found.requires_grad
    assert not torch.equal(found[0], found[1])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@BOTH
def test_what_is_never_called_is_what_no_hook_of_pytorch_sees(architecture, attention):
    module = made(architecture, attention)
    module.spare = torch.nn.Linear(2, 2)
    called = set()
    with ExitStack() as hooks, torch.no_grad():
        for path, part in module.named_modules():

            def see(*_, path=path):
                called.add(path)

            hooks.enter_context(part.register_forward_hook(see))
        module(IDS)
    lists = {path for path, part in module.named_modules() if isinstance(part, torch.nn.ModuleList)}
    idle = {path for path, _ in module.named_modules()} - called - lists
    found = chapter.never_called(NNsight(module), IDS)
    assert sorted(found) == sorted(f"model.{path}" for path in idle)
    dropouts = {f"transformer.h.{layer}.attn.attn_dropout" for layer in range(3)}
    assert idle == {"spare"} | (dropouts if architecture == "GPT-2" else set())


@pytest.mark.parametrize(
    ("architecture", "attention", "expected"),
    [
        ("GPT-J", "eager", ("model.transformer.h", "tuple", "(1, 4, 3, 3)")),
        ("GPT-2", "sdpa", ("model.transformer.h", "Tensor", "None")),
        ("GPT-2", "eager", ("model.transformer.h", "Tensor", "(1, 4, 3, 3)")),
        ("Llama", "sdpa", ("model.model.layers", "Tensor", "None")),
        ("Llama", "eager", ("model.model.layers", "Tensor", "(1, 4, 3, 3)")),
    ],
)
def test_a_line_of_the_table_is_what_hooks_of_pytorch_see(architecture, attention, expected):
    module = made(architecture, attention)
    assert chapter.look(NNsight(module, rename=chapter.NAMES)) == expected
    first = blocks_of(module)[0]
    seen = {}
    with ExitStack() as hooks, torch.no_grad():
        parts = {"block": first, "attn": first.self_attn if "Llama" in architecture else first.attn}
        for name, part in parts.items():

            def see(part, inputs, output, name=name):
                seen[name] = output

            hooks.enter_context(part.register_forward_hook(see))
        module(chapter.ids)
    _, kind, shape = expected
    assert type(seen["block"]).__name__ == kind
    weights = seen["attn"][1]
    assert shape == (str(tuple(weights.shape)) if weights is not None else "None")


@ALL
def test_a_single_block_is_enough_to_look_at(architecture):
    named = NNsight(made(architecture, "eager", layers=1), rename=chapter.NAMES)
    path, _, shape = chapter.look(named)
    assert path.startswith("model.")
    assert shape == "(1, 4, 3, 3)"


def test_the_table_is_that_of_three_architectures(recorded):
    assert recorded("architectures", "table").splitlines() == [
        "              blocks               output  pattern       not called",
        "GPT-J  eager  model.transformer.h  tuple   (1, 4, 3, 3)  -",
        "GPT-J  eager  model.transformer.h  tuple   (1, 4, 3, 3)  -",
        "GPT-2  sdpa   model.transformer.h  Tensor  None          attn_dropout",
        "GPT-2  eager  model.transformer.h  Tensor  (1, 4, 3, 3)  attn_dropout",
        "Llama  sdpa   model.model.layers   Tensor  None          -",
        "Llama  eager  model.model.layers   Tensor  (1, 4, 3, 3)  -",
    ]


def test_the_same_code_runs_on_all_three(recorded):
    assert recorded("architectures", "same_code").splitlines() == [
        f"{name} torch.Size([2, 4, 3, 3])" for name in ("GPT-J", "GPT-2", "Llama")
    ]


def test_a_small_model_leaves_the_config_that_it_is_made_from_alone():
    before = chapter.configs["GPT-2"].to_dict()
    small = chapter.small_model("GPT-2", attn_implementation="eager")
    assert small.config._attn_implementation == "eager"
    assert not small._module.training
    assert chapter.configs["GPT-2"].to_dict() == before
    assert chapter.configs["GPT-2"]._attn_implementation != "eager"


def test_what_gpt_2_does_not_call_is_told_as_passed_even_if_it_is_the_first_to_be_asked(recorded):
    small, ids = chapter.gpt_2, chapter.ids
    with pytest.raises(OutOfOrderError, match="already ran past it"), small.trace(ids):
        small.layers[0].attn.attn_dropout.input.save()
    said = recorded("architectures", "out_of_order")
    assert "OutOfOrderError: 'model.transformer.h.0.attn.attn_dropout.input" in said
    assert "already ran past it" in said


def test_the_list_and_the_source_tell_why(recorded):
    names, *lines = recorded("architectures", "how_to_tell").splitlines()
    dropouts = [f"model.transformer.h.{layer}.attn.attn_dropout" for layer in range(2)]
    assert names == str(dropouts)
    (line,) = lines
    assert line.strip().endswith("dropout=self.attn_dropout.p if self.training else 0.0,")
