"""A snippet runs on its own, as a module."""

import subprocess
import sys


def test_a_snippet_runs_as_a_module(root):
    done = subprocess.run(
        [sys.executable, "-m", "snippets.trace_and_save"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "6342 ' Paris'" in done.stdout.splitlines()
