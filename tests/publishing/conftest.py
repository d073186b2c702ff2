"""What the tests of publishing share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def command_line() -> Callable[..., str]:
    """Run a command and return what it printed; one that fails fails the test, with its errors."""

    def run(*command: str, cwd: Path | None = None, **environment: str) -> str:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
