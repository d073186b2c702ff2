"""A figure in a notebook: in a file, a picture for every viewer; on the site, the site's own. Pure.

What a cell recorded holds a figure as data for the site's script (`display`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from nnsight_guide import figure
from nnsight_guide.heat_map_png import heat_maps_png
from nnsight_guide.outputs import IMAGES

ATTACHMENT = "figure.png"
PNG = "image/png"


def shown_output(output: Mapping[str, Any], *, for_page: bool) -> dict[str, Any]:
    """Return one of Jupyter's outputs with its figure, if it has one, as what is to be seen.

    For a page, the HTML of anything else is left out: what stands there would be inserted.
    """
    if "data" not in output:
        return dict(output)
    data = dict(output["data"])
    drawing = data.pop(figure.MIME, None)
    if for_page:
        data = {kind: data[kind] for kind in ("text/plain", *IMAGES) if kind in data}
    if drawing is not None and for_page:
        data["text/html"] = figure.figure_html(drawing)
    elif drawing is not None:
        data[PNG] = _png(drawing)
    return {**output, "data": data}


def markdown_cell(drawing: Mapping[str, Any], *, for_page: bool) -> tuple[str, dict[str, Any]]:
    """Return the source and the attachments of a Markdown cell that shows a figure."""
    if for_page:
        return figure.figure_html(drawing), {}
    heads = drawing["props"]["attention"]
    words = figure.text_alternative(drawing["props"]["tokens"], heads)
    words = words.replace("[", "(").replace("]", ")").replace("\n", " ")  # it stands in brackets
    return f"![{words}](attachment:{ATTACHMENT})", {ATTACHMENT: {PNG: _png(drawing)}}


def _png(drawing: Mapping[str, Any]) -> str:
    return base64.b64encode(heat_maps_png(drawing["props"]["attention"])).decode()
