"""The websockets of those clients that wait for their job."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect


class Session:
    """A client's websocket: frames go in as they come up and out as fast as it takes them.

    Fields:
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
