"""What `make test` says on a machine that has no Chromium."""

import pytest

ONE = "tests/assets/test_figure.py::test_print_shows_the_still_picture_alone"


@pytest.fixture
def run_one(root, command):
    """Run a test of the figures, in CI or elsewhere."""
    options = ("pytest", "-p", "no:cacheprovider", ONE)
    return lambda ci: command(*options, cwd=root, PATH="", CHROME="", CI=ci)


def test_the_browser_tests_are_skipped_with_one_line_on_how_to_get_it(run_one):
    result = run_one(ci="")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 skipped" in result.stdout
    assert "no Chromium here: `apt-get install chromium`, or set CHROME to one" in result.stdout


def test_in_ci_its_absence_is_a_failure(run_one):
    result = run_one(ci="true")
    assert result.returncode == 1
    assert "no Chromium here" in result.stdout
