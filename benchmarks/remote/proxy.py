"""A proxy before a service on 127.0.0.1 that counts what passes and, if asked, makes it wait."""

import asyncio
import re
import threading
from collections.abc import Callable, Mapping
from typing import Self
from urllib.parse import urlsplit

REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE) /")
CHUNK = 65536


class Proxy:
    """Passes connections on to `target`, each byte `delay` seconds later, in both directions.

    A new connection waits for a round trip first, as its handshake would. An address of the
    service that it names in an answer (that of a large result) becomes the proxy's.
    """

    def __init__(self, target: str, delay: float = 0.0) -> None:
        self.target = urlsplit(target)
        self.delay = delay
        self.url = ""
        self._traffic = {"requests": 0, "up": 0, "down": 0}
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def traffic(self, *, since: Mapping[str, int] | None = None) -> dict[str, int]:
        """Return what has passed, or what has since an earlier count.

        These are `requests` of HTTP (a websocket is one), and bytes `up` from the client and `down`
        to it. All bytes of a connection count: headers, boundaries and frames, too.
        """
        return {what: n - (since[what] if since else 0) for what, n in self._traffic.items()}

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _connected(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        await asyncio.sleep(2 * self.delay)
        service = await asyncio.open_connection(self.target.hostname, self.target.port)
        await asyncio.gather(
            self._pass(from_client, service[1], self._went_up),
            self._pass(service[0], to_client, self._came_down),
            return_exceptions=True,
        )

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        counted: Callable[[bytes], bytes],
    ) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sender = asyncio.create_task(self._send(waiting, writer))
        try:
            while data := await reader.read(CHUNK):
                waiting.put_nowait((self._loop.time() + self.delay, counted(data)))
        finally:
            waiting.put_nowait((self._loop.time() + self.delay, b""))
            await sender

    async def _send(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(due - self._loop.time())
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    def _went_up(self, data: bytes) -> bytes:
        self._traffic["requests"] += bool(REQUEST.match(data))
        self._traffic["up"] += len(data)
        return data

    def _came_down(self, data: bytes) -> bytes:
        self._traffic["down"] += len(data)
        own, other = (urlsplit(url).netloc.encode() for url in (self.url, self.target.geturl()))
        # Of the same length, as ports that the system chooses are: else a frame would break.
        return data.replace(other, own) if len(own) == len(other) else data
