"""The engine of the live figure in a browser, asked by tests, and PyTorch to hold it against."""

import base64
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnsight import TransformersModel
from playwright.sync_api import Page
from transformers import AutoModelForCausalLM, AutoTokenizer

from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.site.scripts import FOLDER, MODEL, MODEL_OFFLINE, live_model
from tests.support.paths import ROOT

# The strictest that the theme's own pages stand: they have scripts in them, but need no eval.
POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline'"
PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Engine</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<script src="{FOLDER}/load.js"></script>
"""

HELPERS = """window.helpers = {
    floats: arrays => new Promise(resolve => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
        reader.readAsDataURL(new Blob(arrays));
    }),
    numbers: answer => window.helpers.floats([
        answer.logits,
        ...answer.attentions.flatMap(layer =>
            Array.from({length: window.engine.config.n_head * answer.seqLen}, (_, at) => {
                const [head, query] = [Math.floor(at / answer.seqLen), at % answer.seqLen];
                const row = (head * answer.room + query) * answer.room;
                return layer.subarray(row, row + answer.seqLen);
            })),
    ]),
    // The logits of every position, of known tokens; the engine itself asks for the last alone.
    everywhere: () => {
        const {asItIs} = window.engine.memories;
        const [rows, size] = [asItIs.ids.length, window.engine.ids.length + 1];
        const logits = new Float64Array(rows * size);
        window.engine.model.logits(asItIs.hiddenStates.at(-1), rows, logits);
        return window.helpers.floats(Array.from({length: rows}, (_, row) =>
            logits.subarray(row * size, (row + 1) * size - 1)));
    },
}"""


def write_live_site(folder: Path) -> Path:
    """Write a page with the engine and both files of the model."""
    shutil.copytree(ROOT / "docs" / FOLDER, folder / FOLDER)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / MODEL).write_bytes(live_model(is_offline=False))
    (folder / MODEL_OFFLINE).write_bytes(live_model(is_offline=True))
    return folder


def load(page: Page, model: str = MODEL) -> str:
    """Load the engine into an open page; return what was wrong."""
    page.evaluate(HELPERS)
    wrong = page.evaluate(
        """model => guideLive.load(model).then(
            engine => { window.engine = engine; return ""; }, error => error.message)""",
        model,
    )
    return str(wrong)


@dataclass
class Answer:
    """What the engine says of a prompt, at its last position."""

    logits: torch.Tensor  # of the known tokens
    attentions: torch.Tensor  # (n_layers, n_heads, seq_len, seq_len)
    top: list[int]
    probabilities: list[float]
    lens: list[list[int]]  # of each layer


@dataclass
class Live:
    """A page in which the engine is loaded."""

    page: Page

    def __post_init__(self) -> None:
        """Ask for what does not change."""
        self.known: list[int] = self.page.evaluate("engine.ids")
        self.config: dict[str, Any] = self.page.evaluate("engine.config")

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of many texts."""
        return self.page.evaluate("texts => texts.map(t => engine.tokenizer.encode(t))", texts)

    def of_ids(self, ids: list[int]) -> tuple[Answer, torch.Tensor]:
        """Run these tokens; return the answer, and the logits of all positions."""
        found = self.page.evaluate(
            """async ids => {
                const answer = engine.answer(ids, "asItIs", {});
                const {top, lens, seqLen} = answer;
                const numbers = await helpers.numbers(answer);
                return {top, lens, seqLen, numbers, all: await helpers.everywhere()};
            }""",
            ids,
        )
        return self._answer(found), floats(found["all"]).view(len(ids), -1)

    def run(self, state: dict[str, Any]) -> tuple[Answer, Answer | None]:
        """Run a state; return the answer as it is, and the changed one."""
        found = self.page.evaluate(
            """async state => {
                const {asItIs, changed} = engine.run(state);
                const told = answer => answer && (async () => ({
                    top: answer.top, lens: answer.lens, seqLen: answer.seqLen,
                    numbers: await helpers.numbers(answer),
                }))();
                return [await told(asItIs), await told(changed)];
            }""",
            state,
        )
        as_it_is, changed = (one and self._answer(one) for one in found)
        return as_it_is, changed

    def _answer(self, found: dict[str, Any]) -> Answer:
        n_known, n_heads = len(self.known), self.config["n_head"]
        numbers = floats(found["numbers"])
        return Answer(
            numbers[:n_known],
            numbers[n_known + 1 :].view(-1, n_heads, found["seqLen"], found["seqLen"]),
            [guess["id"] for guess in found["top"]],
            [guess["p"] for guess in found["top"]],
            [[guess["id"] for guess in layer] for layer in found["lens"]],
        )


def floats(text: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), "<f8").copy())


def demo_in(dtype: torch.dtype) -> Any:
    """Return the demo model under nnsight, in other numbers than its own bfloat16."""
    model = AutoModelForCausalLM.from_pretrained(
        checkpoint(), dtype=dtype, attn_implementation="eager"
    )
    tokenizer = AutoTokenizer.from_pretrained(checkpoint())
    return TransformersModel(model.eval(), task="text-generation", tokenizer=tokenizer)
