"""What may pass by itself, and how often it is tried again."""

import asyncio

import pytest

from nnsight_guide.base.errors import GuideError, TransientError
from nnsight_guide.ndif import retries

SENDING = ("RemoteError", "Failed to send request: Too busy right now.")


@pytest.mark.parametrize(
    ("ename", "evalue"),
    [
        ("ConnectionRefusedError", "[Errno 111] Connection refused"),
        ("ConnectionResetError", "[Errno 104] Connection reset by peer"),
        ("WebSocketConnectionClosedException", "Connection to remote host was lost."),
        ("WebSocketBadStatusException", "Handshake status 503 Service Unavailable -+-+- {} -+-+-"),
        ("HTTPStatusError", "Server error '502 Bad Gateway' for url 'https://a.b/response/1'"),
        ("TimeoutError", "[Errno 110] Connection timed out"),
        ("ReadTimeout", "The read operation timed out"),
    ],
)
def test_a_failure_of_the_service_may_pass(ename, evalue):
    assert retries.is_transient(ename, evalue)


@pytest.mark.parametrize(
    ("ename", "evalue"),
    [
        ("RemoteError", "ValueError: boom (chapter.py, line 3)"),
        ("RemoteError", "ConnectionResetError: [Errno 104] in the job itself"),
        ("NameError", "name 'ConnectionResetError' is not defined"),
        ("HTTPStatusError", "Client error '401 Unauthorized' for url 'https://a.b/response/1'"),
        ("HTTPStatusError", "Client error '404 Not Found' for url 'https://a.b/response/503'"),
        ("WebSocketBadStatusException", "Handshake status 403 Forbidden -+-+- {'age': '503'}"),
        ("OutOfOrderError", "transformer.h.0 was read too late"),
    ],
)
def test_a_failure_of_the_job_or_of_its_author_does_not(ename, evalue):
    assert not retries.is_transient(ename, evalue)
    assert not retries.is_passing_failure([("ReadError", ""), (ename, evalue)])


@pytest.mark.parametrize(
    ("cause", "passes"),
    [
        (("HTTPStatusError", "Server error '503 Service Unavailable' for url 'u'"), True),
        (("ReadError", "[Errno 104] Connection reset by peer"), True),
        (("HTTPStatusError", "Client error '401 Unauthorized' for url 'u'"), False),
    ],
)
def test_of_a_job_that_could_not_be_sent_the_cause_decides(cause, passes):
    assert retries.is_passing_failure([cause, SENDING]) is passes
    assert not retries.is_passing_failure([SENDING])


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setattr(retries, "WAITS", (0.0, 0.01))
    return []


def work(*outcomes):
    left = list(outcomes)

    async def do():
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return do


def test_what_works_at_last_is_the_result_and_each_failure_is_one_line(said):
    attempts = work(TransientError("reset"), TransientError("503"), "done")
    assert asyncio.run(retries.patiently(attempts, said.append)) == "done"
    assert said == ["reset; attempt 2 of 3 in 0 s", "503; attempt 3 of 3 in 0.01 s"]


def test_after_the_last_attempt_the_build_stops_and_says_that_it_can_go_on(said):
    attempts = work(*[TransientError("reset")] * 3)
    with pytest.raises(GuideError) as caught:
        asyncio.run(retries.patiently(attempts, said.append))
    assert str(caught.value) == ("reset (3 attempts; what had finished is kept: build again later)")


def test_any_other_failure_is_not_tried_again(said):
    with pytest.raises(GuideError, match=r"^boom$"):
        asyncio.run(retries.patiently(work(GuideError("boom")), said.append))
    assert said == []


def test_the_waits_grow_and_end():
    assert list(retries.WAITS) == sorted(retries.WAITS)
    assert sum(retries.WAITS) < 60
