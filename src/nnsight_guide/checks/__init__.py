"""Checkers for the reader's own answers: each prints one line, right or what to look at.

    check_attention_patterns(attention, tokens, model=model, prompt=prompt)
    check_rotary_attention(attention, model=model, prompt=prompt)
    check_patching(restored, model=model, base=base, source=source)
    check_head_ablation(lost, model=model, prompts=prompts, answers=answers)

and in `tasks`, of a GPT-J or a Llama, `check_mean_states`, `check_task_vector` and
`check_head_vector`.

Neither a wrong answer nor a wrong call raises anything, since a notebook would answer with a
traceback where a hint is wanted. Who wants to decide on it (a test) calls `fault_in_…`, which
returns the reason, or None. The truth is taken from the reader's own model, with `remote=` where
they ran it; what goes wrong on that way (a service that is down) is raised, as in `model.trace`.
"""

from typing import Any

from torch import Tensor

from nnsight_guide.checks import answers
from nnsight_guide.checks.heads import Ablation
from nnsight_guide.checks.lost import fault_in_lost
from nnsight_guide.checks.patching import Patching
from nnsight_guide.checks.questions import Question, QuestionError
from nnsight_guide.checks.restored import fault_in_map
from nnsight_guide.checks.rotary import patterns_of_slips


def check_attention_patterns(
    attention: object,
    tokens: object = None,
    *,
    model: Any,
    prompt: object,
    layer: int = 0,
    remote: bool | str = False,
) -> None:
    """Say whether `attention` holds the attention patterns of a layer for a prompt.

    Args:
        attention: the answer; right is a tensor of shape (n_heads, seq_len, seq_len).
        tokens: the strings to draw it with, one per token of the prompt; None leaves them out.
        model: the GPT-J that it was taken from, an nnsight `TransformersModel`.
        prompt: what the model read, as `model.trace` takes it: a text, a list with one text, ids,
            or what the tokenizer makes of it. One prompt, without padding.
        layer: whose patterns are asked for; -1 is the last.
        remote: as in `model.trace`.

    """
    fault = fault_in_attention_patterns(
        attention, tokens, model=model, prompt=prompt, layer=layer, remote=remote
    )
    _tell(fault, "these are the attention patterns of layer {}", layer)


def check_rotary_attention(
    attention: object, *, model: Any, prompt: object, layer: int = 0, remote: bool | str = False
) -> None:
    """Say whether `attention`, recomputed from `q_proj` and `k_proj`, is the model's own pattern.

    Args: as in `check_attention_patterns`; a batch dimension of one may stay.
    """
    fault = fault_in_rotary_attention(
        attention, model=model, prompt=prompt, layer=layer, remote=remote
    )
    _tell(fault, "recomputed from queries and keys, the patterns of layer {} are the same", layer)


def check_patching(
    restored: object,
    *,
    model: Any,
    base: object,
    source: object,
    answers: object = (" Paris", " Rome"),
    remote: bool | str = False,
) -> None:
    """Say whether `restored` is what patching each layer at each position restores.

    Args:
        restored: the answer, (n_layers, seq_len): the share of the difference of the two answers'
            logits that comes back; a tensor, an array or lists.
        model: as in `check_attention_patterns`.
        base: the prompt that runs, in any form that `model.trace` takes.
        source: the prompt whose states are put in; as many tokens as the base.
        answers: the source's and the base's, each one token: texts or ids.
        remote: as in `model.trace`.

    """
    fault = fault_in_patching(
        restored, model=model, base=base, source=source, answers=answers, remote=remote
    )
    _tell(fault, "this is what each layer restores at each position")


def check_head_ablation(
    lost: object, *, model: Any, prompts: object, answers: object, remote: bool | str = False
) -> None:
    """Say whether `lost` is the share of the lead that the model loses with each of its heads.

    The lead is how far the logit of a prompt's right answer is above that of its wrong one, in the
    mean over the prompts. A head is put out of work by the mean over the prompts of what it hands
    to `out_proj`, at the last position only. Lost is 1 - lead without the head / lead as it is.

    Args:
        lost: the answer, (n_layers, n_heads); a tensor, an array or lists.
        model: as in `check_attention_patterns`.
        prompts: a list of two prompts or more, each in any form that `model.trace` takes.
        answers: for each prompt the right one and a wrong one, each one token: texts or ids.
        remote: as in `model.trace`.

    """
    fault = fault_in_head_ablation(
        lost, model=model, prompts=prompts, answers=answers, remote=remote
    )
    _tell(fault, "this is the share of the lead that goes with each head")


