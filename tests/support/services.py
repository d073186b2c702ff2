"""Services on 127.0.0.1, most of them in trouble: real sockets, no mocks."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answers = dict[str, Any]


class Quiet:
    """A handler that keeps no log."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """Serve `answers`: for each path a JSON body, or a status, or a function of the headers."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path, 404)
            if callable(answer):
                answer = answer(self.headers)
            status, body = (answer, {}) if isinstance(answer, int) else (200, answer)
            text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with serving(Handler) as address:
        yield address


@contextmanager
def silent() -> Iterator[str]:
    """Take connections and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def blackhole() -> Iterator[str]:
    """Answer nothing, not even that there is a connection: its queue of them is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(8):
            client = socket.socket()
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(listener.getsockname())
            waiting.append(client)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for client in waiting:
            client.close()


RESET = "reset"
UNAVAILABLE = "503"


class Flaky:
    """Stands before a service and spoils connections: each entry of `trouble` one, in order.

    An entry is the beginning of a request ("GET /subscribe", "POST /request") and what becomes
    of the next one that begins so.
    """

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.trouble: list[tuple[str, str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._daemon(self._accept)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._daemon(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            begin = client.recv(65536)
            if self.trouble and begin.decode("latin-1").startswith(self.trouble[0][0]):
                _, kind = self.trouble.pop(0)
                return self._spoil(client, kind)
            assert self.target.hostname
            assert self.target.port
            with socket.create_connection((self.target.hostname, self.target.port)) as service:
                service.sendall(begin)
                self._daemon(_pour, service, client)
                _pour(client, service)
        return None

    def _spoil(self, client: socket.socket, kind: str) -> None:
        if kind == RESET:  # closed without the usual farewell
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        body = b'{"detail": "Too busy right now."}'
        client.sendall(
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):  # else what was not read would make it a reset
            pass

    def _daemon(self, target: Callable[..., Any], *arguments: Any) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
