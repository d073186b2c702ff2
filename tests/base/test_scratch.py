"""Folders for as long as a process needs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnsight_guide.base.scratch import scratch_folder, write_json

OWNER = """
import sys
from pathlib import Path
from nnsight_guide.base.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path):
    """Another process that works in a folder of its own, which looks as if it were old."""
    command = [sys.executable, "-c", OWNER, tmp_path]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        folder = Path(process.stdout.readline().strip())
        os.utime(folder, (0, 0))
        yield process, folder
        process.kill()


def use_another(tmp_path):
    with scratch_folder(tmp_path) as folder:
        (folder / "file").touch()
    assert not folder.exists()


def test_a_folder_in_use_stays_however_old_it_is(tmp_path, owner):
    _, folder = owner
    use_another(tmp_path)
    assert folder.is_dir()


def test_the_folder_of_a_process_that_was_killed_goes(tmp_path, owner):
    process, folder = owner
    process.kill()
    process.wait()
    assert folder.is_dir()
    use_another(tmp_path)
    assert not folder.exists()


def test_a_folder_that_was_made_just_now_stays_since_its_owner_may_not_have_locked_it(
    tmp_path, owner
):
    process, folder = owner
    process.kill()
    process.wait()
    os.utime(folder)
    use_another(tmp_path)
    assert folder.is_dir()


def test_what_somebody_else_has_in_the_folder_stays(tmp_path):
    others = tmp_path / "nnsight-guide-bench-1"
    others.mkdir()
    os.utime(others, (0, 0))
    use_another(tmp_path)
    assert others.is_dir()


def test_a_file_that_is_there_already_is_not_written_again(tmp_path):
    file = tmp_path / "new" / "file.json"
    write_json({"a": "ü"}, file)
    os.utime(file, (0, 0))
    write_json({"a": "ü"}, file)
    assert file.stat().st_mtime == 0
    write_json({"a": "u"}, file)
    assert file.stat().st_mtime > 0
    assert '"u"' in file.read_text(encoding="utf-8")
