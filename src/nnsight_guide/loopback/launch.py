"""Starting the service as a process of its own, and ending it; `serve` does so for a terminal."""

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import starmap
from pathlib import Path

from nnsight_guide.base.own_python import NONE_OF_IT
from nnsight_guide.base.project import HOST
from nnsight_guide.base.redaction import API_KEY_VARIABLE
from nnsight_guide.base.scratch import scratch_folder
from nnsight_guide.demo_model import MODEL_ID, WITHOUT_HUB
from nnsight_guide.loopback.service import Service
from nnsight_guide.loopback.settings import LoopbackError, Settings, refuse_other_hosts
from nnsight_guide.loopback.workers import how_it_ended
from nnsight_guide.ndif.client import HOST_VARIABLE

# Larger results are fetched by URL. In a plain script an asynchronous client of nnsight 0.8.1
# cannot do that: `import nnsight` keeps its HTTP library from loading what it needs.
INLINE_LIMIT = 4 * 1024**2
JOB_SECONDS = 600.0
# For the service to start, and for a new worker, once a job has ended the last; five are usual.
STARTUP_SECONDS = 120.0
STOP_SECONDS = 5.0
# -P: what lies in the client's current folder is not importable on NDIF either.
SERVER = ("-P", "-m", "nnsight_guide.loopback.server")
LOG_LINES = 5  # of the service's log, shown when it failed

# What would lead the service's own libraries to the hub, to NDIF, or to the user's settings.
_NOT_FOR_THE_SERVICE = ("HF_ENDPOINT", "HF_TOKEN", API_KEY_VARIABLE, HOST_VARIABLE)


@contextmanager
def start(
    checkpoint: Path | None = None,
    repo_id: str = MODEL_ID,
    *,
    host: str = HOST,
    port: int = 0,
    inline_limit: int = INLINE_LIMIT,
    job_seconds: float = JOB_SECONDS,
    log_to_terminal: bool = False,
) -> Iterator[Service]:
    """Start the service, wait until it takes jobs, and end it when the block ends.

    It ends also when this process does, even by `kill -9`: the service reads from a pipe whose
    other end only this process holds.

    Args:
        checkpoint: the folder of the checkpoint to run jobs on; by default the demo model's.
        repo_id: the id under which clients know that model.
        host: 127.0.0.1; there to be refused if it is anything else.
        port: the port to listen on; by default a free one.
        inline_limit: results of more bytes are fetched by URL.
        job_seconds: a job that takes longer is stopped.
        log_to_terminal: whether the service reports to this process's standard error rather
            than to a file.

    Raises:
        LoopbackError: `host` is another address, the service cannot start, or it ended by
            itself before the block did.

    """
    refuse_other_hosts(host)
    checkpoint = checkpoint or _demo_checkpoint()
    with scratch_folder() as folder:
        settings = Settings(
            checkpoint=str(checkpoint.resolve()),
            repo_id=repo_id,
            key=secrets.token_hex(16),
            folder=str(folder),
            port=port,
            inline_limit=inline_limit,
            job_seconds=job_seconds,
            worker_seconds=STARTUP_SECONDS,
        )
        process = _spawn(folder, log_to_terminal)
        try:
            service = _hand_over(settings, process, folder)
            try:
                yield service
            except Exception as error:
                # What broke the block may well be that the service is gone.
                if _has_ended(process, patience=0.5):
                    raise LoopbackError(_epitaph(service)) from error
                raise
            if _has_ended(process):
                raise LoopbackError(_epitaph(service))
        finally:
            _stop(process)


def serve(host: str = HOST, port: int = 0) -> int:
    """Run the service until Ctrl-C, and print the environment variables that lead to it.

    Args:
        host: 127.0.0.1; there to be refused if it is anything else.
        port: the port to listen on; by default a free one.

    Returns:
        0, after Ctrl-C.

    Raises:
        LoopbackError: the service cannot start, or has ended by itself.

    """
    with (
        suppress(KeyboardInterrupt),
        start(host=host, port=port, log_to_terminal=True) as service,
    ):
        print(instructions(service), flush=True)
        service.process.wait()
    return 0


def instructions(service: Service, *, powershell: bool = os.name == "nt") -> str:
    """Return what to paste into another terminal to use the `service` there."""

    def line(name: str, value: str) -> str:
        if powershell:
            return f"$env:{name} = '{value.replace(chr(39), 2 * chr(39))}'"
        return f"export {name}={shlex.quote(value)}"

    return "\n".join(
        [
            "# Paste these lines into the terminal in which you will start Python or Jupyter: the",
            "# code of the guide then runs here.",
            f"# The one model there is {service.repo_id!r}; any other repository is not found",
            "# while they are set. Ctrl-C here ends the service.",
            *starmap(line, service.for_the_guide().items()),
        ]
    )


def _demo_checkpoint() -> Path:
    from nnsight_guide.demo_model.checkpoint import checkpoint

    return checkpoint()


def _spawn(folder: Path, log_to_terminal: bool) -> subprocess.Popen[bytes]:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in _NOT_FOR_THE_SERVICE},
        **NONE_OF_IT,
        **WITHOUT_HUB,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NNSIGHT_CONFIG": str(folder / "service.yaml"),
        "PYTHONUNBUFFERED": "1",
    }
    (folder / "work").mkdir()
    with (folder / "service.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - the service's own
            [sys.executable, *SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if log_to_terminal else log,
            cwd=folder / "work",
            env=environment,
            # Ctrl-C is for the parent, which then ends the service in order.
            start_new_session=True,
        )


def _hand_over(settings: Settings, process: subprocess.Popen[bytes], folder: Path) -> Service:
    """Send the settings and wait for the answer: one line, when jobs are taken."""
    assert process.stdin is not None
    assert process.stdout is not None
    too_late = threading.Timer(STARTUP_SECONDS, process.kill)
    too_late.start()
    try:
        process.stdin.write(json.dumps(asdict(settings)).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except BrokenPipeError:
        answer = b""
    finally:
        in_time = not too_late.finished.is_set()
        too_late.cancel()
    told = json.loads(answer) if answer else {}
    service = Service(told.get("url", ""), settings.key, settings.repo_id, folder, process)
    if service.url:
        return service
    process.wait()
    if "error" in told:
        raise LoopbackError(f"the loopback service did not start: {told['error']}")
    cause = how_it_ended(process.returncode)
    if not in_time:
        cause = f"it was not ready after {STARTUP_SECONDS:g} seconds"
    raise LoopbackError(
        f"the loopback service did not start: {cause}; the last it reported: "
        f"{_last_lines(service, LOG_LINES)}"
    )


def _has_ended(process: subprocess.Popen[bytes], patience: float = 0.0) -> bool:
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        return False
    return True


def _epitaph(service: Service) -> str:
    cause = how_it_ended(service.process.returncode)
    return (
        f"the loopback service has ended by itself ({cause}) and its jobs are lost; "
        f"the last it reported: {_last_lines(service, 1)}"
    )


def _last_lines(service: Service, count: int) -> str:
    lines = [line.strip() for line in service.log().splitlines() if line.strip()]
    return " | ".join(lines[-count:]) or "nothing"


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()  # the signal to end
    if not _has_ended(process, STOP_SECONDS):
        process.kill()
        process.wait()
    process.stdout.close()
    if os.name == "posix":  # what a service that was killed could not end itself
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
