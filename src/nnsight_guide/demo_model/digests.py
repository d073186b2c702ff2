"""A folder's `SHA256SUMS`: which files it should hold, and what each should contain.

The file has the format of the `sha256sum` tool, so that `sha256sum -c SHA256SUMS` checks the
same by hand.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

FILE_NAME = "SHA256SUMS"
COARSEST_CLOCK = 2_000_000_000  # of a file system, in nanoseconds


def write_digests(folder: Path, names: Iterable[str]) -> None:
    """Write the digests of the files `names` in `folder` down, replacing what was written."""
    lines = [f"{file_digest(folder / name)}  {name}\n" for name in sorted(names)]
    unfinished = folder / f".{FILE_NAME}.{os.getpid()}"
    unfinished.write_text("".join(lines), encoding="utf-8", newline="\n")
    unfinished.replace(folder / FILE_NAME)


def read_digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file that `folder` should hold.

    Raises `OSError` if nothing is written down there, and `ValueError` if what is written down
    is not a list of digests.
    """
    lines = (folder / FILE_NAME).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def intact(folder: Path, names: Iterable[str]) -> bool:
    """Tell whether `folder` holds exactly the recorded content under each of `names`.

    Every byte is read: for the 28 MB of the expanded demo model that takes less than 0.1 s.
    """
    try:
        expected = read_digests(folder)
        return all(expected.get(name) == file_digest(folder / name) for name in names)
    except (OSError, ValueError):
        return False


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file. Raises `OSError` if it cannot be read.

    A file is read once for as long as this process runs, and again when it has changed.
    """
    state = file.stat()
    times = state.st_mtime_ns, state.st_ctime_ns
    # A file that was written just now may be written once more without its times telling.
    if time.time_ns() - max(times) < COARSEST_CLOCK:
        return _read_through.__wrapped__(file)
    return _read_through(file.absolute(), state.st_ino, state.st_size, *times)


@lru_cache(maxsize=1024)
def _read_through(file: Path, *_: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
