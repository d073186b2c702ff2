"""What can be wrong with a reader's attention pattern and its tokens, said as a teacher would.

Each `wrong_…` returns a reason, without a full stop, or None where there is nothing to say. None of
them needs a model: what does is in the package itself.
"""

from typing import Any

import torch
from torch import Tensor


def wrong_shape(attention: object, n_heads: int, seq_len: int) -> str | None:
    """Want a tensor of real numbers, (n_heads, seq_len, seq_len)."""
    if not isinstance(attention, Tensor):
        hint = ": take the element you mean" if isinstance(attention, tuple | list) else ""
        return f"`attention` is a {type(attention).__name__}, and should be a tensor{hint}"
    if not attention.is_floating_point():
        return f"`attention` holds {attention.dtype}, and should hold probabilities"
    shape = tuple(attention.shape)
    wanted = f"(n_heads, n_tokens, n_tokens) = {(n_heads, seq_len, seq_len)}"
    if attention.ndim == 4:
        return f"the batch dimension is still there: {shape}; take [0] of it to get {wanted}"
    if attention.ndim != 3:
        return f"`attention` has {attention.ndim} dimensions, {shape}; wanted is {wanted}"
    if shape[0] != n_heads:
        return f"there are {n_heads} heads, and the first axis has {shape[0]}; wanted is {wanted}"
    if shape[1:] != (seq_len, seq_len):
        return f"the prompt has {seq_len} tokens, and the shape is {shape}; wanted is {wanted}"
    return None


def wrong_rows(pattern: Tensor) -> str | None:
    """Want rows that sum to 1 and nothing above the diagonal, of (n_heads, seq_len, seq_len)."""
    pattern = pattern.detach().float()
    if not _all_one(pattern.sum(-1)):
        if _all_one(pattern.sum(-2)):
            return (
                "the columns sum to 1 and the rows do not: either the softmax ran over the "
                "queries (it belongs over the keys, dim=-1), or the last two axes are swapped"
            )
        if _all_one(pattern.sum(0)):
            return "it is the heads that sum to 1: the softmax belongs over the keys, dim=-1"
        if pattern.isnan().any():
            return "there are values that are no numbers (NaN)"
        if pattern.min() < 0 or pattern.max() > 1:
            return (
                "the rows do not sum to 1, and values lie outside of 0 … 1: these look like "
                "scores from before the softmax"
            )
        return "the rows do not sum to 1, so they are not the probabilities after the softmax"
    if pattern.triu(1).abs().max() > 1e-6:
        return (
            "something stands above the diagonal, so a token looks at later ones: GPT-J is causal, "
            "and the mask comes before the softmax"
        )
    return None


def wrong_tokens(tokens: object, ids: list[int], tokenizer: Any) -> str | None:
    """Want one string per id, decoded; whether spaces are kept is a matter of taste."""
    if not isinstance(tokens, list | tuple) or not all(isinstance(t, str) for t in tokens):
        hint = ""
        if isinstance(tokens, Tensor) or (isinstance(tokens, list) and tokens):
            hint = "; ids become strings with [tokenizer.decode(i) for i in ids]"
        return f"the patterns are right, but `tokens` should be a list of strings{hint}"
    if len(tokens) != len(ids):
        return (
            f"the patterns are right, but there are {len(tokens)} `tokens` for the prompt's "
            f"{len(ids)}"
        )
    strings = [tokenizer.decode([i]) for i in ids]
    if list(tokens) != strings and list(tokens) == tokenizer.convert_ids_to_tokens(ids):
        return (
            "the patterns are right, but `tokens` shows spaces as Ġ, the tokenizer's own way of "
            "writing them: put ' ' in its place"
        )
    for position, (token, string) in enumerate(zip(tokens, strings, strict=True)):
        if token.strip() != string.strip():
            return (
                f"the patterns are right, but `tokens` are not the prompt's: at position "
                f"{position} stands {token!r} for {string!r}"
            )
    return None


def _all_one(sums: Tensor) -> bool:
    # However many probabilities are rounded, their sum is off by less than one rounding of 1.
    return bool(((sums - 1).abs() < torch.finfo(torch.bfloat16).eps).all())


def distance(answer: Tensor, pattern: Tensor) -> float:
    """Return the largest difference of the two; infinite if one holds no number."""
    answer, pattern = (x.detach().cpu().float() for x in (answer, pattern))
    difference = (answer - pattern).abs().max()
    return float(difference.nan_to_num(nan=torch.inf, posinf=torch.inf))


def close(answer: Tensor, pattern: Tensor, roundings: int) -> bool:
    """Whether the two differ by no more than some roundings of the coarser of their dtypes."""
    eps = max(torch.finfo(answer.dtype).eps, torch.finfo(pattern.dtype).eps)
    answer, pattern = (x.detach().cpu().float() for x in (answer, pattern))
    return torch.allclose(answer, pattern, rtol=max(roundings * eps, 1e-4), atol=max(eps / 4, 1e-5))


def wrong_numbers(difference: float, layer: int) -> str:
    """Say that the numbers are others, for a reason that is not known."""
    return (
        f"the shape is right, but the numbers are not those of layer {layer}: they differ by up "
        f"to {difference:.2g}"
    )
