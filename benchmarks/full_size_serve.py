"""Edits under `mkdocs serve`: from saving a file to its new page, answered over loopback."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

EDITS = 5
SECONDS = 600
POLL = 0.02
PROSE = ("docs/chapters/output-versus-input.md", "chapters/output-versus-input/")
SNIPPET = "input_and_output"
RAN = re.compile(r"(\d+) of \d+ snippets run, (\d+) cells executed; (\d+) of \d+ idioms run")


def measure(copy: Path, environment: dict[str, str], log: Path) -> dict[str, Any]:
    """Serve the built copy, edit prose and a snippet, and return what each edit took.

    The first edit of the snippet loads the model, and is told apart from the others.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"]
    with log.open("w") as said:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            command, cwd=copy, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            return _edits(copy, f"http://127.0.0.1:{port}/{PROSE[1]}", process, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _edits(copy: Path, url: str, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    _wait_for(url, "Output", process)
    page = copy / PROSE[0]
    prose = []
    for number in range(EDITS):
        words = f"Edit {number} of the prose."
        prose.append(_saved_to_served(page, f"\n{words}\n", url, words, process))
    snippet = copy / "snippets" / f"{SNIPPET}.py"
    edits = []
    kernels = []
    for number in range(EDITS + 1):
        # The words are put together by the code, so its source does not hold them, only its output.
        more = f'print("edit", {number}, "of the snippet")\n'
        words = f"edit {number} of the snippet"
        seconds = _saved_to_served(snippet, more, url, words, process)
        edits.append({"seconds": seconds, "cells": _cell_seconds(copy)})
        kernels.append(_kernels(process.pid))
    executed = [list(map(int, found)) for found in RAN.findall(log.read_text())]
    return {
        "prose": prose,
        "first snippet edit": edits[0],
        "snippet": edits[1:],
        "kernels": sorted({pid for pids in kernels for pid in pids}),
        "snippets, cells and idioms run, of each build": executed,
    }


def _saved_to_served(
    path: Path, more: str, url: str, words: str, process: subprocess.Popen[bytes]
) -> float:
    text = path.read_text(encoding="utf-8") + more
    begin = time.perf_counter()
    path.write_text(text, encoding="utf-8")
    _wait_for(url, words, process)
    return round(time.perf_counter() - begin, 3)


def _wait_for(url: str, words: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"full_size: `mkdocs serve` ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - loopback
                if words in answer.read().decode():
                    return
        except OSError:
            pass
        time.sleep(POLL)
    raise SystemExit(f"full_size: {words!r} has not come up on {url} within {SECONDS} s")


def _cell_seconds(copy: Path) -> float:
    path = copy / ".cache" / "nnsight-guide" / "recordings" / "local" / f"{SNIPPET}.ipynb"
    made = json.loads(path.read_text(encoding="utf-8"))["metadata"]["guide"]["provenance"]
    return round(float(sum(made["seconds"].values())), 3)


def _kernels(pid: int) -> list[int]:
    return [
        child.pid
        for child in psutil.Process(pid).children(recursive=True)
        if "ipykernel_launcher" in " ".join(child.cmdline())
    ]
