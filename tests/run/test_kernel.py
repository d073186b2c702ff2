"""The kernel's process."""

import os
import subprocess
import sys

import pytest

from nnsight_guide.run.failures import CellError, explain_loading
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


def test_a_model_that_does_not_load_is_told_by_its_own_file_and_no_librarys(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("import os\n\n# %% setup\nmodel = os.no_model\n")

    def told(*places):
        traceback = "\n".join(f"File {place}, in <module>" for place in places)
        return explain_loading(CellError("load", "OSError: no", traceback=traceback), path)

    library = "/lib/nnsight/model.py:3"
    assert told(library) == "the model did not load: OSError: no"
    own = "snippets/model.py, line 4, cell 'setup': OSError: no"
    assert told("~/guide/snippets/model.py:4", library) == own
