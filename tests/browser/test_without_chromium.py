"""What `make test` says on a machine that has no Chromium."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ONE = "test_print_shows_the_still_picture_alone"


def run_one(ci: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": "", "CHROME": "", "CI": ci}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"{HERE}/test_figure.py::{ONE}"],
        cwd=HERE.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_browser_tests_are_skipped_with_one_line_on_how_to_get_it():
    result = run_one(ci="")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 skipped" in result.stdout
    assert "no Chromium here: `apt-get install chromium`, or set CHROME to one" in result.stdout


def test_in_ci_its_absence_is_a_failure():
    result = run_one(ci="true")
    assert result.returncode == 1
    assert "no Chromium here" in result.stdout
