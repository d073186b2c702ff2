"""What can be wrong with a reader's attention pattern and its tokens, said as a teacher would.

Each `wrong_…` returns a reason, without a full stop, or None where there is nothing to say. None of
them needs a model: what does is in the package itself.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from nnsight_guide.checks.questions import QuestionError, holds_no_numbers, named

HAND_IN = "hand in the tensor that you saved in a trace"


def never_raises(judge: Callable[..., str | None]) -> Callable[..., str | None]:
    """Turn what an odd answer raises, when it is looked at, into a reason as well."""

    @wraps(judge)
    def judged(answer: object, *args: Any, **options: Any) -> str | None:
        try:
            return judge(answer, *args, **options)
        except Exception as error:
            return (
                f"this {type(answer).__name__} cannot be looked at ({type(error).__name__}): "
                f"{HAND_IN}"
            )

    return judged


@never_raises
def wrong_kind(attention: object) -> str | None:
    """Want a tensor of real numbers, which are there."""
    if attention is ...:
        return "`attention` is still `...`: put the patterns in its place"
    if attention is None:
        return f"`attention` is None, perhaps from a function without `return`: {HAND_IN}"
    if not isinstance(attention, Tensor):
        return f"`attention` is {named(attention)}, and should be a tensor{_how(attention)}"
    if holds_no_numbers(attention):
        return (
            "`attention` has a shape and no numbers: that is what a scan gives, or the device "
            "meta; save it in `model.trace`"
        )
    if attention.is_nested or attention.layout is not torch.strided or attention.is_quantized:
        return "`attention` is stored in an unusual way (sparse, nested, quantized): make it dense"
    if not attention.is_floating_point():
        return f"`attention` holds {attention.dtype}, and should hold probabilities"
    return None


def _how(attention: object) -> str:
    """Say how what is no tensor becomes one, if that is known."""
    module = type(attention).__module__.partition(".")[0]
    if isinstance(attention, tuple | list):
        if any(isinstance(item, Tensor) for item in attention):
            return ": take the element you mean"
        return f": {HAND_IN}"
    if module == "numpy":
        return ", as it was before it became an array"
    if module == "nnsight":
        return ": it is a part of the model, and its `.input` can be saved inside a trace"
    return ""


@never_raises
def wrong_shape(
    attention: Tensor, n_heads: int, seq_len: int, *, n_layers: int = 0, width: int = 0
) -> str | None:
    """Want (n_heads, seq_len, seq_len).

    Args:
        attention: the answer, a tensor.
        n_heads: of the model.
        seq_len: of the prompt.
        n_layers: of the model, to recognise the patterns of all of them.
        width: of the model's hidden states, to recognise these and what heads make of them.

    """
    shape = tuple(attention.shape)
    right = (n_heads, seq_len, seq_len)
    wanted = f"(n_heads, n_tokens, n_tokens) = {right}"
    if shape == right:
        return None
    if len(shape) == 4 and shape[1] == n_heads and shape[2] == shape[3]:
        return _wrong_batch(shape, right, n_layers, wanted)
    if shape == (seq_len, seq_len):
        return f"this is a single head, {shape}; keep all of them: wanted is {wanted}"
    if len(shape) != 3:
        return f"`attention` has {len(shape)} dimensions, {shape}; wanted is {wanted}"
    if sorted(shape) == sorted(right) and n_heads != seq_len:
        axis = shape.index(n_heads)
        return f"the heads are the axis {axis} of {shape}: movedim({axis}, 0) puts them first"
    if width and shape[1:] == (seq_len, width):
        return f"these look like hidden states, {shape}, and not like patterns: wanted is {wanted}"
    if width and shape == (n_heads, seq_len, width // n_heads):
        return f"these look like queries, keys or values, {shape}: wanted is {wanted}"
    if shape[0] != n_heads:
        return f"there are {n_heads} heads, and the first axis has {shape[0]}; wanted is {wanted}"
    return f"the prompt has {seq_len} tokens, and the shape is {shape}; wanted is {wanted}"


def _wrong_batch(
    shape: tuple[int, ...], right: tuple[int, int, int], n_layers: int, wanted: str
) -> str:
    count, length, seq_len = shape[0], shape[-1], right[-1]
    if shape[1:] != right:
        # Taking one of them would not help: it has another length.
        several = "one prompt" if count == 1 else f"{count} prompts"
        return (
            f"this is a batch of {several} of {length} tokens, {shape}, and the prompt has "
            f"{seq_len}: trace the prompt alone; wanted is {wanted}"
        )
    if count == 1:
        return f"the batch dimension is still there: {shape}; take [0] of it to get {wanted}"
    if count == 0:
        return f"there is nothing in it: the shape is {shape}; wanted is {wanted}"
    layers = ", or layers," if count == n_layers else ""
    return (
        f"there are the patterns of {count} prompts{layers} in it, {shape}: take the one that is "
        f"asked for to get {wanted}"
    )


@never_raises
def wrong_rows(pattern: Tensor) -> str | None:
    """Want rows that sum to 1 and nothing above the diagonal, of (n_heads, seq_len, seq_len)."""
    pattern = pattern.detach().float()
    if not pattern.isfinite().all():
        what = "no numbers (NaN)" if pattern.isnan().any() else "infinite"
        return f"there are values that are {what}"
    if not _all_one(pattern.sum(-1)):
        if _all_one(pattern.sum(-2)):
            return (
                "the columns sum to 1 and the rows do not: either the softmax ran over the "
                "queries (it belongs over the keys, dim=-1), or the last two axes are swapped"
            )
        if _all_one(pattern.sum(0)):
            return "it is the heads that sum to 1: the softmax belongs over the keys, dim=-1"
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


@never_raises
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


def plain(attention: Tensor) -> Tensor:
    """Return an answer whose kind and shape are right as a tensor that takes part in nothing."""
    return attention.detach().as_subclass(Tensor).cpu()


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


def read_numbers(name: str, given: object, hand_in: str) -> Tensor:
    """Return an answer that may be a tensor, an array or lists, as 32-bit floats on the CPU.

    Raises:
        QuestionError: it holds no numbers; `name` is that of the argument, `hand_in` the remedy.

    """
    if given is None or given is ...:
        raise QuestionError(f"`{name}` is {named(given)}: {hand_in}")
    try:
        if not isinstance(given, Tensor):
            given = torch.as_tensor(given)
        elif holds_no_numbers(given):
            raise QuestionError(f"`{name}` has a shape and no numbers: save it in `model.trace`")
        answer = given.detach().as_subclass(Tensor).cpu().to_dense().float()
    except QuestionError:
        raise
    except Exception as error:  # odd objects raise whatever they like
        raise QuestionError(
            f"`{name}` is {named(given)} that cannot be read as numbers: {hand_in}"
        ) from error
    return answer
