"""Heads put out of work one by one, as the exercise asks for it and as the usual slips would do it.

What a head hands in lies in its own columns of the input of `out_proj`, in whose output all heads
are mixed. To put the mean over prompts in its place is the mean ablation of Wang et al.,
"Interpretability in the Wild" (arXiv:2211.00593), section 2.1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnsight_guide.checks.questions import Question, QuestionError, items_of, named, read_answer

ROUNDINGS = 2  # of a logit, by which a mean over prompts may be off
PAIRS = "one pair for each prompt, the right one and a wrong one: [(' Paris', ' Rome'), …]"


@dataclass(frozen=True)
class Ablation:
    """Prompts, and for each a right answer and a wrong one, whose logits are compared.

    Attributes:
        prompts: the ids of each; they may differ in length.
        answers: (right, wrong) for each prompt.

    """

    model: Any
    prompts: list[list[int]]
    answers: list[tuple[int, int]]
    remote: bool | str

    @property
    def n_heads(self) -> int:
        """In each layer."""
        return int(self.model.config.n_head)

    @classmethod
    def of(cls, model: Any, prompts: object, answers: object, remote: bool | str) -> "Ablation":
        """Read the arguments of a check.

        Raises:
            QuestionError: one of them is not what it should be.

        """
        Question.of(model, [0], 0, remote)  # the model and `remote`, before any prompt
        given = items_of(prompts)
        if given is None or len(given) < 2:
            raise QuestionError(
                f"`prompts` is {named(prompts)}, and should be a list of two prompts at least: of "
                "a single one, the mean over prompts is what it was"
            )
        ids = [_read_prompt(number, prompt, model, remote) for number, prompt in enumerate(given)]
        pairs = items_of(answers)
        if pairs is None or len(pairs) != len(ids):
            count = "" if pairs is None else f" of {len(pairs)}"
            raise QuestionError(
                f"`answers` is {named(answers)}{count}, and should have {PAIRS}; there are "
                f"{len(ids)} prompts"
            )
        return cls(model, ids, [_read_pair(pair, model) for pair in pairs], remote)


@dataclass(frozen=True)
class Slip:
    """How a head is put out of work; without arguments, as it should be.

    Attributes:
        columns: "own", or those that a reader may take for a head's: "every" n_heads-th, as many as
            there are "heads", or "one".
        module: "input", or "output", of `out_proj`.
        positions: "last", "first" or "all".
        over: the dimensions that the mean is taken over (prompts, positions, columns); none is
            zero.
        prompts: "all", or only the "first", are changed.
        kept: the heads before it that stay out: "none", those of its "layer", or "all".

    """

    columns: str = "own"
    module: str = "input"
    positions: str = "last"
    over: tuple[int, ...] = (0,)
    prompts: str = "all"
    kept: str = "none"


@dataclass(frozen=True)
class Leads:
    """The logits of the right and of the wrong answers at the last position.

    Attributes:
        right, wrong, p_right: (n_layers, n_heads, n_prompts), one run for each head; `p_right` is
            the probability of the right answer.
        as_is: (3, n_prompts), the same three without a change.
        eps: of the dtype that they were computed in.

    """

    right: Tensor
    wrong: Tensor
    p_right: Tensor
    as_is: Tensor
    eps: float

    @property
    def leads(self) -> Tensor:
        """How far the right answer is ahead in each run, (n_layers, n_heads, n_prompts)."""
        return self.right - self.wrong

    @property
    def lead(self) -> Tensor:
        """How far it is ahead without a change, (n_prompts)."""
        return self.as_is[0] - self.as_is[1]

    @property
    def lost(self) -> Tensor:
        """The share of the mean lead that goes with each head, (n_layers, n_heads)."""
        return lost_of(self.leads.mean(-1), self.lead.mean())

    @property
    def tolerance(self) -> float:
        """By how much a share may be off when the logits are rounded otherwise."""
        largest = self.as_is[:2].abs().max().item()
        share: float = self.eps * largest / abs(self.lead.mean().item())
        return max(ROUNDINGS * share / math.sqrt(self.lead.numel()), 1e-3)


def lost_of(without: Tensor, as_is: Tensor) -> Tensor:
    """Return the share that is lost, of any shape that the two go with."""
    return 1 - without / as_is


def ablate(asked: Ablation, slip: Slip, layers: Sequence[int]) -> Leads:
    """Run all prompts once as they are, and once for each head of some layers.

    Args:
        asked: the prompts and answers.
        slip: how a head is put out of work.
        layers: their numbers; the first dimension of what is returned.

    """
    import nnsight  # here, since it takes seconds and a page that only names this module has none

    model, remote, n_heads = asked.model, asked.remote, asked.n_heads
    out_projs = [block.attn.out_proj for block in model.transformer.h]
    prompts, over, at_input = asked.prompts, slip.over, slip.module == "input"
    position = {"last": slice(-1, None), "first": slice(1), "all": slice(None)}[slip.positions]
    changed = slice(1) if slip.prompts == "first" else slice(None)
    answers = [list(pair) for pair in asked.answers]
    # Plain numbers, since what is sent to a service cannot lean on this package.
    runs = [
        [],
        *(_changes(asked, slip, layer, head) for layer in layers for head in range(n_heads)),
    ]
    with model.session(remote=remote):
        found = nnsight.save([])
        for run in runs:
            with model.trace(prompts, logits_to_keep=1):
                for number, columns in run:
                    module = out_projs[number]
                    values = module.input if at_input else module.output
                    own = values[..., columns].clone()
                    new = own.mean(over, keepdim=True).expand_as(own) if over else own * 0
                    values[changed, position, columns] = new[changed, position]
                logits = model.lm_head.output[:, -1]
                eps = nnsight.save(torch.finfo(logits.dtype).eps)
                logits = logits.float()
                pairs = torch.tensor(answers, device=logits.device)
                likely = logits.softmax(-1).gather(1, pairs)[:, 0].tolist()
                found.append([*logits.gather(1, pairs).T.tolist(), likely])
    as_is, *without = torch.tensor(found)
    of_heads = torch.stack(without).view(len(layers), n_heads, 3, len(prompts))
    right, wrong, p_right = of_heads.unbind(2)
    return Leads(right, wrong, p_right, as_is, eps)


def _changes(asked: Ablation, slip: Slip, layer: int, head: int) -> list[tuple[int, slice]]:
    """Return the layer and the columns of all that is changed in the run of a head."""
    width = asked.model.config.n_embd // asked.n_heads

    def columns(h: int) -> slice:
        if slip.columns == "every":
            return slice(h, None, asked.n_heads)
        wide = {"own": width, "heads": asked.n_heads, "one": 1}[slip.columns]
        return slice(h * wide, (h + 1) * wide)

    before = [(layer, columns(h)) for h in range(head)] if slip.kept != "none" else []
    if slip.kept == "all":
        all_heads = range(asked.n_heads)
        before = [(number, columns(h)) for number in range(layer) for h in all_heads] + before
    return [*before, (layer, columns(head))]


def _read_prompt(number: int, prompt: object, model: Any, remote: bool | str) -> list[int]:
    try:
        return Question.of(model, prompt, 0, remote).ids
    except QuestionError as error:
        raise QuestionError(str(error).replace("`prompt`", f"`prompts[{number}]`")) from error


def _read_pair(pair: object, model: Any) -> tuple[int, int]:
    both = items_of(pair)
    if both is None or len(both) != 2:
        raise QuestionError(f"`answers` holds {named(pair)}, and should have {PAIRS}")
    right, wrong = (read_answer(answer, model) for answer in both)
    if right == wrong:
        raise QuestionError("a pair of `answers` has the same token twice: its logits never differ")
    return right, wrong
