"""The reader of GGUF: each type of number that the second model's file has, by hand."""

import struct

import numpy as np
import pytest

from nnsight_guide.model.gguf import Gguf
from tests.support.small_llama import as_float32, write_gguf


def halves(*numbers):
    return struct.pack(f"<{len(numbers)}e", *numbers)


def read(path, kind, shape, content):
    write_gguf(path, {}, {"other": as_float32(np.ones(3)), "weights": (kind, shape, content)})
    return Gguf(path).tensor("weights")


def test_numbers_of_32_bits_are_read_as_they_are_row_by_row(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3) / 3
    found = read(tmp_path / "file", *as_float32(array))
    assert found.dtype == np.float32
    assert np.array_equal(found, array)


def test_of_q8_0_each_32_numbers_share_a_scale(tmp_path):
    quants = np.arange(-128, 128, 4, dtype=np.int8)
    content = halves(0.5) + quants[:32].tobytes() + halves(-2) + quants[32:].tobytes()
    found = read(tmp_path / "file", 8, (2, 32), content)
    assert found.dtype == np.float32
    assert found[0].tolist() == [0.5 * number for number in range(-128, 0, 4)]
    assert found[1].tolist() == [-2.0 * number for number in range(0, 128, 4)]


def test_of_q4_1_each_32_numbers_share_a_scale_and_a_minimum_and_two_share_a_byte(tmp_path):
    # The lower halves of the 16 bytes hold 0 to 15, and the upper ones 15 to 0.
    quants = bytes(low | (15 - low) << 4 for low in range(16))
    content = halves(0.25, -1) + quants + halves(2, 100) + quants
    found = read(tmp_path / "file", 3, (1, 64), content)
    numbers = [*range(16), *range(15, -1, -1)]
    assert found.dtype == np.float32
    assert found[0, :32].tolist() == [0.25 * number - 1 for number in numbers]
    assert found[0, 32:].tolist() == [2.0 * number + 100 for number in numbers]


def test_a_scale_of_16_bits_is_multiplied_in_32(tmp_path):
    scale, minimum = np.float16(0.1), np.float16(0.7)
    found = read(tmp_path / "file", 3, (32,), halves(scale, minimum) + b"\x33" * 16)
    assert found[0] == np.float32(scale) * np.float32(3) + np.float32(minimum)
    assert found[0] != np.float32(scale * np.float16(3) + minimum)


def test_metadata_come_back_with_their_types_and_tensors_in_the_order_of_the_file(tmp_path):
    metadata = {"a": "ü", "b": 7, "c": -7, "d": True, "e": 0.5, "f": ["x", ""], "g": [[1, 2], [3]]}
    tensors = {name: as_float32(np.zeros((2, 5))) for name in ("second", "first")}
    write_gguf(tmp_path / "file", metadata, tensors)
    gguf = Gguf(tmp_path / "file")
    assert gguf.metadata == metadata
    assert list(gguf.shapes.items()) == [("second", (2, 5)), ("first", (2, 5))]


def test_another_alignment_is_kept_to(tmp_path):
    tensors = {name: as_float32(np.full(3, number)) for number, name in enumerate("ab")}
    write_gguf(tmp_path / "file", {"general.alignment": 256}, tensors, alignment=256)
    assert Gguf(tmp_path / "file").tensor("b").tolist() == [1, 1, 1]


def test_what_is_not_read_is_refused(tmp_path):
    file = tmp_path / "file"
    write_gguf(file, {}, {}, version=2)
    with pytest.raises(ValueError, match="file is no GGUF file of version 3"):
        Gguf(file)
    file.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ValueError, match="no GGUF"):
        Gguf(file)
    write_gguf(file, {}, {"weights": (2, (32,), bytes(18))})
    with pytest.raises(ValueError, match="tensors of type 2, as weights"):
        Gguf(file)
