"""What a page shows, and what a run gives, in one form in which they can be compared."""

import html
import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from nnsight_guide.run.outputs import without_colours
from tests.attacks.truth.oracle import Figure, map_as_text
from tests.support.processes import PROGRESS

Shown = dict[tuple[str, str], tuple[str, list[str]]]  # snippet and cell → code and output

# How a job is getting on depends on when one asks; it is called, and packed, otherwise each time.
STATUS = re.compile(r"^\S \[[\w-]+\] (?!LOG )[A-Z]+ ")
PRINTED_THERE = re.compile(r"^ℹ \[[\w-]+\] LOG +")
PAYLOAD = re.compile(r"payload: [\d,]+ bytes")


def on_page(path: Path) -> Shown:
    """Return what the blocks of a page show."""
    blocks = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select("[data-snippet]")
    return {(block["data-snippet"], block["data-cell"]): _in_block(block) for block in blocks}


def _in_block(block: Tag) -> tuple[str, list[str]]:
    code = block.select_one(".highlight code").text.rstrip("\n")
    output = block.select(".guide-output pre, .guide-output [data-props], .guide-map")
    return code, lines("\n".join(map(_as_text, output)))


def _as_text(shown: Tag) -> str:
    if shown.name == "figure":
        return _map(shown)
    if "data-props" not in shown.attrs:
        return shown.text
    props = json.loads(shown["data-props"])
    return repr(Figure([html.unescape(token) for token in props["tokens"]], props["attention"]))


def _map(figure: Tag) -> str:
    """Return what a map says, as a reader reads it."""
    parts = ("caption", "thead [colspan]", "thead tr + tr > :first-child", ".guide-map-are")
    words = [figure.select_one(part).text for part in parts]
    found = ("thead tr + tr > th:not(:first-child)", "tbody th", "tbody td")
    columns, rows, cells = ([each.text for each in figure.select(part)] for part in found)
    return map_as_text(words, columns, rows, cells)


def lines(output: str) -> list[str]:
    """Return the lines of an output, without those that say how a job is getting on."""
    found = [line.rstrip() for line in re.split(r"[\r\n]+", without_colours(output))]
    kept = [line for line in found if line and not STATUS.match(line) and not PROGRESS.search(line)]
    return [PAYLOAD.sub("payload: … bytes", PRINTED_THERE.sub("", line)) for line in kept]
