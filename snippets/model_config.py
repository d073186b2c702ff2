"""The model and its config."""

import torch
from nnsight import TransformersModel

from snippets.model import MODEL_ID, model

# %% lazy
lazy_model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    dtype=torch.bfloat16,
)

embedding = lazy_model.transformer.wte.weight
print(embedding.shape, embedding.dtype, embedding.device)

# %% module_tree
print(model)

# %% module_path
print(model.transformer.h[0].attn.q_proj)

# %% dimensions
n_layers = model.config.n_layer
n_heads = model.config.n_head
d_model = model.config.n_embd  # the width of the residual stream
d_head = d_model // n_heads

print(f"{n_layers} layers of {n_heads} heads")
print(f"d_model {d_model}, d_head {d_head}")

# %% whole_config
print(model.config)

# %% vocabulary
print("rows in the embedding:  ", model.config.vocab_size)
print("tokens of GPT-2:        ", model.tokenizer.vocab_size)
print("tokens with GPT-J's own:", len(model.tokenizer))

# %% memory
n_parameters = sum(weight.numel() for weight in model.parameters())
n_bytes = n_parameters * torch.bfloat16.itemsize

print(f"{n_parameters:,} parameters")
print(f"{n_bytes:,} bytes in bfloat16")
