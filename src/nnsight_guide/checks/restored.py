"""What can be wrong with a reader's map of activation patching, said as a teacher would."""

from collections.abc import Iterator

import torch
from torch import Tensor

from nnsight_guide.checks.answers import read_numbers
from nnsight_guide.checks.patching import Logits, Patching, lead_of, patch, shares_of
from nnsight_guide.checks.questions import QuestionError

WANTED = "(n_layers, seq_len)"
HAND_IN = "hand in one number for each layer and position"
NOTHING = 1e-6  # of two equal runs, whose means may be rounded otherwise


def fault_in_map(restored: object, asked: Patching) -> str | None:
    """Return what is wrong with a reader's map, or None."""
    try:
        answer = read_numbers("restored", restored, f"{HAND_IN}, {WANTED}")
    except QuestionError as error:
        return str(error)
    n_layers, seq_len = asked.base.model.config.n_layer, len(asked.base.ids)
    if fault := _wrong_shape(tuple(answer.shape), n_layers, seq_len):
        return fault
    if not answer.isfinite().all():
        return "there are values that are no numbers, as when one divides by zero"
    truth = patch(asked)
    if lead_of(truth.source) == lead_of(truth.base):
        return "the model does not tell these two prompts apart by these two answers"
    if _close(answer, truth.shares, truth):
        return None
    if answer.abs().max() < NOTHING:
        return (
            "nothing has changed in any run: write the state *into* the output, [:, position] = …; "
            "what is done to a clone, or to a name alone, the model never sees"
        )
    for reason, slip, unit in _slips(truth):
        if _close(answer, slip, truth, unit):
            return reason
    if n_layers > 1 and _close(answer[1:], truth.shares[:-1], truth):
        return (
            "every number stands one layer too late: put in what the block returns, its "
            "`.output[0]`, and not what goes into it"
        )
    if seq_len > 1 and _close(answer, answer[:, :1].expand_as(answer), truth):
        return (
            "all positions of a layer have the same number: put in one position at a time, "
            "[:, position], and not the whole prompt, and give each a trace of its own"
        )
    for reason, other in _other_patches(asked):
        if _close(answer, other, truth):
            return reason
    layer, position = divmod(int((answer - truth.shares).abs().argmax()), seq_len)
    return (
        f"the shape is right, but the numbers are others: the largest difference is at layer "
        f"{layer}, position {position}, where {answer[layer, position]:.2f} should be "
        f"{truth.shares[layer, position]:.2f}"
    )


def _slips(truth: Logits) -> Iterator[tuple[str, Tensor, float]]:
    """Yield what the same runs give a reader who slips afterwards, each with the reason and a unit.

    The unit is what the numbers have to be divided by to be as large as shares, and as exact.
    """
    leads = lead_of(truth.patched)
    base, source = lead_of(truth.base), lead_of(truth.source)
    shares, apart = truth.shares, (source - base).item()
    ends = f"{base:.1f} without a patch and {source:.1f} in the source"
    yield (
        f"these are differences of logits, and no shares yet: they are {ends}, so subtract the "
        "first, and divide by how far the two lie apart",
        leads,
        apart,
    )
    yield (
        f"these are changes of the difference, and no shares yet: divide by how far the two ends "
        f"lie apart ({ends})",
        leads - base,
        apart,
    )
    for end in (base, source):
        yield (
            f"divide by how far the two ends lie apart, source - base, and not by one of them "
            f"({ends})",
            (leads - base) / end,
            apart / end.item(),
        )
    yield "these are per cent: wanted are shares, where 1 is all of it", 100 * shares, 100.0
    in_shares = {
        f"subtract the base's own difference of logits, {base:.1f}, before you divide": (
            leads / apart
        ),
        "the sign is wrong: 1 is where the patched run answers as the source does, so it is "
        "(patched - base) / (source - base)": -shares,
        "this is the share that is still missing: what is restored is 1 minus it": 1 - shares,
        "these are shares of a probability, which an answer far ahead hardly changes: take the "
        "difference of the two logits": (
            shares_of(*(p[..., 0] for p in (truth.p_patched, truth.p_base, truth.p_source)))
        ),
        "these are shares of one answer's logit: subtract the logit of the other answer": (
            shares_of(*(x[..., 0] for x in (truth.patched, truth.base, truth.source)))
        ),
        "the layers stand in reverse order, as gradients come: layer 0 belongs first": (
            shares.flip(0)
        ),
        "the positions stand in reverse order: the first token belongs first": shares.flip(1),
        "the numbers stand in the wrong places: with the layers in the outer loop, "
        ".view(n_layers, seq_len) puts them in rows, and no .T is needed": (
            shares.reshape(shares.T.shape).T
        ),
        "every number stands one position too far to the right": shares.roll(1, 1),
        "every number stands one position too far to the left": shares.roll(-1, 1),
    }
    if len(shares) > 1:
        in_shares["every number stands one layer too early"] = shares.roll(-1, 0)
    for reason, slip in in_shares.items():
        yield reason, slip, 1.0


def _other_patches(asked: Patching) -> Iterator[tuple[str, Tensor]]:
    """Yield the shares that other patches give, each of which takes runs of its own."""
    yield (
        "each patch has kept those of the positions before it: clone what you overwrite, or begin "
        "each run anew, so that one position is patched at a time",
        patch(asked, what="up_to").shares,
    )
    yield (
        "this is what the source's last state restores, put in at each position: take the state of "
        "the same position, [:, position]",
        patch(asked, what="last").shares,
    )
    swapped = patch(asked.swapped).shares
    for shares in (swapped, 1 - swapped):  # of its own two ends, or of those that were asked for
        yield (
            "the two prompts are exchanged: `base` is the one that runs, and the states come from "
            "`source`",
            shares,
        )
    for part in ("mlp", "attn"):
        yield (
            f"this is what patching the outputs of {part} gives: put in what the whole block "
            "returns, `model.transformer.h[…].output[0]`",
            patch(asked, part).shares,
        )


def _close(answer: Tensor, other: Tensor, truth: Logits, unit: float = 1.0) -> bool:
    return torch.allclose(answer, other, rtol=1e-3, atol=truth.tolerance * abs(unit))


def _wrong_shape(shape: tuple[int, ...], n_layers: int, seq_len: int) -> str | None:
    right = (n_layers, seq_len)
    wanted = f"{WANTED} = {right}"
    if shape == right:
        return None
    if shape == (seq_len, n_layers):
        return (
            f"layers and positions are exchanged, {shape}; wanted is {wanted}: if the layers are "
            "your outer loop, .view(n_layers, seq_len) puts the numbers in rows, else it is .T"
        )
    if len(shape) == 3 and 1 in shape and tuple(n for n in shape if n != 1) == right:
        return f"there is a dimension of 1 too many, {shape}: squeeze() gives {wanted}"
    if shape == (n_layers,):
        return (
            f"there is one number for each layer, {shape}: put in one position at a time, and not "
            f"the whole prompt; wanted is {wanted}"
        )
    if shape == (seq_len,):
        return f"this is one layer, {shape}: patch each of them; wanted is {wanted}"
    if len(shape) == 2 and shape[1] == seq_len:
        return f"the model has {n_layers} layers, and the map {shape[0]}; wanted is {wanted}"
    if len(shape) == 2 and shape[0] == n_layers:
        return f"the prompts have {seq_len} tokens, and the map {shape[1]}; wanted is {wanted}"
    return f"the shape is {shape}; wanted is {wanted}"
