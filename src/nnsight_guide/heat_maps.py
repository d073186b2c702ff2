"""Attention patterns → a still picture: one small heat map for each head, as SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

Pattern = list[list[float]]  # from each position (row) to each position (column)

COLUMNS = 4

# In units of the picture's own.
SIDE = 114  # of one heat map
GAP = 12
NAME = 26  # above each heat map, for the head's name
LETTER = 7  # a letter of a label takes about this much
LABEL_CELL = 8  # cells narrower than this have no room for the name of their token
UNITS_PER_REM = 20  # Material's rem on a screen of usual width

LABEL_LETTERS = 11
SHADES = 20  # steps of 0.05: finer ones cannot be told apart
INK, EDGE, TEXT = "#14506b", "#9aa3a8", "#1d2327"


def rows(n_heads: int) -> int:
    """Return in how many rows that many heat maps stand."""
    return math.ceil(n_heads / COLUMNS)


def heat_maps_svg(tokens: Sequence[str], heads: Sequence[Pattern], words: str) -> str:
    """Return the picture, with `words` as its text alternative.

    Tokens are named at the left and below, where their cells leave room for it. Colours stand in
    the picture itself, so that it is whole where no style sheet is.
    """
    columns = min(COLUMNS, len(heads))
    cell = SIDE / len(tokens)
    labels = [_short(token) for token in tokens] if cell >= LABEL_CELL else []
    margin = LETTER * max(map(len, labels), default=0)
    width = margin + columns * (SIDE + GAP)
    height = rows(len(heads)) * (SIDE + NAME) + margin
    maps = []
    for number, pattern in enumerate(heads):
        row, column = divmod(number, columns)
        x, y = margin + column * (SIDE + GAP), row * (SIDE + NAME) + NAME - 6
        maps.append(
            f'<g transform="translate({x} {y})">'
            f'<text y="-5" font-weight="600">Head {number}</text>'
            f'<g fill="{INK}" transform="scale({cell:.4g})">{_cells(pattern)}</g>'
            f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="{EDGE}"/>'
            + (_labels(labels, cell) if column == 0 else "")
            + (_labels(labels, cell, below=True) if number + columns >= len(heads) else "")
            + "</g>"
        )
    return (
        f'<svg class="guide-figure-still" viewBox="0 0 {width} {height}" '
        f'style="width:{width / UNITS_PER_REM:g}rem" role="img" aria-label="{escape(words)}" '
        f'font-family="system-ui,sans-serif" font-size="11" fill="{TEXT}">{"".join(maps)}</svg>'
    )


def _cells(pattern: Pattern) -> str:
    """Draw a heat map in units of one cell: a path for each shade, as short as can be."""
    shades: dict[int, list[str]] = {}
    for i, row in enumerate(pattern):
        for j, value in enumerate(row):
            shade = round(min(value, 1) * SHADES)
            if shade > 0:
                shades.setdefault(shade, []).append(f"M{j} {i}h1v1h-1z")
    return "".join(
        f'<path fill-opacity="{shade / SHADES:g}" d="{"".join(cells)}"/>'
        for shade, cells in sorted(shades.items())
    )


def _labels(labels: Sequence[str], cell: float, *, below: bool = False) -> str:
    turned = f' transform="translate(0 {SIDE}) rotate(-90)"' if below else ""
    texts = (
        f'<text x="-4" y="{(i + 0.5) * cell:.4g}">{escape(label)}</text>'
        for i, label in enumerate(labels)
    )
    return f'<g text-anchor="end" dominant-baseline="central"{turned}>{"".join(texts)}</g>'


def _short(token: str) -> str:
    token = token.strip() or "␣"
    return token if len(token) <= LABEL_LETTERS else token[: LABEL_LETTERS - 1] + "…"
