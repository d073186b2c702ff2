"""Processes that a test starts and waits for."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE = 1800  # seconds: beside other work a run of all snippets and idioms has taken ten minutes
PROGRESS = re.compile(r"\d+%\|")  # what a line of a progress bar has, and nothing else that is said


def run_process(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] = os.environ,
    **added: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command, with variables added to `env`, and hand back what it did."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**env, **added},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def succeed(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Do the same with a command that has to succeed: else the test fails, with all it said."""
    done = run_process(*command, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
