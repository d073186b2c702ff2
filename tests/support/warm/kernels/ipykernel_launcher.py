"""Stands before Jupyter's module of this name: the kernel is a copy of a process that is warm.

This process is what Jupyter takes for the kernel: it hands on its interrupts, and ends as it ends.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import asking

if __name__ == "__main__":
    del sys.path[0]
    given = {"-P": sys.flags.safe_path, "-S": sys.flags.no_site}
    flags = [flag for flag, is_set in given.items() if is_set]
    connection = asking.ask(sys.argv, module="ipykernel", flags=flags)
    signal.signal(signal.SIGINT, lambda *_: connection.send(str(int(signal.SIGINT)).encode()))
    status = asking.status(connection)
    if status < 0:
        if -status != signal.SIGKILL:  # for which there can be no other way
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)
