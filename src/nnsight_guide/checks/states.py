"""The runs behind the checks of a task's vector: as the exercise asks for them, and with slips.

The mean state that stands for a task is that of Hendel et al. (arXiv:2310.15916), section 2; the
sum of what a few heads write that of Todd et al. (arXiv:2310.15213), section 2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from nnsight_guide.checks.prompts import Prompts

ROUNDINGS = 8  # by which a logit may differ in a batch of another size


def mean_states(asked: Prompts, answers: list[int]) -> tuple[dict[str, Tensor], float]:
    """Return means that a reader may take, each (n_layers, d_model), and eps of their dtype.

    "last" is the right one: of what the layers return at the last position, the mean over the
    prompts. Others are of other positions, prompts or modules; "answer" is at the answer, behind
    each prompt.
    """
    import nnsight  # here, since it takes seconds and a page that only names this module has none

    model, prompts = asked.model, asked.ids
    answered = [[*ids, answer] for ids, answer in zip(prompts, answers, strict=True)]
    parts = list(zip(asked.attentions, asked.layers, strict=True))
    # Where a session is rehearsed (remote="local"), a trace is found by the number of its line, and
    # comments, empty lines and statements of several lines before it make that number a wrong one.
    with torch.no_grad(), model.session(remote=asked.remote):
        found = nnsight.save([])
        with model.trace(prompts, logits_to_keep=1):
            for attention, layer in parts:
                attended = attention.output
                attended = attended[0] if isinstance(attended, tuple) else attended
                added = layer.mlp.output
                states = layer.output
                states = states[0] if isinstance(states, tuple) else states
                eps = nnsight.save(torch.finfo(states.dtype).eps)
                means = {"last": states[:, -1].mean(0), "before": states[:, -2:][:, 0].mean(0)}
                means |= {"first": states[:, 0].mean(0), "all": states.mean((0, 1))}
                means |= {"one prompt": states[0].mean(0), "prompt 0": states[0, -1]}
                means |= {"prompt -1": states[-1, -1], "mlp": added[:, -1].mean(0)}
                means |= {"attention": attended[:, -1].mean(0)}
                found.append({name: mean.float().cpu() for name, mean in means.items()})
        with model.trace(answered, logits_to_keep=1):
            for (_, layer), means in zip(parts, found, strict=True):
                states = layer.output
                states = states[0] if isinstance(states, tuple) else states
                means["answer"] = states[:, -1].mean(0).float().cpu()
    return {name: torch.stack([means[name] for means in found]) for name in found[0]}, eps


@dataclass(frozen=True)
class PutIn:
    """How a vector gets into a run; without arguments, as it should.

    Attributes:
        position: "last", the one "before" it, "first" or "all".
        add: to what is there, and not in its place.
        layer: how many layers too late.
        prompts: "all", or only the "first".
        put: whether it gets in at all.

    """

    position: str = "last"
    add: bool = False
    layer: int = 0
    prompts: str = "all"
    put: bool = True


@dataclass(frozen=True)
class Said:
    """What the model says after each prompt.

    Attributes:
        best: the tokens with the largest logits.
        behind: how far the logits of the reader's tokens are behind these, (n_prompts,).
        rounding: by how much a logit may be off.

    """

    best: list[int]
    behind: Tensor
    rounding: float

    @property
    def is_the_reader_s(self) -> bool:
        """Whether the reader's tokens are these, or so near that rounding may decide."""
        return bool((self.behind <= self.rounding).all())


