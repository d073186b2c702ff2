"""The demo model in one file: what a page unpacks is what Python loads, bit for bit."""

import gzip
import json
import math

import pytest
import safetensors.torch
import torch

from nnsight_guide.demo_model import architecture, packed, shipped
from nnsight_guide.demo_model.training import corpus


@pytest.fixture(scope="module")
def content():
    return gzip.decompress(packed.packed())


@pytest.fixture(scope="module")
def header(content):
    length = int.from_bytes(content[:4], "little")
    return json.loads(content[4 : 4 + length])


@pytest.fixture(scope="module")
def tensors(content, header):
    """The tensors, read by a way of their own: each number from its two bytes."""
    sizes = [math.prod(shape) for shape in header["tensors"].values()]
    numbers = content[-2 * sum(sizes) :]
    upper, lower = numbers[: sum(sizes)], numbers[sum(sizes) :]
    pairs = bytes(byte for pair in zip(lower, upper, strict=True) for byte in pair)
    whole = torch.frombuffer(bytearray(pairs), dtype=torch.bfloat16)
    parts = whole.split(sizes)
    return {
        name: part.view(shape)
        for (name, shape), part in zip(header["tensors"].items(), parts, strict=True)
    }


@pytest.fixture(scope="module")
def checkpoint(folder):
    return safetensors.torch.load_file(folder / "model.safetensors")


def test_every_row_of_the_checkpoint_is_in_the_file_and_those_without_training_once(
    header, tensors, checkpoint
):
    ids = header["ids"]
    others = sorted({*range(architecture.ROWS)} - {*ids})
    unembedding = checkpoint.pop("lm_head.weight")
    assert tensors.keys() == checkpoint.keys()
    for name, full in checkpoint.items():
        if len(full) == architecture.ROWS:
            assert torch.equal(tensors[name][:-1], full[ids])
            assert torch.equal(tensors[name][-1:].expand_as(full[others]), full[others])
        else:
            assert torch.equal(tensors[name], full)
    # What is left out is what the page puts in its place.
    assert torch.equal(unembedding[ids], tensors["transformer.wte.weight"][:-1])
    assert unembedding[others].count_nonzero() == 0


def test_the_merges_and_what_the_model_has_read_of_come_with_it(content, header):
    merges = gzip.decompress(shipped.read_shipped(shipped.MERGES))
    assert header["merges"] == len(merges)
    assert merges in content
    assert header["config"] == architecture.model_config()
    assert ["The Eiffel Tower", "Paris"] in header["landmarks"]
    assert len(header["landmarks"]) == len(corpus.LANDMARKS)
    assert header["phrasings"][0] == "{Landmark} is in the city of {city}"


def test_the_same_checkpoint_gives_the_same_bytes():
    one = packed.packed()
    packed.packed.cache_clear()
    assert packed.packed() == one
    assert one[4:8] == bytes(4)  # gzip's time of writing


def test_damaged_weights_are_told_of(tmp_path, monkeypatch, damage):
    for name in (*shipped.NAMES, "SHA256SUMS"):
        (tmp_path / name).write_bytes((shipped.FOLDER / name).read_bytes())
    damage(tmp_path / shipped.WEIGHTS)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    packed.packed.cache_clear()
    with pytest.raises(shipped.ShippedFileError, match=shipped.WEIGHTS):
        packed.packed()
