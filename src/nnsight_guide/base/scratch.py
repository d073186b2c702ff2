"""A folder for as long as a process needs it. What a killed process has left, the next removes.

A file is written in one, too: it then appears as a whole, or not at all.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nnsight_guide.base.errors import cannot_write

PREFIX = "nnsight-guide-run-"
# Held by whoever works in the folder; the system lets go of it however that process ends.
LOCK = ".lock"
# A folder is locked some microseconds after it was made: a younger one may have an owner.
SECONDS_TO_LOCK = 60


@contextmanager
def scratch_folder(within: Path | None = None) -> Iterator[Path]:
    """Lend an empty folder in `within` (default: the system's folder for temporary files)."""
    from filelock import FileLock

    within = within or Path(tempfile.gettempdir())
    sweep(within)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=within, ignore_cleanup_errors=True) as name,
        FileLock(Path(name) / LOCK, thread_local=False),
    ):
        yield Path(name)


def sweep(within: Path) -> None:
    """Remove the folders in `within` that killed processes have left, a minute after they began."""
    for left in within.glob(f"{PREFIX}*"):
        _remove_abandoned(left)


def _remove_abandoned(left: Path) -> None:
    from filelock import FileLock, Timeout  # not sooner: it takes a tenth of what `status` does

    with suppress(OSError, Timeout):  # somebody else's, or in use, or just now removed
        if time.time() - left.stat().st_mtime > SECONDS_TO_LOCK:
            with FileLock(left / LOCK, blocking=False):
                shutil.rmtree(left)


def json_text(data: Mapping[str, Any]) -> str:
    """Return a file of JSON, written so that what changes in it is a change of few lines."""
    return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_json(data: Mapping[str, Any], path: Path) -> None:
    """Write a file of JSON; raises as `write_whole`."""
    write_whole(json_text(data), path)


def write_whole(text: str, path: Path) -> None:
    """Write a file as a whole or not at all; one that is there already is left alone.

    Raises:
        GuideError: the folder cannot be written.

    """
    try:
        with suppress(FileNotFoundError):
            if path.read_bytes() == text.encode():
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent) as folder:
            (folder / path.name).write_text(text, encoding="utf-8")
            os.replace(folder / path.name, path)  # noqa: PTH105 - says best that it is atomic
    except OSError as error:
        raise cannot_write(path.parent, error) from None
