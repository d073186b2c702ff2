"""The checkers of the exercise on a task's vector; each slip is told as a teacher would."""

from typing import Any

from torch import Tensor

from nnsight_guide.checks.answers import read_numbers
from nnsight_guide.checks.prompts import Prompts, read_heads, read_tokens
from nnsight_guide.checks.questions import QuestionError, read_layer
from nnsight_guide.checks.states import PutIn, head_vectors, is_same, mean_states, say

OTHER_MEANS = {
    "answer": "these are states at the answers: the prompt has to end before its answer, at the "
    "colon, where the model is about to say it",
    "before": "these are states at the position before the last: the last one is [:, -1]",
    "first": "these are states at the first position: the last one is [:, -1]",
    "all": "this mean is over all positions as well: take the last one, [:, -1], before the mean",
    "one prompt": "this mean is over the positions of the first prompt: over the prompts it is the "
    "last position's, [:, -1], and .mean(dim=0)",
    "prompt 0": "this is the first prompt alone: [:, -1] has a row for each, so take their mean",
    "prompt -1": "this is the last prompt alone: [:, -1] has a row for each, so take their mean",
    "attention": "these are outputs of attention: take what the whole layer returns",
    "mlp": "these are outputs of the MLPs: take what the whole layer returns",
}
OTHER_WAYS = {
    PutIn(put=False): "the vector has changed nothing: write it *into* the output, "
    "[:, -1] = …, and hand in what this run says",
    PutIn(add=True): "the vector was added to what is there: put it in its place, = and not +=",
    PutIn(position="before"): "the vector was put in one position too early: the last is [:, -1]",
    PutIn(position="first"): "the vector was put in at the first position: the last is [:, -1]",
    PutIn(position="all"): "the vector was put in at every position: only the last is asked for",
    PutIn(prompts="first"): "only the first prompt has got the vector: [:, -1] are the last "
    "positions of all of them, and [0, -1] that of the first",
    PutIn(layer=1): "the vector was put in one layer too late: it goes into the output of its own",
    PutIn(layer=-1): "the vector was put in one layer too early: it goes into the output of "
    "its own",
}
OTHER_SUMS = {
    "not mixed": "this is what the heads hand in, and not yet what they write: `out_proj` comes "
    "after it, so multiply by its weight, weight[:, columns] @ mean[columns]",
    "transposed": "the weight is transposed: a head's columns are weight[:, columns]",
    "every": "the columns are those of all heads, one of each: head by head, they are [head * "
    "d_head : (head + 1) * d_head], and not [head::n_heads]",
    "whole layers": "this is what all heads of these layers write: cut out the columns of the "
    "heads that are asked for",
    "all positions": "this mean is over all positions as well: take the last one, [:, -1], first",
    "prompt 0": "this is the first prompt alone: take the mean over the prompts",
}


def check_mean_states(
    means: object, *, model: Any, prompts: object, answers: object, remote: bool | str = False
) -> None:
    """Say whether `means` are the mean hidden states at the last position, layer by layer.

    Args:
        means: the answer, (n_layers, d_model); a tensor, an array or lists.
        model: the Llama or GPT-J that it was taken from, an nnsight `TransformersModel`.
        prompts: a list of two or more, each in any form that `model.trace` takes.
        answers: what each prompt should be followed by, one token: texts or ids.
        remote: as in `model.trace`.

    """
    fault = fault_in_mean_states(
        means, model=model, prompts=prompts, answers=answers, remote=remote
    )
    _tell(fault, "these are the mean hidden states at the last position, layer by layer")


def check_task_vector(
    said: object,
    *,
    model: Any,
    vector: object,
    layer: int,
    prompts: object,
    learned_from: object,
    remote: bool | str = False,
) -> None:
    """Say whether `said` is what the model says with a vector in the place of its last state.

    Args:
        said: the answer, a token for each prompt: ids or texts.
        model: as in `check_mean_states`.
        vector: (d_model,), what is put in at the last position.
        layer: after which it is put in.
        prompts: those that it is tested on, zero-shot.
        learned_from: the few-shot prompts whose mean it is; none of `prompts` may be among them.
        remote: as in `model.trace`.

    """
    fault = fault_in_task_vector(
        said,
        model=model,
        vector=vector,
        layer=layer,
        prompts=prompts,
        learned_from=learned_from,
        remote=remote,
    )
    _tell(fault, "this is what the model says with the vector in place")


def check_head_vector(
    vector: object, *, model: Any, heads: object, prompts: object, remote: bool | str = False
) -> None:
    """Say whether `vector` is the sum of what some heads write, on average, at the last position.

    Args:
        vector: the answer, (d_model,); a tensor, an array or a list.
        model: as in `check_mean_states`.
        heads: pairs (layer, head).
        prompts: those that the mean is over.
        remote: as in `model.trace`.

    """
    fault = fault_in_head_vector(vector, model=model, heads=heads, prompts=prompts, remote=remote)
    _tell(fault, "this is what these heads write together")


