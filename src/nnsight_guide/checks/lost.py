"""What can be wrong with a reader's map of what each head is worth, said as a teacher would."""

import torch
from torch import Tensor

from nnsight_guide.checks.answers import read_numbers
from nnsight_guide.checks.heads import Ablation, Leads, Slip, ablate, lost_of
from nnsight_guide.checks.questions import QuestionError
from nnsight_guide.checks.restored import NOTHING

WANTED = "(n_layers, n_heads)"
HAND_IN = f"hand in one number for each layer and head, {WANTED}"
OTHER_WAYS = {
    Slip(module="output"): (
        "this is what cutting `out_proj.output` gives, where all heads are mixed: a head's own "
        "columns are in `out_proj.input`"
    ),
    Slip(columns="every"): (
        "the columns are those of all heads, one of each: head by head, they are [..., head * "
        "d_head : (head + 1) * d_head], and not [..., head::n_heads]"
    ),
    Slip(columns="heads"): (
        "a head is n_embd // n_head columns wide, and these are as many as there are heads"
    ),
    Slip(columns="one"): "this takes out one column for each head, which has n_embd // n_head",
    Slip(over=()): (
        "these are zeros in the place of a head, which no prompt has ever put there: put in the "
        "mean over the prompts"
    ),
    Slip(positions="all"): "this changes every position: only the last, [:, -1], is asked for",
    Slip(positions="first"): "this changes the first position, [:, 0]: the last is [:, -1]",
    Slip(over=(1,)): (
        "this mean is over the positions of each prompt: over the prompts it is the last "
        "position's, [:, -1], and .mean(dim=0)"
    ),
    Slip(over=(2,)): (
        "this mean is over the columns of the head: over the prompts it is .mean(dim=0), one "
        "number for each column"
    ),
    Slip(over=(0, 1)): (
        "this mean is over all positions as well: take the last one, [:, -1], before the mean"
    ),
    Slip(over=(0, 1, 2)): (
        "this mean is a single number: .mean(dim=0), over the prompts, leaves one for each column"
    ),
    Slip(prompts="first"): (
        "only the first prompt was changed: [:, -1] are the last positions of all of them, and "
        "[0, -1] that of the first"
    ),
    Slip(kept="layer"): (
        "each run has kept the heads of its layer that went before it: clone what you overwrite, "
        "or begin each run anew, so that one head is out at a time"
    ),
    Slip(kept="all"): (
        "each run has kept all heads that went before it: begin each run anew, so that one head "
        "is out at a time"
    ),
}


def fault_in_lost(lost: object, asked: Ablation) -> str | None:
    """Return what is wrong with a reader's map, or None."""
    n_layers, n_heads = asked.model.config.n_layer, asked.n_heads
    try:
        answer = read_numbers("lost", lost, HAND_IN)
    except QuestionError as error:
        return str(error)
    if fault := _wrong_shape(tuple(answer.shape), n_layers, n_heads):
        return fault
    if not answer.isfinite().all():
        return "there are values that are no numbers, as when one divides by zero"
    truth = ablate(asked, Slip(), range(n_layers))
    if truth.lead.mean() <= 0:
        return (
            "the model does not put the right answers ahead of the wrong ones: is the right one "
            "the first of each pair?"
        )
    tolerance = truth.tolerance
    if truth.lost.abs().max() < 2 * tolerance:
        return (
            "the numbers of this model and these prompts are no larger than rounding, and no map "
            "of them can be told from another: hand in more prompts"
        )
    if _close(answer, truth.lost, tolerance):
        return None
    if answer.abs().max() < NOTHING:
        return (
            "nothing has changed in any run: write the mean *into* the input, [..., columns] = …; "
            "what is done to a clone, or to a name alone, the model never sees"
        )
    for reason, slip, unit in _slips_afterwards(truth):
        if _close(answer, slip, tolerance * unit):
            return reason
    if n_heads > 1 and _close(answer, answer[:, :1].expand_as(answer), tolerance):
        return (
            "all heads of a layer have the same number: take out the columns of one head at a "
            "time, and not the whole layer, and give each a trace of its own"
        )
    # Where the two differ most, one layer tells each of the ways that take runs of their own.
    layer, head = divmod(int((answer - truth.lost).abs().argmax()), n_heads)
    for way, reason in OTHER_WAYS.items():
        if _close(answer[layer], ablate(asked, way, [layer]).lost[0], tolerance):
            return reason
    return (
        f"the shape is right, but the numbers are others: the largest difference is at layer "
        f"{layer}, head {head}, where {answer[layer, head]:.3f} should be "
        f"{truth.lost[layer, head]:.3f}"
    )


