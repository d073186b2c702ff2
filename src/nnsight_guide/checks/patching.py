"""Activation patching, run as the exercise asks for it and as the usual slips would run it.

The share of a difference of logits that a patch restores is that of Wang et al., "Interpretability
in the Wild" (arXiv:2211.00593), section 3.1: 0 where nothing changes, 1 where all of it comes back.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnsight_guide.checks.questions import Question, QuestionError, items_of, read_answer

ROUNDINGS = 8  # of a logit, by which two runs of the same patch may differ


@dataclass(frozen=True)
class Patching:
    """Two prompts of the same length, and the two answers whose logits are compared.

    Attributes:
        base: the prompt that runs.
        source: the one whose states are put in.
        answers: the ids of the source's answer and of the base's.

    """

    base: Question
    source: Question
    answers: tuple[int, int]
    remote: bool | str

    @classmethod
    def of(
        cls, model: Any, base: object, source: object, answers: object, remote: bool | str
    ) -> "Patching":
        """Read the arguments of a check.

        Raises:
            QuestionError: one of them is not what it should be.

        """
        both = [_read("base", base, model, remote), _read("source", source, model, remote)]
        lengths = [len(question.ids) for question in both]
        if lengths[0] != lengths[1]:
            raise QuestionError(
                f"`base` has {lengths[0]} tokens and `source` {lengths[1]}: their positions match "
                "only if they have as many"
            )
        pair = items_of(answers)
        if pair is None or len(pair) != 2:
            raise QuestionError(
                "`answers` should be two, the source's and the base's: (' Paris', ' Rome')"
            )
        ids = [read_answer(answer, model) for answer in pair]
        if ids[0] == ids[1]:
            raise QuestionError("the two `answers` are the same token: their logits never differ")
        return cls(both[0], both[1], (ids[0], ids[1]), remote)

    @property
    def swapped(self) -> "Patching":
        """The same with the roles of the prompts exchanged, and the answers as they were."""
        return Patching(self.source, self.base, self.answers, self.remote)


@dataclass(frozen=True)
class Logits:
    """The logits of the two answers at the last position, and their probabilities.

    Attributes:
        patched: (n_layers, seq_len, 2), one run for each layer and position.
        base, source: (2,), without a patch.
        eps: of the dtype that they were computed in.

    """

    patched: Tensor
    base: Tensor
    source: Tensor
    p_patched: Tensor
    p_base: Tensor
    p_source: Tensor
    eps: float

    @property
    def shares(self) -> Tensor:
        """The share of the difference that each patch restores, (n_layers, seq_len)."""
        return shares_of(*map(lead_of, (self.patched, self.base, self.source)))

    @property
    def tolerance(self) -> float:
        """By how much a share may be off when the logits are rounded otherwise."""
        span = (lead_of(self.source) - lead_of(self.base)).abs().item()
        largest = max(x.abs().max().item() for x in (self.patched, self.base, self.source))
        return max(ROUNDINGS * self.eps * largest / span, 1e-3)


def patch(asked: Patching, where: str = "blocks", *, what: str = "own") -> Logits:
    """Run the base once for each layer, with a row of the batch for each position to patch.

    Args:
        asked: the prompts and answers.
        where: "blocks", or what of each block is patched instead: "mlp", "attn".
        what: the states of the source that are put in: a position's "own"; "up_to", those before it
            as well, as who forgets that patches add up; or its "last", at whatever position.

    """
    import nnsight  # here, since it takes seconds and a page that only names this module has none

    model, remote = asked.base.model, asked.remote
    seq_len = len(asked.base.ids)
    parts = {
        "blocks": list(model.transformer.h),
        "mlp": [block.mlp for block in model.transformer.h],
        "attn": [block.attn.out_proj for block in model.transformer.h],
    }
    modules, chosen = parts[where], list(asked.answers)
    firsts = [0 if what == "up_to" else position for position in range(seq_len)]
    rows = asked.base.input_ids.repeat(seq_len, 1)
    base, source = asked.base.input_ids, asked.source.input_ids
    with model.session(remote=remote):
        found = nnsight.save([])
        with model.trace(source, logits_to_keep=1):
            states = []
            for module in modules:
                output = module.output
                states.append(output[0] if isinstance(output, tuple) else output)
            logits = model.lm_head.output[:, -1]
            eps = nnsight.save(torch.finfo(logits.dtype).eps)
            logits = logits.float().cpu()
            found.append((logits[:, chosen].tolist(), logits.softmax(-1)[:, chosen].tolist()))
        with model.trace(base, logits_to_keep=1):
            logits = model.lm_head.output[:, -1].float().cpu()
            found.append((logits[:, chosen].tolist(), logits.softmax(-1)[:, chosen].tolist()))
        for module, state in zip(modules, states, strict=True):
            with model.trace(rows, logits_to_keep=1):
                output = module.output
                hidden = output[0] if isinstance(output, tuple) else output
                for position, first in enumerate(firsts):
                    new = state[0, -1:] if what == "last" else state[0, first : position + 1]
                    hidden[position, first : position + 1] = new
                logits = model.lm_head.output[:, -1].float().cpu()
                found.append((logits[:, chosen].tolist(), logits.softmax(-1)[:, chosen].tolist()))
    (source_end, base_end), patched = found[:2], found[2:]
    return Logits(
        patched=torch.tensor([logits for logits, _ in patched]),
        base=torch.tensor(base_end[0][0]),
        source=torch.tensor(source_end[0][0]),
        p_patched=torch.tensor([p for _, p in patched]),
        p_base=torch.tensor(base_end[1][0]),
        p_source=torch.tensor(source_end[1][0]),
        eps=eps,
    )


def lead_of(logits: Tensor) -> Tensor:
    """Return how far the source's answer is ahead of the base's: (…, 2) → (…)."""
    return logits[..., 0] - logits[..., 1]


def shares_of(patched: Tensor, base: Tensor, source: Tensor) -> Tensor:
    """Return the share of the way from base to source, of any shape that the two go with."""
    return (patched - base) / (source - base)


def _read(name: str, prompt: object, model: Any, remote: bool | str) -> Question:
    try:
        return Question.of(model, prompt, 0, remote)
    except QuestionError as error:
        raise QuestionError(str(error).replace("`prompt`", f"`{name}`")) from error
