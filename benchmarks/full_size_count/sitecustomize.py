"""Counts loads of a checkpoint: on the path of every process, it writes down who reads its index.

Python imports a module of this name at its start. A process that has imported transformers and
opens the list of the checkpoint's shards is about to load them; what only looks (the check
before a build) has not imported it.
"""

import os
import sys

INDEX = "model.safetensors.index.json"
LOG = os.environ.get("COUNT_LOADS")


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or "transformers" not in sys.modules:
        return
    path = arguments[0]
    if isinstance(path, str | os.PathLike) and os.fspath(path).endswith(INDEX):
        line = f"{os.getpid()}\n".encode()
        log = os.open(str(LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, line)
        os.close(log)


if LOG:
    sys.addaudithook(_watch)
