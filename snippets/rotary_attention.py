"""The bonus: attention patterns from queries, keys and a rotation."""

import torch

from snippets.model import REMOTE, model

# %% queries_and_keys
prompt = "The Eiffel Tower is in the city of"
attn = model.transformer.h[0].attn

with model.trace(prompt, remote=REMOTE):
    q_output = attn.q_proj.output.save()
    k_output = attn.k_proj.output.save()
    pattern = attn.attn_dropout.input.save()

n_heads = model.config.n_head
queries = q_output.unflatten(-1, (n_heads, -1))
keys = k_output.unflatten(-1, (n_heads, -1))
print(queries.shape)  # (batch, seq_len, n_heads, d_head)


# %% rotate
def rotate(vectors, rotary_dim, base=10_000):
    """Turn each pair of dimensions, the further the later it stands.

    vectors: (batch, seq_len, n_heads, d_head)
    """
    turning, rest = vectors[..., :rotary_dim], vectors[..., rotary_dim:]
    even, odd = turning[..., ::2], turning[..., 1::2]

    position = torch.arange(vectors.shape[1], device=vectors.device)
    pair = torch.arange(0, rotary_dim, 2, device=vectors.device)
    angle = position[:, None] / base ** (pair / rotary_dim)
    cos = angle.cos().to(vectors.dtype)[None, :, None]
    sin = angle.sin().to(vectors.dtype)[None, :, None]

    turned = (even * cos - odd * sin, odd * cos + even * sin)
    return torch.cat([torch.stack(turned, -1).flatten(-2), rest], -1)


# %% attend
def attention_pattern(queries, keys):
    """Return (batch, n_heads, seq_len, seq_len): who looks at whom."""
    queries = queries.transpose(1, 2).float()
    keys = keys.transpose(1, 2).float()
    scores = queries @ keys.transpose(-1, -2) / keys.shape[-1] ** 0.5
    future = torch.ones_like(scores, dtype=torch.bool).triu(1)
    return scores.masked_fill(future, float("-inf")).softmax(-1)


# %% compare
rotary_dim = model.config.rotary_dim

mine = attention_pattern(
    rotate(queries, rotary_dim), rotate(keys, rotary_dim)
).to(pattern.dtype)
print("with rotary:   ", (mine - pattern).abs().max().item())
print("equal:         ", torch.equal(mine, pattern))

without = attention_pattern(queries, keys).to(pattern.dtype)
print("without rotary:", (without - pattern).abs().max().item())
