"""What of a service's failures may pass by itself, and trying again after a while.

A connection that is refused or breaks, an answer that says 502, 503 or 504, and a timeout tell of
the service; the same job may well run a little later. That a job failed tells of the job.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from nnsight_guide.base.errors import GuideError, TransientError

T = TypeVar("T")

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
PASSING_STATUS = frozenset({502, 503, 504})
STATUS = re.compile(r"\b[1-5]\d\d\b")

# nnsight gives one name to a job that failed and to a job that could not be sent, and of the latter
# tells what the service said, which need not hold the status: its cause does.
REMOTE_ERROR = "RemoteError"
NOT_SENT = "Failed to send request: "


def is_transient(ename: str, evalue: str) -> bool:
    """Say whether an exception, known by its name and its text, is a failure that may pass."""
    if ename in ANSWERED:
        # What follows the status (headers, a body, a URL) may hold any number.
        status = STATUS.search(evalue)
        return status is not None and int(status[0]) in PASSING_STATUS
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


async def patiently(work: Callable[[], Awaitable[T]], say: Callable[[str], None]) -> T:
    """Do `work`, and where a service failed it do it again after a while, a few times.

    Args:
        work: what is done; it raises TransientError where doing it again may help.
        say: gets one line before each wait.

    Raises:
        GuideError: what `work` raised otherwise, or at its last attempt.

    """
    import asyncio  # takes longer than all the rest of a build with nothing to do

    attempts = len(WAITS) + 1
    for attempt, wait in enumerate(WAITS, start=2):
        try:
            return await work()
        except TransientError as failure:
            say(f"{failure}; attempt {attempt} of {attempts} in {wait:g} s")
        await asyncio.sleep(wait)
    try:
        return await work()
    except TransientError as failure:
        raise GuideError(
            f"{failure} ({attempts} attempts; what had finished is kept: build again later)"
        ) from None
