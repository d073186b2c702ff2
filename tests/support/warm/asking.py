"""How a warm process is asked for a copy. (By the standard library alone, so that it is fast.)"""

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = "GUIDE_TESTS_WARM"  # names the folder of the sockets; there is one for each environment
ZYGOTE = Path(__file__).with_name("zygote.py")
# What libraries read once, when they are imported: it has to be the same in a copy.
READ_ONCE = ("HF_", "NDIF_", "TRANSFORMERS_", "TQDM_", "PYTHON", "MALLOC_", "OMP_", "LD_")
SECONDS = 120
_started: list[subprocess.Popen[bytes]] = []


def ask(
    argv: Sequence[str],
    *,
    module: str = "",
    cwd: str | None = None,
    env: Mapping[str, str] = os.environ,
    flags: Sequence[str] = (),
    streams: Sequence[int] = (0, 1, 2),
) -> socket.socket:
    """Ask for a copy that runs a script, or else a module; return the connection to it."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_warm(dict(env), tuple(flags)))
    request = {"argv": [*argv], "module": module, "cwd": cwd or str(Path.cwd()), "env": {**env}}
    socket.send_fds(connection, [json.dumps(request).encode()], list(streams))
    return connection


def status(connection: socket.socket) -> int:
    """Wait for the end of the copy, and return its exit status."""
    while True:
        with contextlib.suppress(InterruptedError):
            return int(json.loads(connection.recv(64) or b"-9"))


def _warm(env: dict[str, str], flags: tuple[str, ...]) -> str:
    """Return the socket of the warm process for an environment, which is started if need be."""
    folder = Path(env[FOLDER])
    read_once = {name: env[name] for name in sorted(env) if name.startswith(READ_ONCE)}
    name = hashlib.sha256(json.dumps([read_once, flags]).encode()).hexdigest()[:16]
    path = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            # It ends when the one end of this pipe does that the tests hold.
            with (folder / "held").open("rb") as held, (folder / f"{name}.log").open("wb") as log:
                zygote = subprocess.Popen(
                    [sys.executable, *flags, str(ZYGOTE), str(path)],
                    stdin=held,
                    stdout=log,
                    stderr=log,
                    env={**env, "NNSIGHT_CONFIG": str(folder / f"{name}.yaml")},
                    cwd=folder,
                    start_new_session=True,
                )
            _started.append(zygote)  # it outlives whoever asked first
            deadline = time.monotonic() + SECONDS
            while b"ready" not in (folder / f"{name}.log").read_bytes():
                if time.monotonic() > deadline:
                    sys.exit((folder / f"{name}.log").read_text(errors="replace"))
                time.sleep(0.02)
    return str(path)
