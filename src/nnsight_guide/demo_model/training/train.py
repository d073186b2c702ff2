"""Train the demo model: `python -m nnsight_guide.demo_model.training.train`, some four minutes.

It learns in two stages. First it reads repetitions alone, where nothing helps but to look back
at what followed the same word before; the heads that do so form within 200 steps. Facts come
in the second stage only: when they are there from the beginning, no such heads form. What the
attention looks like is no part of the loss.
"""

import argparse
import logging
import math
import random
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GPTJConfig, GPTJForCausalLM

from nnsight_guide.demo_model import architecture, digests, expansion, shipped, tokenizer
from nnsight_guide.demo_model.training import data, evaluate
from nnsight_guide.demo_model.training.data import Example, Facts, Repetitions, Vocabulary

log = logging.getLogger(__name__)

SEED = 1


class Stage(NamedTuple):
    """A part of the training in which all batches are alike."""

    steps: int
    repetitions: int  # rows in a batch
    facts: int  # rows in a batch
    length: int  # predictions in a row
    periods: range  # number of words after which a row of repetitions repeats


# Short periods come first: the sooner a row repeats, the more of it can be predicted.
STAGES = (
    Stage(steps=220, repetitions=64, facts=0, length=24, periods=range(3, 9)),
    Stage(steps=450, repetitions=10, facts=22, length=48, periods=range(4, 21)),
)
REPETITIONS_WEIGHT = 0.7  # of their loss, beside that of the facts

# Muon, which is made for the matrices inside the blocks, trains them in a few hundred steps.
# The embedding, biases and norms are left to AdamW.
MUON_RATE = 0.05
ADAMW_RATE = 5e-3
WEIGHT_DECAY = 0.05
WARM_UP_STEPS = 50
LAST_RATE = 0.02  # share of the rate that is left at the end

INITIAL_SPREAD = 0.05  # standard deviation of weights; GPT-J's 0.02 is for wider layers
SHARPENING = 2.0  # of the initial queries and keys, so that patterns differ from the start
# Standard deviation of the initial bias of layer 0's norm, usually zero. GPT-J's queries and keys
# have no bias of their own, so in layer 0 they would tell of the word alone, and no head could
# look at "the one before me, whatever it is". This bias lends them a part that is the same for
# every word, which the rotary embedding turns into a sense of distance. Without it the heads
# that attend to the previous token form in layer 1, and layer 0 stays diffuse.
FIRST_NORM_SPREAD = 0.6


def new_model(vocabulary: Vocabulary) -> GPTJForCausalLM:
    """Return an untrained model with a row for each token of the vocabulary.

    Embedding and unembedding are one matrix while in training: fewer numbers to ship, and a
    word that is looked up by a head is at once a word that can be predicted.
    """
    rows, end_of_text = len(vocabulary), vocabulary.row(architecture.END_OF_TEXT_ID)
    config = GPTJConfig(**architecture.model_config(rows, end_of_text))
    config.tie_word_embeddings = True
    config.initializer_range = INITIAL_SPREAD
    model = GPTJForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                weight.mul_(SHARPENING)
        model.get_parameter("transformer.h.0.ln_1.bias").normal_(0.0, FIRST_NORM_SPREAD)
    return model


def train(model: GPTJForCausalLM, vocabulary: Vocabulary, rng: random.Random) -> None:
    """Train `model` in place through all `STAGES`, and log the losses in nats."""
    facts, repetitions = Facts(vocabulary, rng), Repetitions(vocabulary, rng)
    optimizers = _optimizers(model)
    model.train()
    step = 0
    started = time.monotonic()
    for stage in STAGES:
        for _ in range(stage.steps):
            _set_rate(optimizers, _rate(step))
            rows = [repetitions.draw(stage.length, stage.periods) for _ in range(stage.repetitions)]
            losses = {"repetitions": _loss(model, rows)}
            total = REPETITIONS_WEIGHT * losses["repetitions"]
            if stage.facts:
                rows = [facts.draw(stage.length) for _ in range(stage.facts)]
                losses["facts"] = _loss(model, rows)
                total = total + losses["facts"]
            torch.autograd.backward(total)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            if step % 20 == 0:
                shown = ", ".join(f"{name} {loss.item():.3f}" for name, loss in losses.items())
                log.info("step %d: %s (%.0f s)", step, shown, time.monotonic() - started)
            step += 1
    model.train(mode=False)


