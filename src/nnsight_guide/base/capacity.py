"""What this machine can run at once: its processors, and the memory that is free."""

import os
import sys
from pathlib import Path


def processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":  # which may allow it fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_bytes() -> int:
    """Return how much memory a new process can have, in a container no more than that allows."""
    import psutil

    free = int(psutil.virtual_memory().available)
    try:  # what Linux allows a container, version 2 of its control groups
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        statistics = Path("/sys/fs/cgroup/memory.stat").read_text().split()
    except (OSError, ValueError):  # no such group, or "max", no limit
        return free
    # Pages of files are given back when memory is asked for.
    return min(free, limit - used + int(statistics[statistics.index("file") + 1]))
