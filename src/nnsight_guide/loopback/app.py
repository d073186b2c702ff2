"""The service's addresses, as the nnsight 0.8.1 client asks for them.

| address | answer |
|---|---|
| `websocket /subscribe` | `{"session_id"}`, then the frames of that session's job |
| `POST /request` | multipart: `data`, a `RequestModel` as JSON, and `blob`, the job; RECEIVED |
| `GET /response/{job}` | the job's latest status, for those that poll |
| `GET /result/{name}` | a result that was too large for a frame, or that is polled for |
| `GET /status`, `/whoami`, `/env` | what `nnsight.status()`, `whoami()`, `compare()` show |
| `/api/models/…`, `/…/resolve/…` | the hub, see `hub` |

`/request` and `/response` need the key; so nothing runs without it. A result's name is random
and known only to whoever was given it, since the client fetches results without its key.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers, UploadFile
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from nnsight_guide.base.project import HOST
from nnsight_guide.loopback.hub import Hub
from nnsight_guide.loopback.identity import Identity
from nnsight_guide.loopback.jobs import Jobs
from nnsight_guide.loopback.settings import LoopbackError, Settings
from nnsight_guide.loopback.workers import Worker

NNSIGHT = version("nnsight")
WHO = {"email": "you@localhost", "tags": ["loopback"]}


class Envelope(BaseModel):
    """As much of nnsight's `RequestModel` as it takes to put a job into the queue."""

    model_key: str
    session_id: str = ""


def build_app(
    settings: Settings, url: str, worker: Worker, new_worker: Callable[[], Worker]
) -> Starlette:
    """Return the application, as soon as `worker` is ready; `new_worker` starts its successors.

    Raises:
        LoopbackError: the worker has not come up.

    """
    identity = Identity(settings.repo_id, worker.wrapper.result())
    jobs = Jobs(
        worker,
        new_worker,
        identity,
        url,
        settings.inline_limit,
        settings.job_seconds,
        settings.worker_seconds,
    )
    hub = Hub.of(settings.repo_id, Path(settings.checkpoint))

    @asynccontextmanager
    async def work(_: Starlette) -> AsyncIterator[None]:
        working = asyncio.create_task(jobs.work())
        yield
        working.cancel()

    return Starlette(
        routes=[*_Ndif(settings.key, jobs, identity).routes(), *hub.routes()],
        # A page in the reader's browser must not get here by a name that leads to 127.0.0.1.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST])],
        lifespan=work,
    )


@dataclass(frozen=True)
class _Ndif:
    """The addresses of NDIF."""

    key: str
    jobs: Jobs
    identity: Identity

    def routes(self) -> list[Route | WebSocketRoute]:
        return [
            WebSocketRoute("/subscribe", self.subscribe),
            Route("/request", self.request, methods=["POST"]),
            Route("/response/{job}", self.response),
            Route("/result/{name}", self.result),
            Route("/status", self.status),
            Route("/whoami", self.whoami),
            Route("/env", self.env),
        ]

    async def subscribe(self, websocket: WebSocket) -> None:
        await websocket.accept()
        session = self.jobs.open_session()
        sender = asyncio.create_task(session.deliver(websocket))
        try:
            while (await websocket.receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self.jobs.close_session(session)
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender

    async def request(self, request: Request) -> Response:
        if refusal := self._refusal(request.headers):
            return refusal
        async with request.form() as form:
            data, blob = form.get("data"), form.get("blob")
            if not isinstance(data, str) or not isinstance(blob, UploadFile):
                return _error(400, "A job consists of the fields 'data' and 'blob'.")
            try:
                job = Envelope.model_validate_json(data)
            except ValidationError as error:
                return _error(400, f"The field 'data' is no request: {error}")
            if job.session_id and not self.jobs.has_session(job.session_id):
                return _error(400, "The session that the job belongs to is not open.")
            received = self.jobs.submit(job.model_key, job.session_id, data, await blob.read())
        return Response(received, media_type="application/json")

    async def response(self, request: Request) -> Response:
        if refusal := self._refusal(request.headers):
            return refusal
        latest = self.jobs.latest(request.path_params["job"])
        if latest is None:
            return _error(404, "There is no such job.")
        return Response(latest, media_type="application/json")

    async def result(self, request: Request) -> Response:
        data = self.jobs.result(request.path_params["name"])
        if data is None:
            return _error(404, "There is no such result, or it has been dropped for later ones.")
        return Response(data, media_type="application/octet-stream")

    async def status(self, _: Request) -> Response:
        return JSONResponse({"deployments": {self.identity.key: self.identity.deployment()}})

    async def whoami(self, request: Request) -> Response:
        # NDIF answers an unknown key with nobody, too, not with an error.
        return JSONResponse(WHO if self._knows(request.headers) else {"email": None, "tags": []})

    async def env(self, _: Request) -> Response:
        try:
            environment = await asyncio.wrap_future(self.jobs.worker.environment())
        except LoopbackError as error:
            return _error(503, f"The process that runs jobs has just ended: {error}.")
        return JSONResponse(environment)

    def _knows(self, headers: Headers) -> bool:
        return hmac.compare_digest(headers.get("ndif-api-key", "").encode(), self.key.encode())

    def _refusal(self, headers: Headers) -> Response | None:
        if not self._knows(headers):
            return _error(
                401,
                "Missing or invalid API key: the loopback service knows only the NDIF_API_KEY "
                "of its latest start.",
            )
        client = headers.get("nnsight-version")
        if client and client != NNSIGHT:
            return _error(400, f"This service runs nnsight {NNSIGHT}, the client {client}.")
        return None


def _error(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status_code=status)
