"""Measure what a trained demo model knows, and what its attention heads do.

All measures take the model as a reader loads it, with GPT-J's own token ids. The scores of
heads are tensors of the shape [layers, heads], between 0 and 1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import GPTJForCausalLM

from nnsight_guide.demo_model.training.data import EXAMPLE, Combination

_SEQUENCES = 32
_PERIOD = 20


class Head(NamedTuple):
    """An attention head and its score."""

    layer: int
    head: int
    score: float


def best(scores: Tensor, count: int = 1) -> list[Head]:
    """Return the `count` heads of the highest scores, the highest first."""
    values, places = scores.flatten().topk(count)
    heads = scores.shape[1]
    return [
        Head(place // heads, place % heads, round(value, 3))
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    ]


@torch.no_grad()
def correct(
    model: GPTJForCausalLM, tokenizer: Tokenizer, cases: Sequence[Combination]
) -> list[bool]:
    """Tell of each case whether the model goes on after the prompt with each token of the city."""
    found = []
    for case in cases:
        prompt = tokenizer.encode(case.prompt).ids
        city = tokenizer.encode(case.completion).ids
        # Of the 50,400 columns of each position only those are computed that predict the city.
        logits = model(torch.tensor([prompt + city]), logits_to_keep=len(city) + 1).logits
        found.append(logits[0, :-1].argmax(dim=-1).tolist() == city)
    return found


@torch.no_grad()
def attention(model: GPTJForCausalLM, tokens: Tensor) -> Tensor:
    """Return the attention patterns in float32, [layers, sequences, heads, query, key].

    `tokens` are token ids, [sequences, length]. The model is left computing attention in the
    "eager" way, the only one that shows it.
    """
    model.set_attn_implementation("eager")
    patterns = model(tokens, output_attentions=True).attentions
    return torch.stack(patterns).float()


def random_repetition(token_ids: Sequence[int]) -> Tensor:
    """Return 32 sequences of 20 random tokens, each said twice: [32, 40]."""
    generator = torch.Generator().manual_seed(7)
    chosen = torch.randint(len(token_ids), (_SEQUENCES, _PERIOD), generator=generator)
    return torch.tensor(token_ids)[chosen].repeat(1, 2)


def previous_token(patterns: Tensor) -> Tensor:
    """Return how much of a head's attention goes to the token before the query."""
    return patterns.diagonal(-1, 3, 4).mean((1, 3))


def first_token(patterns: Tensor) -> Tensor:
    """Return how much goes to the first token, from the third one on.

    The second could hardly look elsewhere.
    """
    return patterns[..., 2:, 0].mean((1, 3))


def current_token(patterns: Tensor) -> Tensor:
    """Return how much goes to the query's own token, from the third one on."""
    return patterns.diagonal(0, 3, 4)[..., 2:].mean((1, 3))


def induction(patterns: Tensor) -> Tensor:
    """Return the attention to the token after the query's earlier occurrence.

    The patterns are those of `random_repetition`; only queries in its second half count.
    """
    return patterns.diagonal(1 - _PERIOD, 3, 4)[..., 1:].mean((1, 3))


def subject(patterns: Tensor) -> Tensor:
    """Return the attention of the last token to ' E', 'iff', 'el' and ' Tower'.

    The patterns are those of the one sentence `EXAMPLE`.
    """
    return patterns[:, 0, :, -1, 1:5].sum(-1)


@torch.no_grad()
def copies(model: GPTJForCausalLM, tokens: Tensor) -> float:
    """Return the share of right predictions in the second half of `random_repetition`."""
    predicted = model(tokens).logits[:, _PERIOD:-1].argmax(dim=-1)
    return float((predicted == tokens[:, _PERIOD + 1 :]).float().mean())


def measurements(
    model: GPTJForCausalLM,
    tokenizer: Tokenizer,
    token_ids: Sequence[int],
    seen: Sequence[Combination],
    held_out: Sequence[Combination],
) -> str:
    """Measure everything and say it in a few lines."""
    lines = []
    for name, cases in (("trained on", seen), ("held out", held_out)):
        right = sum(correct(model, tokenizer, cases))
        lines.append(f"{name}: {right} of {len(cases)} ({right / len(cases):.1%})")

    example = torch.tensor([tokenizer.encode(EXAMPLE).ids])
    with torch.no_grad():
        chances = model(example).logits[0, -1].float().softmax(dim=-1)
    word = tokenizer.decode([int(chances.argmax())])
    lines.append(f"{EXAMPLE!r}: {word!r} ({chances.max().item():.3f})")

    repetition = random_repetition(token_ids)
    lines.append(f"repetitions: {copies(model, repetition):.1%} of tokens right")
    in_repetition = attention(model, repetition)
    in_example = attention(model, example)
    for name, scores in (
        ("previous token", previous_token(in_repetition)),
        ("previous token, in the example", previous_token(in_example)),
        ("first token, in the example", first_token(in_example)),
        ("current token, in the example", current_token(in_example)),
        ("induction", induction(in_repetition)),
        ("subject, in the example", subject(in_example)),
    ):
        lines.append(f"{name}: the best head of each layer")
        for layer in range(scores.shape[0]):
            (found,) = best(scores[layer : layer + 1])
            lines.append(f"  layer {layer}, head {found.head}: {found.score:.2f}")
    return "\n".join(lines)
