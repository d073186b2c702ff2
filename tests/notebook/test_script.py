"""A snippet → one script that runs anywhere."""

import pytest

from nnsight_guide.notebook.script import standalone_script
from nnsight_guide.recording.cells import read_notebook
from nnsight_guide.recording.recordings import Recording


@pytest.fixture
def script(project):
    (project.snippets / "tools.py").write_text(
        "from snippets.model import model\n\n# %% tool\ndef double(x):\n    return 2 * x\n"
    )
    (project.snippets / "user.py").write_text(
        "from snippets.model import model\nfrom snippets.tools import double\n\n"
        "# %% use\nprint(double(2))\n\n"
        '# %% fail tags=["active-ipynb", "raises-exception"]\n# print(nothing)\n'
    )
    recordings = {
        name: Recording(read_notebook(project.snippet_path(name)))
        for name in project.snippet_names()
    }
    return standalone_script(project, recordings, "user")


def test_nothing_of_the_project_is_imported(script):
    assert "snippets" not in script
    assert "nnsight_guide" not in script


def test_the_set_up_and_every_needed_cell_come_once_and_in_order(script):
    markers = [line for line in script.splitlines() if line.startswith("# %%")]
    assert markers == ["# %% setup", "# %% tool", "# %% use"]


def test_a_deliberate_failure_is_left_out(script):
    assert "nothing" not in script
