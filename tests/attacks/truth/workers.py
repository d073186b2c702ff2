"""Processes that stay, and answer one question after the other."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Worker:
    """A process of one of these modules, with arguments, in a checkout; it answers lines of JSON.

    Its first line says that it has loaded what it needs.
    """

    def __init__(self, module: tuple[str, ...], root: Path, environment: Mapping[str, str]) -> None:
        name, *arguments = module
        self._log = root / f"{name}.log"
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"tests.attacks.truth.{name}", *arguments],
                cwd=root,
                env={**environment, "PYTHONPATH": str(root / "src")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._answer()

    def ask(self, *question: str) -> Any:
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return self._answer()

    def end(self) -> None:
        self._process.communicate()

    def _answer(self) -> Any:
        line = self._process.stdout.readline()
        assert line, f"it has ended: {self._log.read_text()[-2000:]}"
        return json.loads(line)
