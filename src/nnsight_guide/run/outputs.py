"""What a run printed, less what differs from machine to machine and from run to run."""

import json
import re
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnsight_guide.html.render import IMAGES

# What a terminal obeys: colours and moves, titles and links (which end with a bell), the rest.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
# What no page may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
# With its folder or, as a service tells of it, without.
CELL_FILE = re.compile(r"[^\s\"']*ipykernel_\d+[/\\]\d+\.py|\b\d{6,}\.py\b")
JOB = re.compile(r"\[[0-9a-f]{32}\]")
ELAPSED = re.compile(r"\(\d+\.\d+s\)")
SPINNER = re.compile(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]")
BAR = re.compile(r"\d+%\|")
PACKAGES = re.compile(r"[^\s\"']*[/\\](?:site|dist)-packages[/\\]")


def without_colours(text: str) -> str:
    """Remove the terminal's colour codes, and whatever else it would obey."""
    return ANSI.sub("", text)


def as_text(value: str) -> str:
    """Return what a terminal would show of a text, without what only a terminal understands."""
    # It shows of a line what was written over it last.
    text = without_colours(value).replace("\r\n", "\n")
    text = "\n".join(line.rsplit("\r", 1)[-1] for line in text.split("\n"))
    if "\b" in text:
        text = _struck(text)
    return CONTROL.sub("", text)


def _struck(text: str) -> str:
    """Return a text in which each step back has taken what stood before it in its line."""
    kept: list[str] = []
    for letter in text:
        if letter != "\b":
            kept.append(letter)
        elif kept and kept[-1] != "\n":
            kept.pop()
    return "".join(kept)


def normalise(notebook: Any, root: Path) -> None:
    """Make equal runs equal files, in place: ids, counts, and what texts tell of the machine."""
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = cell.metadata.get("title") or f"cell-{number}"
        cell.execution_count = number
        cell.outputs = _joined(cell.outputs)
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
            if output.output_type == "stream":
                output.text = _clean(output.text, root)
            elif output.output_type == "error":
                output.evalue = _clean(output.evalue, root)
                output.traceback = [f"{output.ename}: {output.evalue}"]  # the rest is IPython's
            else:
                output.data = _clean_data(output.data, root)
        # Of what only told of progress, nothing is left.
        cell.outputs = [output for output in cell.outputs if output.get("text") != ""]


def rename(notebook: Any, path: str, name: str) -> None:
    """Call by `name`, in place, what the outputs call by a `path` of this machine."""
    from nbformat import from_dict

    in_json, name_in_json = (json.dumps(text, ensure_ascii=False)[1:-1] for text in (path, name))
    for cell in notebook.cells:
        text = json.dumps(cell.outputs, ensure_ascii=False)
        cell.outputs = from_dict(json.loads(text.replace(in_json, name_in_json)))


def _clean_data(data: Any, root: Path) -> Any:
    """Return what is shown in several forms, its text cleaned, without an image that is none."""
    kept = {kind: content for kind, content in data.items() if kind not in IMAGES}
    for kind in IMAGES:
        with suppress(KeyError, ValueError):
            kept[kind] = b64encode(b64decode("".join(data[kind].split()), validate=True)).decode()
    if "text/plain" in kept:
        kept["text/plain"] = _clean(kept["text/plain"], root)
    return kept


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


def _clean(text: str, root: Path) -> str:
    text = ADDRESS.sub("0x…", CELL_FILE.sub("<cell>", as_text(text)))
    text = SPINNER.sub("⠿", text)
    text = ELAPSED.sub("(… s)", JOB.sub("[job]", PACKAGES.sub("", text)))
    # Of a progress bar, nothing stays.
    text = "\n".join(line for line in text.split("\n") if not BAR.search(line))
    return text.replace(f"{root}/", "").replace(f"{Path.home()}/", "~/")
