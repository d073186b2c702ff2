"""The queue of jobs, and what the clients that wait for them get to know."""

import asyncio
import secrets
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nnsight.schema.request import RequestModel
from nnsight.schema.response import ResponseModel, Status
from starlette.websockets import WebSocket, WebSocketDisconnect

from nnsight_guide.loopback.executor import Executor, JobResult
from nnsight_guide.loopback.identity import Identity
from nnsight_guide.loopback.running import Interrupted, Running
from nnsight_guide.loopback.settings import report

JOBS_REMEMBERED = 1000
RESULT_BYTES_KEPT = 1024**3
PATIENCE = 5.0  # seconds for an interrupted job to end; then it is left to itself


class Session:
    """A client's websocket: frames go in as they come up and out as fast as it takes them.

    Attributes:
        id: what the client names it by.
        closed: set once the client is gone.

    """

    def __init__(self) -> None:
        self.id = secrets.token_hex(16)
        self.closed = asyncio.Event()
        self._frames: asyncio.Queue[str | bytes] = asyncio.Queue()

    def post(self, frame: str | bytes) -> None:
        """Put a frame into the queue; a slow or absent client holds nobody up."""
        self._frames.put_nowait(frame)

    async def deliver(self, websocket: WebSocket) -> None:
        """Send the session's id and then its frames, until the client is gone."""
        with suppress(WebSocketDisconnect, RuntimeError, OSError):
            await websocket.send_json({"session_id": self.id})
            while True:
                frame = await self._frames.get()
                if isinstance(frame, bytes):
                    await websocket.send_bytes(frame)
                else:
                    await websocket.send_text(frame)


@dataclass
class Job:
    """A job from its arrival on.

    Attributes:
        session: the client's websocket; None for a client that polls.
        latest: the status that the client gets when it polls.

    """

    id: str
    request: RequestModel
    blob: bytes
    session: Session | None
    latest: ResponseModel = field(init=False)


@dataclass(eq=False)
class Jobs:
    """All jobs: those that wait, the one that runs, and what is left of those that ran."""

    executor: Executor
    identity: Identity
    url: str
    inline_limit: int
    job_seconds: float

    def __post_init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._waiting: asyncio.Queue[Job] = asyncio.Queue()
        self._known: OrderedDict[str, Job] = OrderedDict()
        self._results: OrderedDict[str, bytes] = OrderedDict()

    def open_session(self) -> Session:
        """Return a new session."""
        session = Session()
        self._sessions[session.id] = session
        return session

    def close_session(self, session: Session) -> None:
        """Forget a session whose client is gone; its jobs will not run, or be stopped."""
        session.closed.set()
        del self._sessions[session.id]

    def has_session(self, session_id: str) -> bool:
        """Return whether there is such a session, with its client."""
        return session_id in self._sessions

    def submit(self, request: RequestModel, blob: bytes) -> ResponseModel:
        """Take a job into the queue and return its first status."""
        job = Job(secrets.token_hex(16), request, blob, self._sessions.get(request.session_id))
        received = ResponseModel(
            id=job.id, status=Status.RECEIVED, description="Your job has been received."
        )
        job.latest = received
        self._known[job.id] = job
        while len(self._known) > JOBS_REMEMBERED:
            self._known.popitem(last=False)
        ahead = self._waiting.qsize()
        self._waiting.put_nowait(job)
        self._tell(job, Status.QUEUED, f"Your job is in the queue, with {ahead} ahead of it.")
        return received

    def latest(self, job_id: str) -> ResponseModel | None:
        """Return a job's latest status, or None if there is no such job."""
        job = self._known.get(job_id)
        return job.latest if job else None

    def result(self, name: str) -> bytes | None:
        """Return a result that waits to be fetched, or None if there is no such one."""
        return self._results.get(name)

    async def work(self) -> None:
        """Run the jobs in the order of their arrival, for ever."""
        while True:
            job = await self._waiting.get()
            begin = time.perf_counter()
            try:
                end = await self._finish(job)
            except Exception as error:  # the service's own fault, and no reason to end it
                end = f"{type(error).__name__}: {error}"
                self._tell(job, Status.ERROR, f"The loopback service failed: {end}")
                await asyncio.to_thread(self.executor.load)
            job.blob = b""
            report(f"job {job.id}: {end} ({time.perf_counter() - begin:.2f} s)")

    async def _finish(self, job: Job) -> str:
        """Bring a job to its end, and return that end in a few words."""
        if job.session and job.session.closed.is_set():
            return self._fail(job, "Not run: its client is gone.")
        if refusal := self.identity.refusal(job.request.model_key):
            return self._fail(job, refusal)
        self._tell(job, Status.DISPATCHED, "Your job has been sent to the model.")
        self._tell(job, Status.RUNNING, "Your job has started running.")
        report(f"job {job.id}: running")
        loop = asyncio.get_running_loop()

        def log(line: str) -> None:
            loop.call_soon_threadsafe(self._tell, job, Status.LOG, line)

        running = Running(lambda: self.executor.run(job.request, job.blob, log))
        if stopped := await self._watch(running, job.session):
            # Whatever it was in the middle of: the next job gets another model.
            await asyncio.to_thread(self.executor.load)
            return self._fail(job, stopped)
        result = running.ended.result()
        end = self._fail(job, result.error) if result.error else self._hand_out(job, result.data)
        return end + (f"; it changed the model: {result.changed}" if result.changed else "")

    async def _watch(self, running: Running[JobResult], session: Session | None) -> str:
        """Wait until a job has run, or stop it; return why it was stopped, if it was."""
        gone = asyncio.ensure_future((session.closed if session else asyncio.Event()).wait())
        ends: list[asyncio.Future[Any]] = [running.ended, gone]
        done, _ = await asyncio.wait(
            ends,
            timeout=self.job_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        gone.cancel()
        if running.ended in done:
            return ""
        running.interrupt()
        with suppress(Interrupted, Exception):  # how it ended no longer matters
            await asyncio.wait_for(asyncio.shield(running.ended), PATIENCE)
        if gone in done:
            return "Stopped: its client is gone."
        return f"Stopped: a job may take {self.job_seconds:g} seconds here."

    def _hand_out(self, job: Job, data: bytes) -> str:
        """Send the result, or its address if it is large or its client polls."""
        size = f"{len(data):,} bytes"
        text = "Your job has been completed."
        if job.session and len(data) <= self.inline_limit:
            job.latest = ResponseModel(id=job.id, status=Status.COMPLETED, description=text)
            inline = job.latest.model_copy(update={"data": data})
            job.session.post(inline.pickle())
            return f"completed, {size} sent"
        name = secrets.token_hex(16)
        self._results[name] = data
        while len(self._results) > 1 and sum(map(len, self._results.values())) > RESULT_BYTES_KEPT:
            self._results.popitem(last=False)
        self._tell(job, Status.COMPLETED, text, f"{self.url}/result/{name}")
        return f"completed, {size} by URL"

    def _fail(self, job: Job, line: str) -> str:
        self._tell(job, Status.ERROR, line)
        return f"failed: {line}"

    def _tell(self, job: Job, status: Status, text: str, url: str | None = None) -> None:
        response = ResponseModel(id=job.id, status=status, description=text, data=url)
        if status is not Status.LOG:  # those who poll want to know how far the job is
            job.latest = response
        if job.session:
            job.session.post(response.model_dump_json())