def say(
    asked: Prompts, said: list[int], vector: Tensor, layer: int, ways: list[PutIn]
) -> list[Said]:
    """Run the prompts once for each way in which a vector may get in.

    Args:
        asked: the prompts.
        said: the tokens that the reader hands in, one for each prompt.
        vector: (d_model,).
        layer: its number.
        ways: of putting it in.

    """
    import nnsight  # here, since it takes seconds and a page that only names this module has none

    model, prompts, layers = asked.model, asked.ids, asked.layers
    places = {
        "last": slice(-1, None),
        "before": slice(-2, -1),
        "first": slice(1),
        "all": slice(None),
    }
    # Plain things, since what is sent to a service cannot lean on this package.
    runs = [
        (
            (layer + way.layer) % len(layers),
            slice(1 if way.prompts == "first" else None),
            places[way.position],
            1 if way.add or not way.put else 0,
            1 if way.put else 0,
        )
        for way in ways
    ]
    with torch.no_grad(), model.session(remote=asked.remote):
        found = nnsight.save([])
        for number, rows, position, kept, times in runs:
            with model.trace(prompts, logits_to_keep=1):
                states = layers[number].output
                states = states[0] if isinstance(states, tuple) else states
                put = vector.to(states.device, states.dtype)
                there = states[rows, position]
                states[rows, position] = kept * there + times * put
                logits = model.lm_head.output[:, -1]
                eps = torch.finfo(logits.dtype).eps
                logits = logits.float()
                best = logits.max(-1)
                chosen = torch.tensor(said, device=logits.device)[:, None]
                behind = best.values - logits.gather(1, chosen)[:, 0]
                largest = logits.abs().max().item()
                found.append((best.indices.tolist(), behind.tolist(), eps * largest))
    return [
        Said(best, torch.tensor(behind), max(ROUNDINGS * rounding, 1e-3))
        for best, behind, rounding in found
    ]


def head_vectors(asked: Prompts, heads: list[tuple[int, int]]) -> tuple[dict[str, Tensor], float]:
    """Return sums over heads that a reader may take, each (d_model,), and eps of their dtype.

    "right" is the sum of what these heads write into the residual stream, at the last position and
    in the mean over the prompts. The others leave out a step, or take other columns.
    """
    import nnsight  # here, since it takes seconds and a page that only names this module has none

    model, prompts, n_heads = asked.model, asked.ids, asked.n_heads
    width = asked.shape[1] // n_heads
    numbers = sorted({layer for layer, _ in heads})
    modules = [asked.out_projs[number] for number in numbers]
    with torch.no_grad(), model.session(remote=asked.remote):
        found = nnsight.save([])
        with model.trace(prompts, logits_to_keep=1):
            for module in modules:
                handed_in = module.input
                eps = nnsight.save(torch.finfo(handed_in.dtype).eps)
                means = [
                    handed_in[:, -1].mean(0),
                    handed_in.mean((0, 1)),
                    handed_in[0, -1],
                ]
                weight = module.weight.float().cpu()
                found.append(([mean.float().cpu() for mean in means], weight))
    of_layer = dict(zip(numbers, found, strict=True))
    sums: dict[str, Tensor] = {}

    def add(name: str, vector: Tensor) -> None:
        sums[name] = sums.get(name, torch.zeros(asked.shape[1])) + vector

    columns = torch.arange(asked.shape[1])
    for layer, head in heads:
        (last, everywhere, first), weight = of_layer[layer]
        own, every = slice(head * width, (head + 1) * width), slice(head, None, n_heads)
        add("right", weight[:, own] @ last[own])
        add("all positions", weight[:, own] @ everywhere[own])
        add("prompt 0", weight[:, own] @ first[own])
        add("every", weight[:, every] @ last[every])
        add("transposed", last[own] @ weight[own])
        add("not mixed", torch.where(columns // width == head, last, 0.0))
    for (last, _, _), weight in of_layer.values():
        add("whole layers", weight @ last)
    return sums, eps


def is_same(found: Tensor, truth: Tensor, eps: float) -> bool:
    """Whether two are equal, row by row, but for rounding."""
    apart, length = (found - truth).norm(dim=-1), truth.norm(dim=-1)
    return bool((apart <= max(8 * eps, 1e-3) * length).all()) and bool(truth.numel())
