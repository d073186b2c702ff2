"""What a run printed, as a page shows it: as it was, less what a terminal obeys and paths.

Nothing is rewritten because it looks like something. A path is replaced only where this very run
knows it: the checkout, the home folder and the like, which differ from machine to machine.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.machine_paths import called
from nnsight_guide.html import figures, maps
from nnsight_guide.html.render import IMAGES
from nnsight_guide.run import plotly_maps

# What a terminal obeys: colours and moves, titles and links (which end with a bell), the rest.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
# What no page may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
ERASE = {"\x1b[K": "the rest", "\x1b[0K": "the rest", "\x1b[2K": "all"}
STEP = re.compile(f"{ANSI.pattern}|.", re.DOTALL)
# What an object is called that has nothing else to say of itself as text.
OBJECT_NAME = re.compile(r"<[\w.<>]+(?: object| at 0x[0-9a-fA-F]+| object at 0x[0-9a-fA-F]+)>")


def without_colours(text: str) -> str:
    """Remove the terminal's colour codes, and whatever else it would obey."""
    return ANSI.sub("", text)


def as_text(value: str) -> str:
    """Return what a terminal shows of a text in the end."""
    lines = value.replace("\r\n", "\n").split("\n")
    return "\n".join(_in_the_end(line) if CONTROL.search(line) else line for line in lines)


def _in_the_end(line: str) -> str:
    """Return a line when all in it is obeyed: back to its start, a step back, erasing."""
    shown: list[str] = []
    at = 0
    for step in STEP.findall(line):
        if step == "\r":
            at = 0
        elif step == "\b":
            at = max(at - 1, 0)
        elif step in ERASE:
            shown[at:] = []
            if ERASE[step] == "all":
                shown[:] = " " * at
        elif not CONTROL.match(step):
            shown[at : at + 1] = [step]
            at += 1
    return "".join(shown)


def normalise(notebook: Any, names: Mapping[str, str]) -> None:
    """Make equal runs equal files, in place: ids, counts, and the paths that texts tell of.

    `names` says what each path of this machine is called instead (`machine_paths`).
    """
    from ipykernel.compiler import get_file_name

    files = [
        Path(get_file_name(cell.source)).name  # type: ignore[no-untyped-call]
        for cell in notebook.cells
    ]
    # With its folder or, as a service tells of it, without.
    cell_file = re.compile(rf"(?:[^\s\"']*[/\\])?\b(?:{'|'.join(map(re.escape, files))})(?!\w)")

    def replaced(text: str) -> str:
        return called(cell_file.sub("<cell>", as_text(text)), names)

    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = cell.metadata.get("title") or f"cell-{number}"
        cell.execution_count = number
        cell.outputs = _joined(cell.outputs)
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
            if output.output_type == "stream":
                output.text = replaced(output.text)
            elif output.output_type == "error":
                output.evalue = replaced(output.evalue)
                output.traceback = [f"{output.ename}: {output.evalue}"]  # the rest is IPython's
            else:
                output.data = _shown(output.data, replaced)
        # Of what only told a terminal to do something, nothing is left.
        cell.outputs = [output for output in cell.outputs if output.get("text") != ""]


def _shown(data: Any, replaced: Callable[[str], str]) -> Any:
    """Return of what is shown in several forms those that a page has a place for."""
    kept = {kind: data[kind] for kind in (figures.MIME,) if kind in data}
    kept |= {kind: image for kind in IMAGES if (image := _image(data, kind))}
    if plotly_maps.MIME in data:
        shown = plotly_maps.map_of(data[plotly_maps.MIME])
        return {**kept, maps.MIME: asdict(shown), "text/plain": maps.map_text(shown)}
    if "text/plain" in data:
        kept["text/plain"] = replaced(data["text/plain"])
    return kept


def _image(data: Mapping[str, Any], kind: str) -> str:
    """Return an image in base64; of what is none, nothing."""
    with suppress(KeyError, ValueError):
        return b64encode(b64decode("".join(data[kind].split()), validate=True)).decode()
    return ""


def check_shown(outputs: Iterable[Mapping[str, Any]]) -> None:
    """See that a page has a place for all that a cell shows.

    Raises:
        GuideError: it has none for something.

    """
    outputs = list(outputs)
    figures.check_figures(outputs)
    plotly_maps.check_maps(outputs)
    for output in outputs:
        if kinds := kinds_without_a_place(output):
            raise GuideError(
                f"shows {' and '.join(kinds)}, for which a page has no place: print it as text, or "
                "show a picture (PNG or JPEG)"
            )


def kinds_without_a_place(output: Mapping[str, Any]) -> list[str]:
    """Return the MIME types of what an output shows, if a page can show none of them.

    Text that only names an object ("<IPython.core.display.Markdown object>") is not taken for it.
    """
    data = output.get("data", {})
    if {figures.MIME, plotly_maps.MIME} & {*data} or any(_image(data, kind) for kind in IMAGES):
        return []
    others = sorted(data.keys() - {"text/plain"})
    text = data.get("text/plain")
    return [] if text is not None and not OBJECT_NAME.fullmatch(text) else others


def _joined(outputs: list[Any]) -> list[Any]:
    """Make one of the pieces in which a stream arrives, as long as nothing came between them."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and last.output_type == "stream" and last.name == output.get("name"):
            last.text += output.text
        else:
            joined.append(output)
    return joined
