"""The files that a preview copies: one that is as it was is in the new site by a link to the old.

To copy a picture or a download takes fifty times as long as to link it, and there are more than a
hundred.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnsight_guide.demo_model.digests import COARSEST_CLOCK

if TYPE_CHECKING:  # it takes a second, and a port that is taken is told at once
    from mkdocs.structure.files import File, Files


class _Copy(NamedTuple):
    made_from: Any
    path: Path
    state: tuple[int, int]  # its size and time, as it was left


class Copies:
    """What the builds before have copied."""

    def __init__(self) -> None:
        self._known: dict[str, _Copy] = {}
        self._new: dict[str, _Copy] = {}

    def share(self, files: Files) -> None:
        """Let the build that goes on copy only what is new."""
        self._new = {}
        for file in files:
            if not file.is_documentation_page():
                file.copy_file = partial(self._copy, file, file.copy_file)  # type: ignore[method-assign]

    def keep(self) -> None:
        """Take what this build has copied as known; of one that broke, the folder is removed."""
        self._known = self._new

    def _copy(self, file: File, copy: Any, dirty: bool = False) -> None:
        place, known = Path(file.abs_dest_path), self._known.get(file.dest_uri)
        made_from = _made_from(file)
        if not (known and known.made_from == made_from is not None and _is_linked(known, place)):
            if place.is_file():  # not into one that another site has, too
                place.unlink()
            copy(dirty)
        self._new[file.dest_uri] = _Copy(made_from, place, _state(place))


def _is_linked(known: _Copy, place: Path) -> bool:
    """Link a copy there, and say whether that could be done: not if it is another now, or gone."""
    try:
        if _state(known.path) != known.state:
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(known.path)
    except OSError:  # nor where links cannot be made
        return False
    return True


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _made_from(file: File) -> Any:
    """Return what a copy is made from: the content, or the file as it is, unless that is new."""
    if file.abs_src_path is None:
        return file.content_bytes
    found = Path(file.abs_src_path).stat()
    times = found.st_mtime_ns, found.st_ctime_ns
    # What has just changed can change once more and keep its time.
    is_settled = max(times) < time.time_ns() - COARSEST_CLOCK
    return (file.abs_src_path, found.st_size, *times) if is_settled else None
