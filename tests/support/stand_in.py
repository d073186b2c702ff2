"""A checkpoint that stands in for the real GPT-J: the demo model's, with other answers."""

import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.model.profiles import GPT_J


def stand_in(folder: Path) -> Path:
    """Write the checkpoint into `folder`: what the demo model finds likely, it finds unlikely."""
    shutil.copytree(checkpoint(), folder)
    weights = load_file(folder / "model.safetensors")
    head = {name: -tensor for name, tensor in weights.items() if name.startswith("lm_head.")}
    assert head
    (folder / "model.safetensors").unlink()  # the copy may share the demo's file
    save_file({**weights, **head}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def hub_with_stand_in(hub: Path) -> Path:
    """Write a cache of the hub in which the stand-in has the real model's name."""
    repo = hub / f"models--{GPT_J.replace('/', '--')}"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text("0" * 40)
    (repo / "snapshots").mkdir()
    stand_in(repo / "snapshots" / ("0" * 40))
    return hub
