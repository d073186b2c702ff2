"""How a warm process is asked for a copy. (By the standard library alone, so that it is fast.)"""

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

FOLDER = "GUIDE_TESTS_WARM"  # names the folder of the sockets; there is one for each environment
ZYGOTE = Path(__file__).with_name("zygote.py")
# What is read once, when Python starts or a library is imported: it has to be the same in a copy.
# (Where modules are looked for, a copy is told anew.)
BY_PYTHON = ("PYTHON", "MALLOC_", "OMP_", "LD_")
BY_LIBRARIES = ("HF_", "NDIF_", "TRANSFORMERS_", "TQDM_")
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
    request = {"argv": [*argv], "module": module, "cwd": cwd or str(Path.cwd()), "env": {**env}}
    return _send(_warm(dict(env), tuple(flags)), request, streams)


def status(connection: socket.socket) -> int:
    """Wait for the end of the copy, and return its exit status."""
    while True:
        with contextlib.suppress(InterruptedError):
            return int(json.loads(connection.recv(64) or b"-9"))


def stand_for(module: str, argv: Sequence[str]) -> NoReturn:
    """Let a copy be what `python -m MODULE` was to be here, hand on interrupts, and end as it ends.

    Whoever started this process takes it for that program. `argv` is what it is called with.
    """
    given = {"-P": sys.flags.safe_path, "-S": sys.flags.no_site}
    flags = [flag for flag, is_set in given.items() if is_set]
    connection = ask(argv, module=module, flags=flags)
    signal.signal(signal.SIGINT, lambda *_: connection.send(str(int(signal.SIGINT)).encode()))
    ended = status(connection)
    if ended < 0:
        if -ended != signal.SIGKILL:  # for which there can be no other way
            signal.signal(-ended, signal.SIG_DFL)
        os.kill(os.getpid(), -ended)
    os._exit(ended)  # nothing of this process's own is left to do


def _send(path: Path, request: dict[str, object], streams: Sequence[int]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(path))
    socket.send_fds(connection, [json.dumps(request).encode()], list(streams))
    return connection


def _warm(env: dict[str, str], flags: tuple[str, ...]) -> Path:
    """Return the socket of the warm process for an environment, which is started if need be.

    It is a copy itself: of one that holds what no library's variable changes, torch above all.
    """

    mine = {name: value for name, value in env.items() if not name.startswith("GUIDE_")}

    def start(path: Path, held: int, log: int) -> None:
        base = _socket(env, flags, BY_PYTHON, start_base)
        folder = path.parent
        request = {
            "argv": [str(ZYGOTE), str(path), "libraries"],
            "module": "",
            "cwd": str(folder),
            "env": {**mine, "NNSIGHT_CONFIG": f"{path}.yaml"},
            "stays": True,  # it outlives whoever asked first
        }
        _send(base, request, (held, log, log)).close()

    def start_base(path: Path, held: int, log: int) -> None:
        zygote = subprocess.Popen(
            [sys.executable, *flags, str(ZYGOTE), str(path), "base"],
            stdin=held,
            stdout=log,
            stderr=log,
            env=mine,
            cwd=path.parent,
            start_new_session=True,
        )
        _started.append(zygote)  # as above

    return _socket(env, flags, (*BY_PYTHON, *BY_LIBRARIES), start)


def _socket(
    env: dict[str, str],
    flags: tuple[str, ...],
    read_once: tuple[str, ...],
    start: Callable[[Path, int, int], None],
) -> Path:
    """Return the socket of a warm process; if it is not there, start it, and wait."""
    folder = Path(env[FOLDER])
    alike = {name: env[name] for name in sorted(env) if name.startswith(read_once)}
    alike.pop("PYTHONPATH", None)
    installed = str(Path(sys.executable).parent)  # a test may bring libraries of its own
    told = json.dumps([installed, alike, flags, read_once])
    name = hashlib.sha256(told.encode()).hexdigest()[:16]
    path, log_file = folder / name, folder / f"{name}.log"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            # It ends when the one end of the pipe `held` does that the tests hold.
            with (folder / "held").open("rb") as held, log_file.open("wb") as log:
                start(path, held.fileno(), log.fileno())
            deadline = time.monotonic() + SECONDS
            while b"ready" not in log_file.read_bytes():
                if time.monotonic() > deadline:
                    sys.exit(log_file.read_text(errors="replace"))
                time.sleep(0.02)
    return path
