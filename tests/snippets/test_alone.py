"""A snippet runs on its own, as a module."""

import sys

from tests.support.processes import succeed


def test_a_snippet_runs_as_a_module(root):
    done = succeed(sys.executable, "-m", "snippets.trace_and_save", cwd=root)
    assert "6342 ' Paris'" in done.stdout.splitlines()