def fault_in_mean_states(
    means: object, *, model: Any, prompts: object, answers: object, remote: bool | str = False
) -> str | None:
    """Return what is wrong with an answer, or None; arguments as in `check_mean_states`."""
    try:
        asked = Prompts.of(model, prompts, remote)
        ends = read_tokens("answers", answers, asked)
        found = read_numbers("means", means, "hand in (n_layers, d_model)")
    except QuestionError as error:
        return str(error)
    if len(asked.ids) < 2:
        return "`prompts` holds one prompt, and a mean over it is what it was: hand in several"
    for number, (ids, end) in enumerate(zip(asked.ids, ends, strict=True)):
        if ids[-1] == end:
            return f"`prompts[{number}]` ends with its own answer: it has to end before it"
    if fault := _wrong_shape(found, asked):
        return fault
    truths, eps = mean_states(asked, ends)
    right = truths.pop("last")
    if is_same(found, right, eps):
        return None
    if is_same(found, right * len(asked.ids), eps):
        return "these are sums: divide by the number of prompts, or take .mean(dim=0)"
    if is_same(found[1:], right[:-1], eps):
        return "every row stands one layer too late: take what a layer returns, its `.output`"
    if is_same(found[:-1], right[1:], eps):
        return "every row stands one layer too early: row 0 is what layer 0 returns"
    for name, truth in truths.items():
        if is_same(found, truth, eps):
            return OTHER_MEANS[name]
    return "the shape is right, but the numbers are others: was it these prompts, all of them?"


def fault_in_task_vector(
    said: object,
    *,
    model: Any,
    vector: object,
    layer: int,
    prompts: object,
    learned_from: object,
    remote: bool | str = False,
) -> str | None:
    """Return what is wrong with an answer, or None; arguments as in `check_task_vector`."""
    try:
        asked = Prompts.of(model, prompts, remote)
        shots = Prompts.of(model, learned_from, remote, "learned_from")
        n_layers, d_model = asked.shape
        number = read_layer(layer, n_layers)
        put = read_numbers("vector", vector, "hand in (d_model,)")
        if tuple(put.shape) == (n_layers, d_model):
            return "`vector` holds those of all layers: hand in that of one, vector[layer]"
        if tuple(put.shape) != (d_model,) or not put.isfinite().all():
            return f"`vector` should be {d_model} numbers: it has the shape {tuple(put.shape)}"
        tokens = read_tokens("said", said, asked)
    except QuestionError as error:
        return str(error)
    for text in asked.texts:
        if any(text in shot for shot in shots.texts):
            return (
                f"the vector was learned from {text!r}, which it is tested on: keep training words "
                "and test words apart"
            )
    is_right, unchanged = say(asked, tokens, put, number, [PutIn(), PutIn(put=False)])
    if is_right.best == unchanged.best:
        return "with this vector the model says what it says without it: try another layer's"
    if is_right.is_the_reader_s:
        return None
    others = say(asked, tokens, put, number, list(OTHER_WAYS))
    for reason, other in zip(OTHER_WAYS.values(), others, strict=True):
        if other.is_the_reader_s:
            return reason
    first = int((is_right.behind > is_right.rounding).nonzero()[0])
    decode = asked.model.tokenizer.decode
    return (
        f"after prompt {first}, the model does not say {decode([tokens[first]])!r} but "
        f"{decode([is_right.best[first]])!r} with the vector in place"
    )


def fault_in_head_vector(
    vector: object, *, model: Any, heads: object, prompts: object, remote: bool | str = False
) -> str | None:
    """Return what is wrong with an answer, or None; arguments as in `check_head_vector`."""
    try:
        asked = Prompts.of(model, prompts, remote)
        pairs = read_heads(heads, asked)
        found = read_numbers("vector", vector, "hand in (d_model,)")
    except QuestionError as error:
        return str(error)
    d_model = asked.shape[1]
    if found.numel() == len(pairs) * d_model // asked.n_heads != d_model:
        return "these are the heads side by side: add up what each of them writes"
    if tuple(found.shape) == (len(pairs), d_model):
        return "there is a vector for each head: add them up, .sum(dim=0)"
    if tuple(found.shape) != (d_model,) or not found.isfinite().all():
        return f"`vector` should be {d_model} numbers: it has the shape {tuple(found.shape)}"
    sums, eps = head_vectors(asked, pairs)
    right = sums.pop("right")
    if is_same(found, right, eps):
        return None
    if is_same(found, right / len(pairs), eps):
        return "this is the mean over the heads: add up what they write"
    for name, other in sums.items():
        if is_same(found, other, eps):
            return OTHER_SUMS[name]
    return "the shape is right, but the numbers are others: is it these heads, (layer, head)?"


def _wrong_shape(found: Tensor, asked: Prompts) -> str | None:
    shape, right, n_prompts = tuple(found.shape), asked.shape, len(asked.ids)
    wanted = f"(n_layers, d_model) = {right}"
    if shape == right and found.isfinite().all():
        return None
    if shape == right:
        return "there are values that are no numbers, as when one divides by zero"
    if shape == (n_prompts, right[1]):
        return f"this mean is over the layers, {shape}: over the prompts, it gives {wanted}"
    if shape == (right[0], n_prompts):
        return f"this mean is over d_model, {shape}: over the prompts, it gives {wanted}"
    if shape == right[1:]:
        return f"this is one layer, {shape}: take each of them; wanted is {wanted}"
    if len(shape) == 3 and shape[-1] == right[1]:
        return f"the mean over the prompts is still to be taken, {shape}; wanted is {wanted}"
    return f"the shape is {shape}; wanted is {wanted}"


def _tell(fault: str | None, praise: str) -> None:
    print(f"Not yet: {fault}." if fault else f"Right: {praise}.")
