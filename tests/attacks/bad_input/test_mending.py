"""What a command can mend by itself it mends, and says what it did."""

import json

import pytest

from nnsight_guide.recording import recordings
from nnsight_guide.recording.freshness import freshness
from tests.attacks.bad_input.case import SOMETHING, Case

RUN_FIRST = Case("nothing", "nnsight_guide run first", "", kept=True)


def lasting(path):
    """Return a recording without what varies from run to run."""
    notebook = json.loads(path.read_text())
    del notebook["metadata"]["guide"]
    return notebook


@pytest.mark.parametrize("damage", [lambda content: content[:-40], lambda _: b"", lambda _: b"\0{"])
def test_a_damaged_recording_is_made_again(site, runner, profile, in_process, damage):
    path = recordings.recording_path(site, "first", profile)
    good = lasting(path)
    path.write_bytes(damage(path.read_bytes()))
    assert freshness(site, "first", profile).stale_because == ["damaged recording"]
    assert in_process(RUN_FIRST, {})[0] == 0
    assert lasting(path) == good


def test_a_cell_that_was_mended_runs_at_once(site, runner, in_process):
    case = Case("nothing", "nnsight_guide run odd", "", SOMETHING, kept=True)
    with case.in_place(site) as variables:
        assert in_process(case, variables)[0] == 0
    (site.cache / "recordings/demo/odd.ipynb").unlink()


def test_temporary_files_may_lie_deeper_than_a_socket_can(site, in_a_process, tmp_path):
    far = tmp_path / ("far" * 40)
    far.mkdir()
    case = Case("nothing", "nnsight_guide run odd", "", SOMETHING)
    with case.in_place(site):
        status, errors = in_a_process(case, {"TMPDIR": str(far)})
    assert status == 0, errors
    (site.cache / "recordings/demo/odd.ipynb").unlink()
