"""The settings of one start of the service, handed to its process."""

import sys
from dataclasses import dataclass

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import HOST

COMPLETED = "Your job has been completed."


class LoopbackError(GuideError):
    """The loopback service cannot do what it is asked to, or has ended by itself."""


@dataclass(frozen=True)
class Settings:
    """One start of the service; its standard input, where nobody else reads, brings it as JSON.

    Attributes:
        checkpoint: the folder of the model's checkpoint.
        repo_id: the name under which clients know it.
        key: what a client must send; new for each start.
        folder: an empty folder for this start alone, which the service works in and removes.
        port: 0 for a free one.
        inline_limit: a result of more bytes than this is not sent, but fetched by its URL.
        job_seconds: a job that takes longer is stopped.
        worker_seconds: for a new worker to come up, after a job has ended the last.

    """

    checkpoint: str
    repo_id: str
    key: str
    folder: str
    port: int
    inline_limit: int
    job_seconds: float
    worker_seconds: float


def refuse_other_hosts(host: str) -> None:
    """Refuse every address but 127.0.0.1.

    Raises:
        LoopbackError: `host` is another one, be it another spelling of the same machine.

    """
    if host != HOST:
        raise LoopbackError(
            f"the loopback service executes what it is sent: it listens on {HOST} only, "
            f"never on {host!r}"
        )


def report(line: str) -> None:
    """Write a line to the service's log."""
    print(f"loopback: {line}", file=sys.stderr, flush=True)
