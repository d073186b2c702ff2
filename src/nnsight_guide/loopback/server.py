"""The service's process: `python -m nnsight_guide.loopback.server`, which `start` runs.

It reads its settings from standard input, answers one line on standard output when it takes
jobs, or why it cannot, and ends when standard input does: the other end is held by the process that
started it and is closed by the operating system however that process ends.

Jobs do not run here but in the worker, which has torch; so none of them can end the service.
"""

import errno
import json
import os
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import TextIO

from nnsight_guide.base.project import HOST
from nnsight_guide.loopback.children import adopt_orphans, end_children
from nnsight_guide.loopback.settings import (
    LoopbackError,
    Settings,
    refuse_other_hosts,
    report,
)
from nnsight_guide.loopback.workers import Worker


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `port` of 127.0.0.1.

    Raises:
        LoopbackError: `host` is any other address, or the port cannot be had.

    """
    refuse_other_hosts(host)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # a port whose last service has just ended is free again
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # at once: only now is it taken for everybody else
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be had ({error})"
        raise LoopbackError(
            f"port {port} of {host} {reason}: choose another with --port, or leave that out for "
            "any that is free"
        ) from error
    return listener


def main() -> int:
    """Serve until standard input ends.

    Returns:
        1, and the reason to whoever started this, if the service cannot start.

    """
    settings = Settings(**json.loads(sys.stdin.buffer.readline()))
    answers = os.fdopen(os.dup(1), "w")
    # From here on file descriptor 1 is the log: nobody reads the pipe, and a full one blocks.
    os.dup2(2, 1)
    adopt_orphans()
    threading.Thread(target=_end_with_parent, args=(settings,), daemon=True).start()
    try:
        run_service(settings, answers)
    except Exception as error:
        text = (
            str(error) if isinstance(error, LoopbackError) else f"{type(error).__name__}: {error}"
        )
        print(json.dumps({"error": text}), file=answers, flush=True)
        end_children()
        return 1
    return 0


def run_service(settings: Settings, answers: TextIO) -> None:
    """Start everything, answer that jobs are taken, and serve.

    Raises:
        LoopbackError: the port cannot be had, or the model does not load.

    """
    listener = listen(HOST, settings.port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"

    def new_worker() -> Worker:
        end_children()  # what the last one has left: there is no other child than that
        # -P: what lies in the client's current folder is not importable on NDIF either.
        module = "nnsight_guide.loopback.worker"
        return Worker([sys.executable, "-P", "-m", module, settings.checkpoint])

    worker = new_worker()  # imports torch, while this imports what it needs itself
    import uvicorn

    from nnsight_guide.loopback.app import build_app

    app = build_app(settings, url, worker, new_worker)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="websockets-sansio",
            # A client that waits for an asynchronous job need not read, nor answer pings.
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            log_level="warning",
            access_log=False,
            use_colors=False,
        )
    )
    report(
        f"{url} runs {settings.repo_id}. It EXECUTES WHAT IT IS SENT by whoever has its key, "
        "and is no NDIF, only a stand-in for it on this machine."
    )
    print(json.dumps({"url": url}), file=answers, flush=True)
    answers.close()
    server.run(sockets=[listener])


def _end_with_parent(settings: Settings) -> None:
    # Not through sys.stdin, whose lock the interpreter wants when it ends by itself.
    while os.read(0, 4096):
        pass
    end_children()
    shutil.rmtree(Path(settings.folder), ignore_errors=True)
    # A job in the middle of a computation cannot be asked to stop, and nobody waits for it.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