def _slips_afterwards(truth: Leads) -> list[tuple[str, Tensor, float]]:
    """Return what the right runs give a reader who slips afterwards, with the reason and the unit.

    The unit is what the numbers have to be divided by to be shares.
    """
    lost, lead, likely = truth.lost, truth.lead.mean(), truth.as_is[2].mean()
    leads, unit = truth.leads.mean(-1), truth.lead.mean().item()
    divide = f"divide by the lead of the model as it is, which is {lead:.1f}"
    hardly = "which an answer far ahead hardly changes: take the difference of the two logits"
    in_logits = {
        f"these are leads, and no shares yet: lost is 1 - lead / {lead:.1f}": leads,
        f"these are logits that are lost, and no shares yet: {divide}": lead - leads,
        f"these are changes, and no shares yet: turn the sign round, and {divide}": leads - lead,
    }
    in_shares = {
        "the sign is wrong: a head that is missed has a positive share, 1 - without / as it is": (
            -lost
        ),
        "this is the share that is left: what is lost is 1 minus it": 1 - lost,
        f"these are probabilities, {hardly}": likely - truth.p_right.mean(-1),
        f"these are shares of a probability, {hardly}": lost_of(truth.p_right.mean(-1), likely),
        "these are shares of the right answer's logit: subtract the logit of the wrong one": (
            lost_of(truth.right.mean(-1), truth.as_is[0].mean())
        ),
        "this is the first prompt alone: logits[:, -1] has a row for each, so take the mean of "
        "their leads": lost_of(truth.leads[..., 0], truth.lead[0]),
        "this is the mean of each prompt's share: take the mean of the leads first, and one share "
        "of it": lost_of(truth.leads, truth.lead).mean(-1),
        "the layers stand in reverse order: layer 0 belongs first": lost.flip(0),
        "the heads stand in reverse order: head 0 belongs first": lost.flip(1),
        "heads and layers were exchanged before the numbers were put in rows: run over the layers "
        "in the outer loop": lost.T.reshape(lost.shape),
        "the numbers stand in the wrong places: with the layers in the outer loop, "
        ".view(n_layers, n_heads) puts them in rows, and no .T is needed": (
            lost.reshape(lost.T.shape).T
        ),
        "every number stands one layer too late": lost.roll(1, 0),
        "every number stands one layer too early": lost.roll(-1, 0),
        "every number stands one head too far to the right": lost.roll(1, 1),
        "every number stands one head too far to the left": lost.roll(-1, 1),
    }
    per_cent = "these are per cent: wanted are shares, where 1 is all of it"
    return [
        (per_cent, 100 * lost, 100.0),
        *((reason, slip, unit) for reason, slip in in_logits.items()),
        *((reason, slip, 1.0) for reason, slip in in_shares.items()),
    ]


def _close(answer: Tensor, other: Tensor, tolerance: float) -> bool:
    return torch.allclose(answer, other, rtol=0, atol=tolerance)


def _wrong_shape(shape: tuple[int, ...], n_layers: int, n_heads: int) -> str | None:
    right = (n_layers, n_heads)
    wanted = f"{WANTED} = {right}"
    if shape == right:
        return None
    if shape == (n_heads, n_layers):
        return (
            f"heads and layers are exchanged, {shape}; wanted is {wanted}: if the layers are your "
            "outer loop, .view(n_layers, n_heads) puts the numbers in rows, else it is .T"
        )
    if shape == (n_layers * n_heads,):
        return f"this is one long row, {shape}: .view(n_layers, n_heads) makes it {wanted}"
    if len(shape) == 3 and shape[:2] == right:
        return (
            f"there is a number for each prompt, {shape}: take the mean of the prompts' leads "
            f"first; wanted is {wanted}"
        )
    if shape == (n_layers,):
        return f"there is one number for each layer, {shape}: cut it into heads; wanted is {wanted}"
    if shape == (n_heads,):
        return f"this is one layer, {shape}: take each of them; wanted is {wanted}"
    if len(shape) == 2 and shape[1] == n_heads:
        return f"the model has {n_layers} layers, and the map {shape[0]}; wanted is {wanted}"
    if len(shape) == 2 and shape[0] == n_layers:
        return f"a layer has {n_heads} heads, and a row of the map {shape[1]}; wanted is {wanted}"
    return f"the shape is {shape}; wanted is {wanted}"
