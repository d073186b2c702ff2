"""The service's process: `python -m nnsight_guide.loopback.server`, which `start` runs.

It reads its settings from standard input, answers one line on standard output when it takes
jobs, and ends when standard input does: the other end is held by the process that started it
and is closed by the operating system however that process ends.
"""

import json
import os
import shutil
import socket
import sys
import threading
from pathlib import Path

import anyio
import uvicorn

from nnsight_guide.loopback.settings import HOST, Settings, refuse_other_hosts, report


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `port` of 127.0.0.1.

    Raises:
        LoopbackError: `host` is any other address.
        OSError: the port is taken.

    """
    refuse_other_hosts(host)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # a port whose last service has just ended is free again
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def main() -> int:
    """Serve until standard input ends.

    Returns:
        1, with one line on standard error, if the port is taken or the model does not load.

    """
    settings = Settings(**json.loads(sys.stdin.buffer.readline()))
    answers = os.fdopen(os.dup(1), "w")
    # From here on file descriptor 1 is the log: nobody reads the pipe, and a full one blocks.
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, args=(settings,), daemon=True).start()
    # `import nnsight` gives every object a `save`, with which anyio's backend cannot be
    # imported any more; so that comes first.
    anyio.run(anyio.sleep, 0)
    try:
        listener = listen(HOST, settings.port)
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        from nnsight_guide.loopback.app import build_app

        app = build_app(settings, url)
    except Exception as error:
        report(f"cannot start: {type(error).__name__}: {error}")
        return 1
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
    listener.listen()
    print(json.dumps({"url": url}), file=answers, flush=True)
    answers.close()
    server.run(sockets=[listener])
    return 0


def _end_with_parent(settings: Settings) -> None:
    # Not through sys.stdin, whose lock the interpreter wants when it ends by itself.
    while os.read(0, 4096):
        pass
    shutil.rmtree(Path(settings.folder), ignore_errors=True)
    # A job in the middle of a computation cannot be asked to stop, and nobody waits for it.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
