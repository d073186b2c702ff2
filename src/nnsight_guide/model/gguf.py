"""A reader of GGUF, the file format of llama.cpp: metadata, and tensors as ordinary numbers.

A file is a header, the metadata, a list of the tensors, and then their numbers. What is read is
version 3, with tensors as they are or in blocks of 32 numbers, of 4 or 8 bits each. The format is
described at https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnsight_guide.demo_model.bfloat16 import FloatArray

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT = 32  # bytes, unless the metadata say otherwise

# The types of metadata, by their number: single values, and two that have a length.
_VALUES = {
    **{0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i"},
    **{6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"},
}
_STRING = 8
_ARRAY = 9

Blocks = npt.NDArray[Any]


@dataclass(frozen=True)
class _Kind:
    """How a tensor is stored: in blocks of so many numbers, each of which is decoded by itself."""

    numbers: int
    block: np.dtype[Any]
    decode: Callable[[Blocks], FloatArray]


def _as_it_is(blocks: Blocks) -> FloatArray:
    return blocks.astype(np.float32)


def _scaled_from_a_minimum(blocks: Blocks) -> FloatArray:
    """Return the numbers of 4 bits; each byte holds one of the first half and one of the second."""
    quants = np.concatenate([blocks["quants"] & 0x0F, blocks["quants"] >> 4], axis=1)
    scale, minimum = (blocks[name].astype(np.float32)[:, None] for name in ("scale", "minimum"))
    numbers: FloatArray = scale * quants + minimum
    return numbers


def _scaled(blocks: Blocks) -> FloatArray:
    numbers: FloatArray = blocks["scale"].astype(np.float32)[:, None] * blocks["quants"]
    return numbers


# By their numbers in the format: F32, Q4_1 and Q8_0.
_KINDS = {
    0: _Kind(1, np.dtype("<f4"), _as_it_is),
    3: _Kind(
        32,
        np.dtype([("scale", "<f2"), ("minimum", "<f2"), ("quants", "u1", 16)]),
        _scaled_from_a_minimum,
    ),
    8: _Kind(32, np.dtype([("scale", "<f2"), ("quants", "i1", 32)]), _scaled),
}


class Gguf:
    """An open file.

    Attributes:
        metadata: all keys with their values; arrays are lists.
        shapes: the shape of each tensor, as in PyTorch, in the order of the file.

    """

    def __init__(self, path: Path) -> None:
        """Read all but the tensors.

        Raises `OSError` if the file cannot be read, and `ValueError` if it is no GGUF of version 3,
        or holds a type of value or of tensor that is not read here.
        """
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._position = 0
        self.metadata: dict[str, Any] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._stored: dict[str, tuple[_Kind, int]] = {}
        if self._bytes[:4] != MAGIC or struct.unpack_from("<I", self._bytes, 4) != (VERSION,):
            raise ValueError(f"{path.name} is no GGUF file of version {VERSION}")
        self._position = 8
        n_tensors, n_keys = self._value("<Q"), self._value("<Q")
        for _ in range(n_keys):
            key = self._string()
            self.metadata[key] = self._of_type(self._value("<I"))
        for _ in range(n_tensors):
            self._describe_tensor()
        alignment = self.metadata.get("general.alignment", ALIGNMENT)
        self._start = -(-self._position // alignment) * alignment

    def tensor(self, name: str) -> FloatArray:
        """Return a tensor in float32, in the shape of `shapes`."""
        kind, offset = self._stored[name]
        shape = self.shapes[name]
        n_blocks = math.prod(shape) // kind.numbers
        blocks = np.frombuffer(self._bytes, kind.block, n_blocks, self._start + offset)
        return kind.decode(blocks).reshape(shape)

    def _describe_tensor(self) -> None:
        name = self._string()
        sizes = [self._value("<Q") for _ in range(self._value("<I"))]
        number, offset = self._value("<I"), self._value("<Q")
        if number not in _KINDS:
            raise ValueError(f"tensors of type {number}, as {name}, are not read here")
        self.shapes[name] = tuple(reversed(sizes))  # the format names the innermost first
        self._stored[name] = (_KINDS[number], offset)

    def _of_type(self, number: int) -> Any:
        if number == _STRING:
            return self._string()
        if number == _ARRAY:
            element, length = self._value("<I"), self._value("<Q")
            return [self._of_type(element) for _ in range(length)]
        if number not in _VALUES:
            raise ValueError(f"metadata of type {number} are not read here")
        return self._value(_VALUES[number])

    def _string(self) -> str:
        length = self._value("<Q")
        start, self._position = self._position, self._position + length
        return self._bytes[start : self._position].decode("utf-8")

    def _value(self, layout: str) -> Any:
        (value,) = struct.unpack_from(layout, self._bytes, self._position)
        self._position += struct.calcsize(layout)
        return value
