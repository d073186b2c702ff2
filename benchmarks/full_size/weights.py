"""Writes a GPT-J with random weights, shard by shard: at no time is all of it in memory.

The shapes are those of the config, the numbers those of the seed, the tokenizer is the demo
model's (GPT-J's own 50,400 entries). A checkpoint that is there already, and complete, stays.
"""

import json
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

from nnsight_guide.base.capacity import free_bytes
from nnsight_guide.base.errors import GuideError
from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.model import profiles, random_weights
from nnsight_guide.model.preflight import RESERVE_BYTES, free_bytes_of_gpus

SEED = 0
BYTES = 2  # of a number in bfloat16
INDEX = "model.safetensors.index.json"
TOKENIZER = ("generation_config.json", "tokenizer.json", "tokenizer_config.json")
LAYERS = "transformer.h."
GB = 1e9


def gpt_j_config(**sizes: Any) -> Any:
    """Return a config with GPT-J-6B's sizes, transformers' default for a GPT-J, but for these."""
    from transformers import GPTJConfig

    return GPTJConfig(architectures=["GPTJForCausalLM"], dtype="bfloat16", **sizes)


def write(folder: Path, config: Any, seed: int = SEED) -> bool:
    """Write the checkpoint into `folder`; return False if a complete one is there already.

    Raises:
        GuideError: the folder holds something else, or there is too little space or memory.

    """
    shapes = shapes_of(config)
    n_parameters = sum(shape.numel() for shape in shapes.values())
    if is_complete(folder, n_parameters, seed):
        return False
    if folder.exists() and any(folder.iterdir()):
        raise GuideError(f"{folder} holds something else: name a folder that is new or empty")
    check_room(folder, n_parameters * BYTES)
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER:
        shutil.copyfile(checkpoint() / name, folder / name)
    config.save_pretrained(folder)
    _write_shards(folder, config, shapes, seed)
    # Last: without this file the checkpoint is not complete.
    random_weights.write_note(folder, profiles.fingerprint(folder), n_parameters, seed)
    return True


def is_complete(folder: Path, n_parameters: int, seed: int) -> bool:
    """Say whether the folder holds what `write` would write."""
    try:
        note = json.loads((folder / random_weights.NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    found = profiles.fingerprint(folder)
    return bool(note == {"fingerprint": found, "parameters": n_parameters, "seed": seed})


def shapes_of(config: Any) -> dict[str, Any]:
    """Return the shape of every weight, from a model that has no numbers."""
    import torch
    from transformers import GPTJForCausalLM

    with torch.device("meta"):
        return {name: weight.shape for name, weight in GPTJForCausalLM(config).named_parameters()}


def check_room(folder: Path, needed: int) -> None:
    """Check that the weights fit on the disk, and later into memory.

    Raises:
        GuideError: they do not.

    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if free < needed * 1.05:
        raise GuideError(
            f"the weights take {needed / GB:.1f} GB, and {free / GB:.1f} GB are free in {there}: "
            "name a folder on another disk"
        )
    in_memory = max(free_bytes(), free_bytes_of_gpus())
    if in_memory < needed + RESERVE_BYTES:
        raise GuideError(
            f"a build on these weights needs {(needed + RESERVE_BYTES) / GB:.1f} GB of free "
            f"memory, and {in_memory / GB:.1f} GB are free: close other programs"
        )


def _write_shards(folder: Path, config: Any, shapes: dict[str, Any], seed: int) -> None:
    """Write one shard for each layer and one for the rest, and the index of them."""
    import torch
    from safetensors.torch import save_file

    shards: dict[str, list[str]] = defaultdict(list)
    for name in shapes:
        layer = name.removeprefix(LAYERS).partition(".")[0] if name.startswith(LAYERS) else ""
        shards[layer].append(name)
    numbers = torch.Generator().manual_seed(seed)
    weight_map = {}
    for number, names in enumerate(shards.values(), start=1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {name: _numbers(name, shapes[name], config, numbers) for name in names}
        save_file(tensors, folder / file, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(names, file))
    total = sum(shape.numel() for shape in shapes.values()) * BYTES
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _numbers(name: str, shape: Any, config: Any, numbers: Any) -> Any:
    """Return a weight as a GPT-J has it before its training: so activations stay finite."""
    import torch

    if name.endswith(".bias"):
        return torch.zeros(shape, dtype=torch.bfloat16)
    if len(shape) == 1:  # the scale of a layer norm
        return torch.ones(shape, dtype=torch.bfloat16)
    weight = torch.empty(shape).normal_(0, config.initializer_range, generator=numbers)
    return weight.bfloat16()