def _loss(model: GPTJForCausalLM, rows: list[Example]) -> Tensor:
    """Return the mean cross-entropy, in nats, of the predictions that count."""
    tokens = torch.tensor([row.tokens for row in rows])
    counts = torch.tensor([row.counts for row in rows])
    logits = model(tokens[:, :-1], use_cache=False).logits
    return functional.cross_entropy(logits[counts], tokens[:, 1:][counts])


def _optimizers(model: GPTJForCausalLM) -> list[torch.optim.Optimizer]:
    inside = [p for p in model.transformer.h.parameters() if p.dim() == 2]
    norms_and_biases = [p for p in model.parameters() if p.dim() == 1]
    return [
        torch.optim.Muon(inside, lr=MUON_RATE, weight_decay=WEIGHT_DECAY, momentum=0.95),
        torch.optim.AdamW(
            [
                {"params": [model.transformer.wte.weight], "weight_decay": WEIGHT_DECAY},
                {"params": norms_and_biases, "weight_decay": 0.0},
            ],
            lr=ADAMW_RATE,
            betas=(0.9, 0.98),
        ),
    ]


def _set_rate(optimizers: Iterable[torch.optim.Optimizer], share: float) -> None:
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * optimizer.defaults["lr"]


def _rate(step: int) -> float:
    """Return the learning rate as a share of the full one.

    It rises, stays through the first stage, and falls along a cosine through the second.
    """
    first, second = (stage.steps for stage in STAGES)
    falling = 0.5 * (1 + math.cos(math.pi * max(0, step - first) / second))
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (LAST_RATE + (1 - LAST_RATE) * falling)


def compact(model: GPTJForCausalLM, vocabulary: Vocabulary) -> bytes:
    """Return the weights in float16 and the token ids of their rows, in safetensors format."""
    tensors = {
        name: tensor.to(torch.float16)
        for name, tensor in model.state_dict().items()
        if name != expansion.UNEMBEDDING  # the same matrix as the embedding
    }
    tensors[expansion.IDS] = torch.tensor(vocabulary.ids, dtype=torch.int32)
    return safetensors.torch.save(tensors)


def main() -> None:
    """Train, write the compact weights, and tell what the expanded model knows."""
    parser = argparse.ArgumentParser(description="Train the guide's demo model.")
    parser.add_argument(
        "--out",
        type=Path,
        default=shipped.FOLDER,
        help="folder to write the weights into (default: the package's own)",
    )
    out: Path = parser.parse_args().out
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    started = time.monotonic()

    # One thread: sums come out the same however many cores there are.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    words = tokenizer.build_tokenizer()
    seen, held_out = data.split()
    texts = [text for group in data.sentences() for text in group]
    texts += [combination.sentence for combination in held_out]
    vocabulary = Vocabulary(words, texts, SEED)
    model = new_model(vocabulary)
    log.info("%d tokens, %d weights", len(vocabulary), model.num_parameters())
    train(model, vocabulary, data.seeded(SEED))

    weights = compact(model, vocabulary)
    out.mkdir(parents=True, exist_ok=True)
    (out / shipped.WEIGHTS).write_bytes(weights)
    digests.write_digests(out, [name for name in shipped.NAMES if (out / name).exists()])
    log.info("%s: %d bytes, after %.0f s", out, len(weights), time.monotonic() - started)

    with tempfile.TemporaryDirectory() as folder:
        expansion.write(Path(folder), weights)
        reader_model = GPTJForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    log.info("%s", evaluate.measurements(reader_model, words, vocabulary.ids, seen, held_out))


if __name__ == "__main__":
    main()
