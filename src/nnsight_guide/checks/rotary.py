"""GPT-J's attention pattern from queries and keys, done right and with each of the usual slips.

The formulas are those of `GPTJAttention` in Hugging Face transformers; the rotation is that of
Su et al., "RoFormer" (arXiv:2104.09864), section 3.2.2, on interleaved pairs of coordinates.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

BASE = 10_000


def rotate_pairs(x: Tensor) -> Tensor:
    """Turn every pair (x0, x1), (x2, x3), … by a right angle: (-x1, x0), … Keeps the shape."""
    return torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)


def rotate_halves(x: Tensor) -> Tensor:
    """Do the same for the pairs that LLaMA and GPT-NeoX form: coordinate i and i + half."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def rotary(x: Tensor, rotary_dim: int, *, halves: bool = False) -> Tensor:
    """Rotate the first `rotary_dim` coordinates of every head by angles that grow with position.

    Args:
        x: queries or keys, (n_heads, seq_len, d_head).
        rotary_dim: how many coordinates of each head are rotated; even.
        halves: form the pairs as LLaMA does, not as GPT-J does.

    Returns:
        The same shape and dtype.

    """
    frequency = BASE ** -(torch.arange(0, rotary_dim, 2, device=x.device) / rotary_dim)
    angle = torch.arange(x.shape[-2], device=x.device)[:, None] * frequency
    angle = torch.cat((angle, angle), -1) if halves else angle.repeat_interleave(2, dim=-1)
    rotated, rest = x[..., :rotary_dim], x[..., rotary_dim:]
    turned = rotate_halves(rotated) if halves else rotate_pairs(rotated)
    # As in the model, sine and cosine are rounded to the dtype of the queries and keys.
    rotated = rotated * angle.cos().to(x.dtype) + turned * angle.sin().to(x.dtype)
    return torch.cat((rotated, rest), dim=-1)


@dataclass(frozen=True)
class Recipe:
    """How to get from queries and keys to a pattern. The defaults are GPT-J's way."""

    embed: Callable[[Tensor], Tensor]
    scaled: bool = True
    masked: bool = True
    softmax_dim: int = -1

    def pattern(self, q: Tensor, k: Tensor) -> Tensor:
        """Return the attention pattern, (n_heads, seq_len, seq_len), in float32.

        Args:
            q: queries, (n_heads, seq_len, d_head), as `q_proj` gives them.
            k: keys, likewise.

        """
        scores = self.embed(q).float() @ self.embed(k).float().mT
        if self.scaled:
            scores = scores / math.sqrt(q.shape[-1])
        if self.masked:
            above = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
            scores = scores.masked_fill(above, -torch.inf)
        return scores.softmax(self.softmax_dim)


def attention_pattern(q: Tensor, k: Tensor, rotary_dim: int) -> Tensor:
    """Return GPT-J's own pattern; shapes as in `Recipe.pattern`."""
    return _right(rotary_dim).pattern(q, k)


def patterns_of_slips(q: Tensor, k: Tensor, rotary_dim: int) -> dict[str, Tensor]:
    """Return, for each usual slip, the pattern that it leads to; shapes as in `Recipe.pattern`.

    The keys say what is wrong and what to do, as the end of a sentence.
    """
    right = _right(rotary_dim)
    slips = {
        "the rotary embedding is missing: rotate queries and keys by their position before they "
        "are multiplied": replace(right, embed=lambda x: x),
        "the rotary embedding pairs coordinate i with i + rotary_dim / 2, as LLaMA and GPT-NeoX "
        "do: GPT-J pairs neighbours, (0, 1), (2, 3), …": replace(
            right, embed=lambda x: rotary(x, rotary_dim, halves=True)
        ),
        f"the rotary embedding turns the whole head: only the first {rotary_dim} coordinates "
        "(model.config.rotary_dim) are rotated, the rest stay": replace(
            right, embed=lambda x: rotary(x, x.shape[-1])
        ),
        "the scores are not scaled: divide them by the square root of d_head before the "
        "softmax": replace(right, scaled=False),
        "the mask is missing: set the scores above the diagonal to minus infinity before the "
        "softmax": replace(right, masked=False),
        "the softmax runs over the queries: it belongs over the keys, the last axis "
        "(dim=-1)": replace(right, softmax_dim=-2),
    }
    return {slip: recipe.pattern(q, k) for slip, recipe in slips.items()}


def _right(rotary_dim: int) -> Recipe:
    return Recipe(embed=lambda x: rotary(x, rotary_dim))
