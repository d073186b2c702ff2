"""The kernel's process."""

import os
import subprocess
import sys

import pytest

from nnsight_guide.run.kernel import CALL
from tests.support.processes import run_process

pytestmark = pytest.mark.real_processes


@pytest.mark.skipif(os.name != "posix", reason="a process that has ended is still asked for")
def test_a_kernel_whose_parent_was_gone_before_it_began_ends(tmp_path):
    with subprocess.Popen(["true"]) as parent:
        parent.wait()
    kernel = run_process(
        *(sys.executable, "-m", "ipykernel_launcher", f"--f={tmp_path / 'kernel.json'}"),
        *("--transport=ipc", f"--IPKernelApp.exec_lines={CALL.format('end_with_parent()')}"),
        IPYTHONDIR=str(tmp_path),
        JPY_PARENT_PID=str(parent.pid),
    )
    assert kernel.returncode == 1
