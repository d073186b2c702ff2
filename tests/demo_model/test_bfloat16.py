"""Weights that NumPy writes in bfloat16 are those that PyTorch would."""

import numpy as np
import safetensors.torch
import torch

from nnsight_guide.demo_model import bfloat16


def test_numbers_are_rounded_as_pytorch_does_however_many_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(bfloat16, "AT_ONCE", 7)
    bits = np.random.default_rng(0).integers(0, 2**16, 40, dtype=np.uint32) << 15  # some are ties
    numbers = bits.view(np.float32)
    numbers[~np.isfinite(numbers)] = 1
    tensors = {"b": numbers.reshape(8, 5), "a": numbers[:3]}
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    bfloat16.write_bfloat16(tmp_path / "file", shapes, tensors.__getitem__)

    found = safetensors.torch.load_file(tmp_path / "file")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(found[name], torch.from_numpy(tensor.copy()).bfloat16())
