"""Chapter 2: the model and its config, as the model itself has them."""

import os
import sys

import torch

from nnsight_guide.html.published_facts import published_facts
from snippets import model
from tests.support.processes import succeed
from tests.support.snippets import Lazily

chapter = Lazily("model_config")


def test_the_set_up_loads_gpt_j_on_this_machine_unless_the_environment_says_otherwise(root):
    code = (
        "import nnsight; nnsight.TransformersModel = lambda *args, **kwargs: (args, kwargs)\n"
        "from snippets.model import MODEL_ID, REMOTE, model\n"
        "print(MODEL_ID, REMOTE, model[0], sorted(model[1].items(), key=str))"
    )
    shown = succeed(sys.executable, "-c", code, cwd=root, env={})
    assert shown.stdout.strip() == (
        "EleutherAI/gpt-j-6b False ('EleutherAI/gpt-j-6b',) "
        "[('device_map', 'auto'), ('dtype', torch.bfloat16), ('task', 'text-generation'), "
        "('tokenizer', 'EleutherAI/gpt-j-6b')]"
    )


def test_a_tokenizer_that_is_named_pads_as_one_that_was_found_out():
    for loaded in (model.model, chapter.lazy_model):
        assert loaded.tokenizer.padding_side == "left"
        assert loaded.tokenizer.pad_token == loaded.tokenizer.eos_token == "<|endoftext|>"


def test_here_the_environment_names_the_demo_model():
    assert model.MODEL_ID == "nnsight-guide/gptj-demo"
    assert model.REMOTE is (os.environ["GUIDE_REMOTE"] == "1")


def test_a_new_model_has_shapes_but_no_numbers():
    assert chapter.lazy_model.dispatched is False
    assert chapter.embedding.is_meta
    assert chapter.embedding.shape == (chapter.model.config.vocab_size, chapter.d_model)
    assert chapter.embedding.dtype == torch.bfloat16


def test_the_dimensions_are_those_of_the_model():
    config = chapter.model.config
    assert chapter.n_layers == config.n_layer == len(chapter.model.transformer.h)
    assert chapter.n_heads == config.n_head == published_facts()["config"]["n_head"]
    assert chapter.d_model == config.n_embd == chapter.embedding.shape[1]
    assert chapter.d_head == chapter.d_model // chapter.n_heads
    assert chapter.d_head * chapter.n_heads == chapter.d_model


def test_the_vocabulary_is_gpt_j_s(recorded):
    assert chapter.model.config.vocab_size == published_facts()["config"]["vocab_size"]
    assert recorded("model_config", "vocabulary") == (
        "rows in the embedding:   50400\n"
        "tokens of GPT-2:         50257\n"
        "tokens with GPT-J's own: 50400"
    )


def test_memory_is_two_bytes_for_each_parameter():
    published = published_facts()["config"]
    assert chapter.n_bytes == 2 * chapter.n_parameters
    assert chapter.n_parameters == sum(w.numel() for w in chapter.model._module.parameters())
    assert published["bytes in bfloat16"] == 2 * published["parameters"]


def test_the_module_tree_is_shown_from_the_root_to_the_unembedding(recorded):
    tree = recorded("model_config", "module_tree")
    assert tree.startswith("GPTJForCausalLM(")
    for part in ("wte", "drop", "h", "ln_1", "attn", "mlp", "ln_f", "lm_head", "generator"):
        assert f"({part})" in tree


def test_a_path_leads_to_the_query_projection(recorded):
    width = chapter.d_model
    assert recorded("model_config", "module_path") == (
        f"Linear(in_features={width}, out_features={width}, bias=False)"
    )


def test_the_whole_config_is_shown_without_a_path(recorded):
    config = recorded("model_config", "whole_config")
    assert config.startswith("GPTJConfig {")
    assert '"rotary_dim"' in config
    assert "/" not in config


def test_what_is_printed_are_the_values_tested_here(recorded):
    assert recorded("model_config", "lazy").endswith("torch.bfloat16 meta")
    assert recorded("model_config", "dimensions") == (
        f"{chapter.n_layers} layers of {chapter.n_heads} heads\n"
        f"d_model {chapter.d_model}, d_head {chapter.d_head}"
    )
    assert recorded("model_config", "memory") == (
        f"{chapter.n_parameters:,} parameters\n{chapter.n_bytes:,} bytes in bfloat16"
    )
