"""A random GPT-J that answers are checked against, and how a reader gets a pattern from it."""

import torch
from nnsight import TransformersModel
from transformers import AutoTokenizer, GPTJConfig, GPTJForCausalLM

PROMPT = "The Eiffel Tower is in the city of"
N_HEADS, D_HEAD, ROTARY_DIM = 4, 16, 8


def small_gpt_j(dtype, tokenizer_of):
    """Make one of which, unlike the demo's, only a part of each head is rotated."""
    torch.manual_seed(0)
    config = GPTJConfig(
        n_layer=3,
        n_head=N_HEADS,
        n_embd=N_HEADS * D_HEAD,
        rotary_dim=ROTARY_DIM,
        n_positions=64,
        vocab_size=50_400,
        initializer_range=0.2,  # so that the heads attend to something
    )
    gpt_j = GPTJForCausalLM(config).eval().to(dtype)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    return TransformersModel(gpt_j, task="text-generation", tokenizer=tokenizer)


def extract(model, layer):
    with model.trace(PROMPT):
        pattern = model.transformer.h[layer].attn.attn_dropout.input[0].save()
    return pattern  # noqa: RET504 - a trace must end before its values are returned
