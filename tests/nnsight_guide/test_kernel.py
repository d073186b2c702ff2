"""The kernel's process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nnsight_guide.run.kernel import CALL


@pytest.mark.skipif(os.name != "posix", reason="a process that has ended is still asked for")
def test_a_kernel_whose_parent_was_gone_before_it_began_ends(tmp_path):
    with subprocess.Popen(["true"]) as parent:
        parent.wait()
    kernel = subprocess.run(
        [
            *(sys.executable, "-m", "ipykernel_launcher", f"--f={tmp_path / 'kernel.json'}"),
            *("--transport=ipc", f"--IPKernelApp.exec_lines={CALL.format('end_with_parent')}"),
        ],
        env={**os.environ, "IPYTHONDIR": str(tmp_path), "JPY_PARENT_PID": str(parent.pid)},
        timeout=60,
        check=False,
    )
    assert kernel.returncode == 1
