"""Files of weights in bfloat16, written without torch, and one tensor at a time."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

AT_ONCE = 1 << 20  # numbers that are rounded together, which bounds the memory that it takes


def write_bfloat16(
    file: Path, shapes: Mapping[str, tuple[int, ...]], tensor: Callable[[str], FloatArray]
) -> None:
    """Write tensors, rounded to bfloat16, in the safetensors format.

    `shapes` names them in the order of the file, and `tensor` returns each when its turn comes.
    Raises `OSError` if the file cannot be written.

    NumPy has no bfloat16, so `safetensors.numpy` cannot write it. The format is a header in
    JSON, preceded by its length in 8 bytes, and then the tensors one after another.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors start at a multiple of 8 bytes
    with file.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little"))
        stream.write(text)
        for name in shapes:
            numbers = tensor(name).reshape(-1)
            for start in range(0, numbers.size, AT_ONCE):
                stream.write(_bits(numbers[start : start + AT_ONCE]).tobytes())


def _bits(numbers: FloatArray) -> npt.NDArray[np.uint16]:
    """Return the upper halves of the numbers' bits, rounded to nearest, ties to even."""
    bits: npt.NDArray[np.uint32] = numbers.astype("<f4").view("<u4")
    odd = (bits >> 16) & 1
    rounded: npt.NDArray[np.uint16] = ((bits + (0x7FFF + odd)) >> 16).astype("<u2")
    return rounded
