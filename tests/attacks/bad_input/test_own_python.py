"""What a person has set for their own Python and hub is none of the pages' business."""

import json

import pytest

from tests.attacks.bad_input.case import Case

pytestmark = pytest.mark.real_processes

ASKS = """\
# %% odd
import sys

from snippets.model import REMOTE

print(__debug__, "ps9" in dir(sys), sys.warnoptions, sys.flags.dev_mode, REMOTE)
"""
OWN = {
    "PYTHONDEVMODE": "1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONOPTIMIZE": "2",
    "PYTHONSAFEPATH": "1",
    "PYTHONWARNINGS": "error",
}


def test_what_a_person_has_set_for_python_and_the_hub_changes_no_output(
    site, in_a_process, tmp_path
):
    startup = tmp_path / "startup.py"
    startup.write_text("import sys; sys.ps9 = print('Hello')\n")
    case = Case("nothing", "nnsight_guide run odd", "", {"snippets/odd.py": ASKS})
    with case.in_place(site):
        # Where a token is looked for lies a file.
        own = {**OWN, "PYTHONSTARTUP": str(startup), "HF_HOME": str(startup)}
        status, errors = in_a_process(case, own)
    assert status == 0, errors
    recorded = json.loads((site.cache / "recordings/demo/odd.ipynb").read_text())
    (output,) = recorded["cells"][-1]["outputs"]
    assert output["text"] == "True False [] False False\n"
