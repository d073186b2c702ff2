"""How long a cell may run, and how much it may show: what goes beyond fails in one line."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from nnsight_guide.base.errors import GuideError

SECONDS = 600  # a cell that runs longer is taken to hang
CHARACTERS = 1_000_000  # a thousand screens: nobody reads more, and the page has to load it
TOO_MUCH = (
    f"more than the {CHARACTERS:,} characters that a cell may show: print less, or draw a smaller "
    "picture"
)


def seconds(environ: Mapping[str, str] = os.environ) -> int:
    """Return how many seconds a cell may run: `SECONDS`, or what GUIDE_CELL_SECONDS says.

    Raises:
        GuideError: it says no number of seconds.

    """
    said = environ.get("GUIDE_CELL_SECONDS") or str(SECONDS)
    if not said.isdecimal() or int(said) == 0:
        raise GuideError(
            f"GUIDE_CELL_SECONDS is '{said}': set it to the seconds that a cell may run, such as "
            f"{SECONDS}"
        )
    return int(said)


def characters(outputs: Iterable[Mapping[str, Any]]) -> int:
    """Return how much the outputs of a cell are: text by its length, all else as JSON."""
    return sum(
        len(output["text"]) if output["output_type"] == "stream" else len(json.dumps(output))
        for output in outputs
    )


class OutputLimit(BaseException):
    """The cell that runs has printed too much; no `except Exception` lets it go on."""


class Printed:
    """Counts, inside the kernel, what a cell prints, and stops it when that is too much."""

    def __init__(self, *streams: Any) -> None:
        self._streams = streams
        self._left = 0

    def begin(self, *_: Any) -> None:
        """Begin another cell."""
        self._left = CHARACTERS
        for stream in self._streams:
            # For each cell anew, since IPython does the same, and takes it back at the cell's end.
            stream.write = partial(self._write, partial(type(stream).write, stream))

    def _write(self, write: Callable[[str], Any], text: str) -> int:
        # One character too many gets through, and so the build knows, whatever the cell catches.
        shown = text[: self._left + 1]
        self._left -= len(shown)
        write(shown.encode("utf-8", "replace").decode())  # half a character would stop the kernel
        # Another thread hands on what programs print, and would wait for itself if it failed here.
        if self._left < 0 and threading.current_thread() is threading.main_thread():
            raise OutputLimit(TOO_MUCH)
        return len(text)
