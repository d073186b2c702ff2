"""Random models of both architectures that tasks are looked at in, each so small as to be cheap."""

import torch
from nnsight import TransformersModel
from transformers import AutoTokenizer, GPTJConfig, GPTJForCausalLM, LlamaConfig, LlamaForCausalLM

N_LAYERS, N_HEADS, D_MODEL = 4, 4, 32
VOCAB_SIZE = 50_400


def random_llama(tokenizer_of, dtype=torch.float32):
    """Make a Llama of four layers, with two key heads for its four heads."""
    config = LlamaConfig(
        num_hidden_layers=N_LAYERS,
        num_attention_heads=N_HEADS,
        num_key_value_heads=2,
        hidden_size=D_MODEL,
        intermediate_size=2 * D_MODEL,
        max_position_embeddings=64,
        vocab_size=VOCAB_SIZE,
        initializer_range=0.5,  # so that each layer adds something
    )
    return _of(LlamaForCausalLM, config, tokenizer_of, dtype)


def random_gpt_j(tokenizer_of, dtype=torch.float32):
    """Make a GPT-J of the same shape."""
    config = GPTJConfig(
        n_layer=N_LAYERS,
        n_head=N_HEADS,
        n_embd=D_MODEL,
        rotary_dim=4,
        n_positions=64,
        vocab_size=VOCAB_SIZE,
        initializer_range=0.5,
    )
    return _of(GPTJForCausalLM, config, tokenizer_of, dtype)


def _of(kind, config, tokenizer_of, dtype):
    torch.manual_seed(0)
    module = kind(config).eval().to(dtype)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    return TransformersModel(module, task="text-generation", tokenizer=tokenizer)
