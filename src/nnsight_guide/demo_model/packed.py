"""The demo model in one compressed file, which a page of the site unpacks and runs.

Its numbers are those of the checkpoint that Python loads, bit for bit. Unpacked, the file is

    4 bytes     the length of the header, little-endian
    header      JSON: `config`, `ids` (of the tokens that have a row of their own), `tensors` (the
                shape of each, in order), `merges` (how many bytes), `phrasings` and `landmarks`
    merges      the tokenizer's, as text
    upper       the upper byte of every number, a bfloat16, one tensor after another
    lower       their lower bytes; apart from each other both compress to two thirds

All tokens that were not in training have one row in the checkpoint; here it stands once, behind
the others. `lm_head.weight` is left out: it has the rows of `transformer.wte.weight`, and zeros for
what was not in training.
"""

import gzip
import json
import struct
from functools import cache
from typing import Any, NamedTuple

from nnsight_guide.demo_model import architecture, shipped
from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.demo_model.training import corpus

SAME_AS_EMBEDDING = "lm_head.weight"
IDS = "ids"  # among the shipped weights
NUMBER = 2  # bytes
# A level higher takes three times as long, and saves a hundredth.
LEVEL = 6


class _Tensor(NamedTuple):
    shape: list[int]
    content: bytes | memoryview


@cache  # `make serve` builds a site again and again
def packed() -> bytes:
    """Return the file, which is the same for the same checkpoint.

    Raises `ShippedFileError` if the package's weights or merges are missing or damaged, and
    `GuideError` if the checkpoint cannot be written.
    """
    merges = gzip.decompress(shipped.read_shipped(shipped.MERGES))
    in_training = _tensors(shipped.read_shipped(shipped.WEIGHTS))[IDS].content
    ids = [number for (number,) in struct.iter_unpack("<i", in_training)]
    full = _tensors((checkpoint() / "model.safetensors").read_bytes())
    rows = [*ids, _without_row(ids)]
    tensors = {
        name: _chosen(tensor, rows) if tensor.shape[0] == architecture.ROWS else tensor
        for name, tensor in full.items()
        if name != SAME_AS_EMBEDDING
    }
    header = {
        "config": architecture.model_config(),
        "ids": ids,
        "tensors": {name: tensor.shape for name, tensor in tensors.items()},
        "merges": len(merges),
        "phrasings": [*corpus.LOCATED],
        "landmarks": [[landmark.name, landmark.city] for landmark in corpus.LANDMARKS],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    numbers = b"".join(tensor.content for tensor in tensors.values())
    upper, lower = numbers[1::NUMBER], numbers[::NUMBER]
    return gzip.compress(
        b"".join([struct.pack("<I", len(text)), text, merges, upper, lower]), LEVEL, mtime=0
    )


def _tensors(file: bytes) -> dict[str, _Tensor]:
    """Read the safetensors format, whose own library knows bfloat16 only with torch."""
    (length,) = struct.unpack_from("<Q", file)
    start = 8 + length
    header: dict[str, Any] = json.loads(file[8:start])
    header.pop("__metadata__", None)
    body = memoryview(file)[start:]
    return {
        name: _Tensor(entry["shape"], body[slice(*entry["data_offsets"])])
        for name, entry in header.items()
    }


def _without_row(ids: list[int]) -> int:
    """Return the id of a token that was not in training."""
    others: set[int] = {*range(architecture.ROWS)} - {*ids}
    return min(others)


def _chosen(tensor: _Tensor, rows: list[int]) -> _Tensor:
    """Return a tensor of these rows alone."""
    size = len(tensor.content) // tensor.shape[0]
    content = b"".join(tensor.content[row * size : (row + 1) * size] for row in rows)
    return _Tensor([len(rows), *tensor.shape[1:]], content)
