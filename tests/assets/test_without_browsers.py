"""What `make test` says on a machine that has no Chromium, and no Firefox."""

import pytest

IN_CHROMIUM = "tests/assets/test_figure.py::test_print_shows_the_still_picture_alone"
IN_FIREFOX = "tests/assets/live/test_firefox.py::test_it_runs_from_a_folder"
CHROMIUM = "no Chromium here: `apt-get install chromium`, or set CHROME to one"
FIREFOX = "no Firefox here: `apt-get install firefox-esr`"


@pytest.fixture
def run_both(root, command):
    """Run a test for each of the two, in CI or elsewhere."""
    options = ("pytest", "-p", "no:cacheprovider", IN_CHROMIUM, IN_FIREFOX)
    return lambda ci: command(*options, cwd=root, PATH="", CHROME="", CI=ci)


def test_the_browser_tests_are_skipped_with_one_line_on_how_to_get_it(run_both):
    result = run_both(ci="")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 skipped" in result.stdout
    assert CHROMIUM in result.stdout
    assert FIREFOX in result.stdout


def test_in_ci_its_absence_is_a_failure(run_both):
    result = run_both(ci="true")
    assert result.returncode == 1
    assert "2 errors" in result.stdout
    assert CHROMIUM in result.stdout
    assert FIREFOX in result.stdout
