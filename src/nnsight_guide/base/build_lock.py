"""The lock that lets one build of a checkout run cells at a time.

The build that comes second then finds everything fresh, where without waiting it would have loaded
a second model beside the first, of perhaps 12 GB, to record the same. That is all that the lock is
for: a recording is written as a whole, so builds that do not wait are right as well.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnsight_guide.base.errors import cannot_write

# The system releases the lock of a process that has ended. One that hangs is waited for so long.
SECONDS = 1800


@contextmanager
def build_lock(cache: Path) -> Iterator[bool]:
    """Hold the lock in the folder `cache` until the block ends.

    Yields:
        Whether another build held it first, so that it had to be waited for.

    Raises:
        GuideError: the cache cannot be written.

    """
    from filelock import FileLock, Timeout

    lock = FileLock(cache / "lock")
    has_waited = False
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout:
        has_waited = True
        print("another build is running cells: waiting for it", file=sys.stderr, flush=True)
        with suppress(Timeout):
            lock.acquire(timeout=SECONDS)
    except OSError as error:
        raise cannot_write(cache, error) from None
    try:
        yield has_waited
    finally:
        lock.release()
