"""Builds of one checkout take turns at running cells.

The one that comes second then finds everything fresh, where without waiting it would have loaded a
second model beside the first, of perhaps 12 GB, to record the same. That is all that turns are for:
a recording is written as a whole, so builds that do not wait are right as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nnsight_guide.errors import cannot_write
from nnsight_guide.project import Project

# The system ends the turn of a process that has ended. One that hangs is waited for so long.
SECONDS = 1800


@contextmanager
def turn(project: Project) -> Iterator[None]:
    """Wait for the turn of this process, and hold it until the block ends.

    Raises:
        GuideError: the cache cannot be written.

    """
    from filelock import FileLock, Timeout

    lock = FileLock(project.cache / "lock")
    try:
        project.cache.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout:
        print("another build is running cells: waiting for it", file=sys.stderr, flush=True)
        with suppress(Timeout):
            lock.acquire(timeout=SECONDS)
    except OSError as error:
        raise cannot_write(project.cache, error) from None
    try:
        yield
    finally:
        lock.release()
