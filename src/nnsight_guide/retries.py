"""What of a service's failures may pass by itself, and how long to wait for that. Pure.

A connection that is refused or breaks, an answer that says 502, 503 or 504, and a timeout tell of
the service; the same job may well run a little later. That a job failed tells of the job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Seconds to wait before each further attempt at a snippet. With the first, four attempts.
WAITS = (2.0, 8.0, 32.0)

# As Python, httpx and websocket-client call them.
PASSING = frozenset(
    {
        "ConnectionAbortedError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "BrokenPipeError",
        "TimeoutError",
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ReadError",
        "ReadTimeout",
        "RemoteProtocolError",
        "WriteError",
        "WriteTimeout",
        "WebSocketConnectionClosedException",
        "WebSocketTimeoutException",
    }
)
# Those that name the status which the service answered with.
ANSWERED = frozenset({"HTTPStatusError", "HfHubHTTPError", "WebSocketBadStatusException"})
PASSING_STATUS = re.compile(r"\b(502|503|504)\b")

# nnsight gives one name to a job that failed and to a job that could not be sent, and of the latter
# tells what the service said, which need not hold the status: its cause does.
REMOTE_ERROR = "RemoteError"
NOT_SENT = "Failed to send request: "


def is_transient(ename: str, evalue: str) -> bool:
    """Say whether an exception, known by its name and its text, is a failure that may pass."""
    if ename in ANSWERED:
        # The status stands at the head; what follows (a body, a URL) may hold any number.
        return bool(PASSING_STATUS.search(evalue[:60]))
    return ename in PASSING


def is_passing_failure(chain: Iterable[tuple[str, str]]) -> bool:
    """Say whether a failure may pass.

    Args:
        chain: the name and the text of the exception, and before it those of its causes.

    """
    *causes, (ename, evalue) = chain
    if ename == REMOTE_ERROR:
        return evalue.startswith(NOT_SENT) and any(is_transient(*cause) for cause in causes)
    return is_transient(ename, evalue)
