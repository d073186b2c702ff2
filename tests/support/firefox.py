"""Firefox, driven over WebDriver BiDi: Playwright knows only a Firefox of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from websockets.sync.client import ClientConnection, connect

PATIENCE = 30.0  # seconds: a machine that has other work is slow to start a browser
HOW_TO_GET_FIREFOX = "no Firefox here: `apt-get install firefox-esr`"
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def found() -> str | None:
    """Return Firefox's program, if there is one."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One tab of a Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        """Begin a session in its first tab."""
        self.socket = socket
        self.number = 0
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.ask("session.new", capabilities={})
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command, and return its result; hear on the way what the page complains of."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(PATIENCE))
            if message["type"] == "event":
                self._hear(message["method"], message["params"])
            elif message["id"] == self.number:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                result: dict[str, Any] = message["result"]
                return result

    def _hear(self, event: str, params: dict[str, Any]) -> None:
        if event == "network.beforeRequestSent":
            self.asked.append(params["request"]["url"])
        elif params["level"] == "error":
            self.complaints.append(params["text"])

    def go(self, address: str) -> None:
        """Open a page, and wait until it is loaded."""
        self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")
        # On a busy machine that is at times told of the page before.
        self.wait_for(f"location.href === {address!r} && document.readyState === 'complete'")

    def evaluate(self, script: str) -> Any:
        """Return what an expression of JavaScript gives; a promise is awaited."""
        said = self.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({script}) ?? null))()",
            target={"context": self.tab},
            awaitPromise=True,
        )
        if said["type"] == "exception":
            raise RuntimeError(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"])

    def wait_for(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(script):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.1)

    def press(self, keys: str) -> None:
        """Press keys one after the other: letters, or what WebDriver has in their place."""
        actions = [{"type": way, "value": key} for key in keys for way in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def click(self, css: str) -> None:
        """Click on the middle of an element, and so have the focus there."""
        self.wait_for(f"!!document.querySelector({css!r})")
        box = self.evaluate(f"""(() => {{
            const element = document.querySelector({css!r});
            element.scrollIntoView({{block: "center", behavior: "instant"}});
            const {{x, y, width, height}} = element.getBoundingClientRect();
            return {{x: Math.round(x + width / 2), y: Math.round(y + height / 2)}};
        }})()""")
        ways = [
            {"type": "pointerMove", **box},
            *({"type": f"pointer{w}", "button": 0} for w in ("Down", "Up")),
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": ways})

    def _act(self, source: dict[str, Any]) -> None:
        self.ask("input.performActions", context=self.tab, actions=[source])


@contextmanager
def firefox(program: str) -> Iterator[Firefox]:
    """Start a Firefox with a profile of its own, and end it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        asked = [program, "--headless", "--no-remote", "--remote-debugging-port", "0"]
        process = subprocess.Popen(
            [*asked, "--profile", profile, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # it has processes of its own, to be ended with it
            env={**os.environ, "HOME": profile},
        )
        try:
            assert process.stderr is not None
            with connect(f"{_address(process.stderr)}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _address(said: IO[str]) -> str:
    lines = []
    for line in said:
        if listens := LISTENS.search(line):
            return listens[1]
        lines.append(line)
    raise RuntimeError(f"Firefox has ended: {''.join(lines)}")