def fault_in_head_ablation(
    lost: object, *, model: Any, prompts: object, answers: object, remote: bool | str = False
) -> str | None:
    """Return what is wrong with a map, or None; arguments as in `check_head_ablation`."""
    try:
        asked = Ablation.of(model, prompts, answers, remote)
    except QuestionError as error:
        return str(error)
    return fault_in_lost(lost, asked)


def fault_in_patching(
    restored: object,
    *,
    model: Any,
    base: object,
    source: object,
    answers: object = (" Paris", " Rome"),
    remote: bool | str = False,
) -> str | None:
    """Return what is wrong with a map, or None; arguments as in `check_patching`."""
    try:
        asked = Patching.of(model, base, source, answers, remote)
    except QuestionError as error:
        return str(error)
    return fault_in_map(restored, asked)


def fault_in_attention_patterns(
    attention: object,
    tokens: object = None,
    *,
    model: Any,
    prompt: object,
    layer: int = 0,
    remote: bool | str = False,
) -> str | None:
    """Return what is wrong with an answer, or None; arguments as in `check_attention_patterns`."""
    try:
        question = Question.of(model, prompt, layer, remote)
    except QuestionError as error:
        return str(error)
    # Kind, shape, rows and diagonal come first: what they say helps more than "not equal".
    if fault := _wrong_form(attention, question) or answers.wrong_rows(attention):
        return fault
    assert isinstance(attention, Tensor)
    attention = answers.plain(attention)
    import nnsight  # here, since it takes seconds and a page that only names this module has none

    with model.trace(question.input_ids, remote=remote):
        patterns = nnsight.save([])
        for block in model.transformer.h:
            patterns.append(block.attn.output[1][0])
    distances = [answers.distance(attention, pattern) for pattern in patterns]
    layer = question.layer
    nearest = min([layer, *range(len(patterns))], key=distances.__getitem__)  # `layer` wins a tie
    # The same numbers were computed twice, so only rounding can differ.
    same = answers.close(attention, patterns[nearest], roundings=4)
    if same and nearest != layer:
        return f"these are the patterns of layer {nearest}, and layer {layer} is asked for"
    if not same:
        return answers.wrong_numbers(distances[layer], layer)
    return None if tokens is None else answers.wrong_tokens(tokens, question.ids, model.tokenizer)


def fault_in_rotary_attention(
    attention: object, *, model: Any, prompt: object, layer: int = 0, remote: bool | str = False
) -> str | None:
    """Return what is wrong with an answer, or None; arguments as in `check_rotary_attention`."""
    try:
        question = Question.of(model, prompt, layer, remote)
    except QuestionError as error:
        return str(error)
    if fault := _wrong_form(attention, question, may_be_batch=True):
        return fault
    assert isinstance(attention, Tensor)
    attention = answers.plain(attention)
    attention = attention[0] if attention.ndim == 4 else attention
    with model.trace(question.input_ids, remote=remote):
        attn = model.transformer.h[question.layer].attn
        q = attn.q_proj.output[0].save()
        k = attn.k_proj.output[0].save()
        truth = attn.output[1][0].save()
    n_heads = question.n_heads
    q, k = (x.detach().cpu().unflatten(-1, (n_heads, -1)).transpose(0, 1) for x in (q, k))
    # All in the model's dtype: the same numbers, rounded or not, are the same answer.
    attention = attention.to(truth.dtype)
    slips = {
        slip: pattern.to(truth.dtype)
        for slip, pattern in patterns_of_slips(q, k, model.config.rotary_dim).items()
    }
    from_truth = answers.distance(attention, truth)
    distances = {slip: answers.distance(attention, pattern) for slip, pattern in slips.items()}
    nearest = min(distances, key=distances.__getitem__)
    if distances[nearest] < from_truth / 2:
        return nearest
    # Whoever multiplies in bfloat16 rounds far more than the model, which does it in float32.
    if answers.close(attention, truth, roundings=64):
        return None
    return answers.wrong_rows(attention) or answers.wrong_numbers(from_truth, question.layer)


def _wrong_form(attention: Any, question: Question, *, may_be_batch: bool = False) -> str | None:
    """Return what is wrong with an answer before its numbers are looked at, or None."""
    if fault := answers.wrong_kind(attention):
        return fault
    if may_be_batch and attention.ndim == 4 and attention.shape[0] == 1:
        attention = attention[0]
    config = question.model.config
    return answers.wrong_shape(
        attention,
        question.n_heads,
        len(question.ids),
        n_layers=config.n_layer,
        width=config.n_embd,
    )


def _tell(fault: str | None, praise: str, layer: int = 0) -> None:
    # Only of a right answer is it known that its layer can be printed.
    print(f"Not yet: {fault}." if fault else f"Right: {praise.format(layer)}.")
