"""What the pages must show when they were built on random weights: every fault, by page."""

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from benchmarks.full_size.weights import shapes_of

N_TOKENS = 10  # of the prompt of every chapter
# Chapters whose outputs the model of the profile gave; on the remote chapter it is the demo's.
PAGES = (
    "chapters/model-and-config",
    "chapters/tokenizers",
    "chapters/running-the-model",
    "chapters/output-versus-input",
    "exercises/attention-patterns",
)
NOTED = [page for page in PAGES if page != "chapters/tokenizers"]  # it depends on no model
NOT_A_NUMBER = re.compile(r"\b(?:nan|inf)\b")
MACHINE_TEXT = {".html", ".md", ".txt", ".json", ".xml", ".ipynb", ".py", ".js"}


def expected(config: Any) -> dict[tuple[str, str], list[str]]:
    """Return lines that a cell must print, by snippet and cell, on a GPT-J of this config."""
    layers, heads, width = config.n_layer, config.n_head, config.n_embd
    parameters = sum(shape.numel() for shape in shapes_of(config).values())
    pattern = f"torch.Size([1, {heads}, {N_TOKENS}, {N_TOKENS}])"
    return {
        ("model_config", "dimensions"): [
            f"{layers} layers of {heads} heads",
            f"d_model {width}, d_head {width // heads}",
        ],
        ("model_config", "memory"): [
            f"{parameters:,} parameters",
            f"{2 * parameters:,} bytes in bfloat16",
        ],
        ("trace_and_save", "trace"): [
            f"torch.Size([1, {N_TOKENS}, {width}])",
            f"torch.Size([{config.vocab_size}])",
        ],
        ("trace_and_save", "second_output"): [pattern],
        ("attention_patterns", "extract"): [pattern],
        ("attention_patterns", "all_layers"): [
            f"torch.Size([{layers}, {heads}, {N_TOKENS}, {N_TOKENS}])"
        ],
        ("attention_checks", "check"): ["Right: these are the attention patterns of layer 0."],
    }


def faults(site: Path, config: Any, name: str, folder: Path) -> list[str]:
    """Return what is wrong with a site that was built on random weights.

    Args:
        site: the folder of the built site.
        config: that of the checkpoint.
        name: what its pages must call the model.
        folder: where the checkpoint lies, which no file may name.

    """
    found = []
    cells: dict[tuple[str, str], str] = {}
    for page in PAGES:
        html = (site / page / "index.html").read_text(encoding="utf-8")
        soup = BeautifulSoup(html, "html.parser")
        note = soup.select_one(".guide-model")
        if page in NOTED and (note is None or name not in note.text):
            found.append(f"{page}: the note at its head does not say '{name}'")
        for block in soup.select("[data-cell]"):
            model = str(block.get("data-model"))
            if model != name:
                found.append(f"{page}: an output is of '{model}'")
            snippet = block.get("data-snippet") or block.get("data-fragment-of")
            shown = "\n".join(code.text for code in block.select(".guide-output pre"))
            cells[(str(snippet), str(block["data-cell"]))] = shown
            if NOT_A_NUMBER.search(shown):
                found.append(f"{page}: {block['data-cell']} shows what is not a finite number")
    for (snippet, cell), lines in expected(config).items():
        there = cells.get((snippet, cell), "").splitlines()
        found += [
            f"{snippet}/{cell}: does not show '{line}'" for line in lines if line not in there
        ]
    places = {str(folder), str(folder.absolute()), str(folder.resolve())}
    for path in site.rglob("*"):
        if path.suffix in MACHINE_TEXT:
            text = path.read_text(encoding="utf-8")
            found += [f"{path.name}: names the folder {place}" for place in places if place in text]
    return found
