"""The queue of jobs, and what the clients that wait for them get to know."""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from nnsight_guide.loopback.identity import Identity
from nnsight_guide.loopback.settings import COMPLETED, LoopbackError, report
from nnsight_guide.loopback.workers import JobEnd, Worker

JOBS_REMEMBERED = 1000
RESULT_BYTES_KEPT = 1024**3
PATIENCE = 10.0  # seconds for an interrupted job to end; then its worker is ended


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
        model_key: the model that it is meant for.
        envelope: what came with it, as JSON, for nnsight to read.
        latest: the status that the client gets when it polls, as JSON.

    """

    id: str
    model_key: str
    envelope: str
    blob: bytes
    session: Session | None
    latest: str = field(init=False)


@dataclass(eq=False)
class Jobs:
    """All jobs: those that wait, the one that runs, and what is left of those that ran.

    Attributes:
        worker: runs them, one after another; once it has ended, another does.
        new_worker: starts that.
        worker_seconds: for a worker to come up; then the job that waits for it fails.

    """

    worker: Worker
    new_worker: Callable[[], Worker]
    identity: Identity
    url: str
    inline_limit: int
    job_seconds: float
    worker_seconds: float

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

    def submit(self, model_key: str, session_id: str, envelope: str, blob: bytes) -> str:
        """Take a job into the queue and return its first status, as JSON."""
        session = self._sessions.get(session_id)
        job = Job(secrets.token_hex(16), model_key, envelope, blob, session)
        received = _status(job, "RECEIVED", "Your job has been received.")
        job.latest = received
        self._known[job.id] = job
        while len(self._known) > JOBS_REMEMBERED:
            self._known.popitem(last=False)
        ahead = self._waiting.qsize()
        self._waiting.put_nowait(job)
        self._tell(job, "QUEUED", f"Your job is in the queue, with {ahead} ahead of it.")
        return received

    def latest(self, job_id: str) -> str | None:
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
                end = self._fail(
                    job, f"The loopback service failed: {type(error).__name__}: {error}"
                )
            job.blob = b""
            report(f"job {job.id}: {end} ({time.perf_counter() - begin:.2f} s)")
            await self._replace_spent_worker()

    async def _finish(self, job: Job) -> str:
        """Bring a job to its end, and return that end in a few words."""
        if job.session and job.session.closed.is_set():
            return self._fail(job, "Not run: its client is gone.")
        if refusal := self.identity.refusal(job.model_key):
            return self._fail(job, refusal)
        await self._replace_spent_worker()
        is_ready = asyncio.wrap_future(self.worker.wrapper)
        is_ready.add_done_callback(lambda ready: ready.exception())  # perhaps nobody waits any more
        await asyncio.wait([is_ready], timeout=self.worker_seconds)
        if not is_ready.done():
            self.worker.spent = f"it takes more than {self.worker_seconds:g} seconds"
        if self.worker.spent:
            return self._fail(
                job, f"Not run, since no process for it came up: {self.worker.spent}."
            )
        self._tell(job, "DISPATCHED", "Your job has been sent to the model.")
        self._tell(job, "RUNNING", "Your job has started running.")
        report(f"job {job.id}: running")
        loop = asyncio.get_running_loop()

        def log(line: str) -> None:
            loop.call_soon_threadsafe(self._tell, job, "LOG", line)

        limit = self.inline_limit if job.session else -1
        running = asyncio.wrap_future(
            self.worker.run(job.blob, log, id=job.id, envelope=job.envelope, inline_limit=limit)
        )
        try:
            if stopped := await self._watch(running, job.session):
                return self._fail(job, stopped)
            end = running.result()
        except LoopbackError as error:
            ended = f"The job has ended the process that it ran in ({error})"
            return self._fail(job, f"{ended}; the next one gets a new process.")
        said = self._fail(job, end.error) if end.error else self._hand_out(job, end)
        return said + (f"; it changed the model: {end.changed}" if end.changed else "")

    async def _replace_spent_worker(self) -> None:
        """Let another worker come up if the last is spent; perhaps before the next job comes."""
        if self.worker.spent:
            report(f"a new process for jobs comes up, the last is spent: {self.worker.spent}")
            await asyncio.to_thread(self.worker.end)
            self.worker = self.new_worker()

    async def _watch(self, running: asyncio.Future[JobEnd], session: Session | None) -> str:
        """Wait until a job has run, or stop it; return why it was stopped, if it was."""
        gone = asyncio.ensure_future((session.closed if session else asyncio.Event()).wait())
        ends: list[asyncio.Future[Any]] = [running, gone]
        done, _ = await asyncio.wait(
            ends,
            timeout=self.job_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        gone.cancel()
        if running in done:
            return ""
        await asyncio.to_thread(self.worker.interrupt)
        try:
            await asyncio.wait_for(running, PATIENCE)
        except (LoopbackError, TimeoutError):
            self.worker.spent = "a job could not be stopped"
        if gone in done:
            return "Stopped: its client is gone."
        return f"Stopped: a job may take {self.job_seconds:g} seconds here."

    def _hand_out(self, job: Job, end: JobEnd) -> str:
        """Send the result, or its address if it is large or its client polls."""
        size = f"{end.size:,} bytes"
        if job.session and end.size <= self.inline_limit:
            job.latest = _status(job, "COMPLETED", COMPLETED)
            job.session.post(end.data)
            return f"completed, {size} sent"
        name = secrets.token_hex(16)
        self._results[name] = end.data
        while len(self._results) > 1 and sum(map(len, self._results.values())) > RESULT_BYTES_KEPT:
            self._results.popitem(last=False)
        self._tell(job, "COMPLETED", COMPLETED, f"{self.url}/result/{name}")
        return f"completed, {size} by URL"

    def _fail(self, job: Job, line: str) -> str:
        self._tell(job, "ERROR", line)
        return f"failed: {line}"

    def _tell(self, job: Job, status: str, text: str, url: str | None = None) -> None:
        response = _status(job, status, text, url)
        if status != "LOG":  # those who poll want to know how far the job is
            job.latest = response
        if job.session:
            job.session.post(response)


def _status(job: Job, status: str, text: str, url: str | None = None) -> str:
    """Write what nnsight reads as its `ResponseModel`."""
    return json.dumps({"id": job.id, "status": status, "description": text, "data": url})
