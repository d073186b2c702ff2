"""The whole site, beside a run of everything from nothing."""

import re

import pytest

pytestmark = [pytest.mark.long, pytest.mark.real_processes]


def test_the_site_shows_what_a_run_from_nothing_gives(checkout, first_build, command, report_count):
    source = str(checkout / "src")
    done = command("nnsight_guide", "verify", "--rerun", cwd=checkout, PYTHONPATH=source)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    found = re.fullmatch(r"(\d+) cells and idioms run again.* with (\d+) blocks.*: 0 differ", line)
    assert found
    assert int(found[2]) >= int(found[1]) >= 80
    report_count(line)
