"""Attention patterns → one PNG picture, for notebooks. Pure, and nothing but the standard library.

Of all pictures that a notebook can hold, this is the one that every viewer shows: JupyterLab
leaves out SVG and HTML until the reader trusts the notebook.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from nnsight_guide.heat_maps import COLUMNS, Pattern, rows

SIDE = 144  # of one heat map, in pixels
GAP = 16
DOT = 3  # the side of each dot of a digit
TOP = 5 * DOT + 8  # above each heat map, for the head's number

# The palette: the shades from white to ink, and behind them the colours of edges and numbers.
SHADES = 200
EDGE, TEXT = SHADES + 1, SHADES + 2
INK = (20, 80, 107)
OTHERS = ((154, 163, 168), (29, 35, 39))
PALETTE = b"".join(
    bytes(round(255 - (255 - part) * shade / SHADES) for part in INK) for shade in range(SHADES + 1)
) + b"".join(map(bytes, OTHERS))

# Each digit is five rows of three dots; a row is a number in binary.
DIGITS = (
    *("75557", "26227", "71747", "71717", "55711"),
    *("74717", "74757", "71122", "75757", "75717"),
)


def heat_maps_png(heads: Sequence[Pattern]) -> bytes:
    """Return the heat maps of all heads, numbered, on white; darker is more."""
    columns = min(COLUMNS, len(heads))
    width = columns * (SIDE + GAP) + GAP
    height = rows(len(heads)) * (TOP + SIDE + GAP) + GAP
    picture = [bytearray(width) for _ in range(height)]
    for number, pattern in enumerate(heads):
        row, column = divmod(number, columns)
        x, y = GAP + column * (SIDE + GAP), GAP + row * (TOP + SIDE + GAP)
        _write(picture, x, y, str(number))
        _draw(picture, x, y + TOP, pattern)
    return _png(picture, width, height)


def _draw(picture: list[bytearray], x: int, y: int, pattern: Pattern) -> None:
    n_tokens = len(pattern)
    across = [dot * n_tokens // SIDE for dot in range(SIDE)]
    lines = []
    for values in pattern:
        shades = [round(min(value, 1) * SHADES) for value in values]
        line = bytearray(shades[column] for column in across)
        line[0] = line[-1] = EDGE
        lines.append(line)
    for below in range(SIDE):
        picture[y + below][x : x + SIDE] = lines[across[below]]
    for below in (0, SIDE - 1):
        picture[y + below][x : x + SIDE] = bytes([EDGE]) * SIDE


def _write(picture: list[bytearray], x: int, y: int, number: str) -> None:
    for place, digit in enumerate(number):
        for line, dots in enumerate(DIGITS[int(digit)]):
            for dot in range(3):
                if int(dots) & (4 >> dot):
                    left, top = x + (4 * place + dot) * DOT, y + line * DOT
                    for below in range(DOT):
                        picture[top + below][left : left + DOT] = bytes([TEXT]) * DOT


def _png(picture: list[bytearray], width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, into the palette
    lines = b"".join(b"\0" + line for line in picture)
    chunks = [
        (b"IHDR", header),
        (b"PLTE", PALETTE),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
