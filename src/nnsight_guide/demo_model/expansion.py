"""From the compact weights to the files of an ordinary Hugging Face checkpoint.

The compact file holds one row for each token that occurred in training; the checkpoint has
GPT-J's 50,400. Neither torch nor transformers is imported, which keeps the whole step below
a second.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from nnsight_guide.demo_model import architecture, tokenizer
from nnsight_guide.demo_model.bfloat16 import FloatArray, write_bfloat16

IDS = "ids"  # the tensor that says which token each of the compact rows belongs to
EMBEDDING = "transformer.wte.weight"
UNEMBEDDING = "lm_head.weight"
UNEMBEDDING_BIAS = "lm_head.bias"
UNTRAINED_BIAS = -30.0  # a logit so low that a token without training is never predicted


def write(folder: Path, weights: bytes) -> None:
    """Write the checkpoint's files into the existing `folder`.

    `weights` is the content of a compact weights file. Raises `ShippedFileError` if the shipped
    merges are missing or damaged, and `OSError` if a file cannot be written.
    """
    _write_json(folder / "config.json", _model_config())
    _write_json(folder / "generation_config.json", _generation_config())
    tensors = _full_size(safetensors.numpy.load(weights))
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    write_bfloat16(folder / "model.safetensors", shapes, tensors.__getitem__)
    (folder / "tokenizer.json").write_text(tokenizer.build_tokenizer().to_str(), encoding="utf-8")
    _write_json(folder / "tokenizer_config.json", tokenizer.tokenizer_config())


def _full_size(compact: dict[str, npt.NDArray[Any]]) -> dict[str, FloatArray]:
    """Give each token of GPT-J's table a row.

    A token that never occurred in training is embedded as the mean of those that did, and
    its logit is the constant `UNTRAINED_BIAS`.
    """
    # Sorted, since safetensors hands the tensors out in another order every time.
    full = {name: tensor.astype(np.float32) for name, tensor in sorted(compact.items())}
    ids = full.pop(IDS).astype(np.int64)
    trained = full[EMBEDDING]  # one matrix for both ends while in training

    embedding = np.tile(trained.mean(axis=0), (architecture.ROWS, 1))
    embedding[ids] = trained
    unembedding = np.zeros_like(embedding)
    unembedding[ids] = trained
    bias = np.full(architecture.ROWS, UNTRAINED_BIAS, dtype=np.float32)
    bias[ids] = full[UNEMBEDDING_BIAS]
    return full | {EMBEDDING: embedding, UNEMBEDDING: unembedding, UNEMBEDDING_BIAS: bias}


def _model_config() -> dict[str, Any]:
    return architecture.model_config() | {
        "architectures": ["GPTJForCausalLM"],
        "dtype": "bfloat16",
        "model_type": "gptj",
    }


def _generation_config() -> dict[str, Any]:
    return {
        "bos_token_id": architecture.END_OF_TEXT_ID,
        "eos_token_id": architecture.END_OF_TEXT_ID,
    }


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
