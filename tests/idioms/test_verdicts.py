"""How an idiom's two runs become one verdict; no model is needed for that."""

import asyncio
import json
import multiprocessing
import os
from dataclasses import asdict

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.idioms import idiom, verdicts
from nnsight_guide.idioms.execution import run_cells
from nnsight_guide.idioms.processes import Finished, run_scripts

NOW = Finished(0, "16\n", "")


WARNING = "/home/someone/my code/x_then.py:3: FutureWarning: use y\n  x()\n"
TRACEBACK = 'Traceback …\n  File "x", line 1\nValueError: long\nOSError: no x.bin\n\n'
JUDGED = {
    "the same in silence": (NOW, "works", ""),
    "a warning, without where": (Finished(0, "16\n", WARNING), "warns", "FutureWarning: use y"),
    "a logger, without its mark": (Finished(0, "16\n", "[transformers] use y\n"), "warns", "use y"),
    "another output": (Finished(0, "4\n", ""), "differs", ""),
    "the last line of a traceback": (Finished(1, "", TRACEBACK), "fails", "OSError: no x.bin"),
    "no end": (Finished(None, "", ""), "fails", "it does not come to an end"),
}


@pytest.mark.parametrize(("then", "verdict", "message"), JUDGED.values(), ids=JUDGED)
def test_what_the_old_code_leaves_behind_becomes_a_verdict_and_a_message(then, verdict, message):
    outcome = verdicts.judge("x", then, NOW)
    assert (outcome.verdict, outcome.message) == (verdict, message)
    assert (outcome.then_output, outcome.now_output) == (then.output.strip(), "16")


def test_a_warning_of_both_cells_is_not_the_old_code_s():
    then = Finished(0, "16\n", "/tmp/a/x_then.py:3: UserWarning: cold\n  old()\n")
    now = Finished(0, "16\n", "/tmp/a/x_now.py:7: UserWarning: cold\n  new()\n")
    assert verdicts.judge("x", then, now).verdict == "works"


def test_today_s_code_must_not_fail():
    with pytest.raises(GuideError, match=r"from_2024/x\.py: today's code fails: NameError: y"):
        verdicts.judge("x", NOW, Finished(1, "", "NameError: y\n"))


def test_an_outcome_can_be_stored_as_json():
    outcome = verdicts.judge("x", NOW, NOW)
    assert verdicts.Outcome(**json.loads(json.dumps(asdict(outcome)))) == outcome


def test_a_file_without_both_cells_is_named(tmp_path):
    path = tmp_path / "half.py"
    path.write_text('"""Title\n\nWhy.\n"""\n\n# %% then\nprint(1)\n')
    with pytest.raises(GuideError, match=r"half\.py needs .* '# %% then' and '# %% now'"):
        idiom.read_idiom(path)


def test_an_idiom_is_read_with_its_title_and_its_explanation(tmp_path):
    path = tmp_path / "both.py"
    path.write_text('"""Title\n\nWhy\nso.\n"""\n\nx = 1\n\n# %% then\nprint(x)\n\n# %% now\nx\n')
    found = idiom.read_idiom(path)
    assert (found.title, found.explanation) == ("Title", "Why so.")
    assert (found.then, found.now) == ("print(x)", "x")
    assert found.setup.endswith("x = 1")


ERROR = '"""Title\n\nWhy\nso.\n\nNot true.\n"""\n\n# %% fails\nx\n\n# %% works\ny\n'


def test_an_error_is_read_with_whether_its_message_is_true(tmp_path):
    path = tmp_path / idiom.ERRORS_FOLDER / "x.py"
    path.parent.mkdir()
    path.write_text(ERROR)
    found = idiom.read_idiom(path)
    assert (found.title, found.explanation, found.truth) == ("Title", "Why so.", "Not true.")
    assert (found.then, found.now, found.folder) == ("x", "y", "errors")


@pytest.mark.parametrize("lost", ["\n\nNot true.", "# %% works"])
def test_an_error_that_lacks_something_is_named(tmp_path, lost):
    path = tmp_path / idiom.ERRORS_FOLDER / "x.py"
    path.parent.mkdir()
    path.write_text(ERROR.replace(lost, ""))
    with pytest.raises(
        GuideError, match=r"errors/x\.py needs .* its message is true.* '# %% works'"
    ):
        idiom.read_idiom(path)


# The scripts below need no library, so they show the processes alone.


def script(folder, name, source):
    path = folder / name
    path.write_text(source)
    return path


def test_each_script_runs_in_a_process_of_its_own(tmp_path):
    scripts = [
        script(tmp_path, f"{number}.py", "import os; print(os.getpid(), __name__)")
        for number in range(3)
    ]
    finished = [each for _, each in run_scripts(scripts)]
    assert all(each.exit_code == 0 and each.output.endswith("__main__\n") for each in finished)
    assert len({each.output for each in finished} | {str(os.getpid())}) == 4


@pytest.mark.parametrize(("setup", "is_imported"), [("", "False"), ("import torch", "True")])
def test_what_no_script_asks_for_is_not_imported(tmp_path, setup, is_imported):
    is_there = "import sys; print('tor' + 'ch' in sys.modules)"
    both = idiom.Idiom("same", "The same", "Still.", setup, then="", now=is_there)

    async def ran():
        return [each async for each in run_cells([both], {}, tmp_path)]

    ((_, _, now),) = asyncio.run(ran())
    assert now.output.strip() == is_imported


def test_who_looks_at_the_stack_has_not_read_what_runs_the_script(tmp_path):
    looks = script(tmp_path, "looks.py", "import traceback; print(traceback.format_stack())")
    ((_, finished),) = run_scripts([looks])
    assert "processes.py" in finished.output
    assert finished.read == {}


def test_results_come_as_scripts_end_each_with_its_number(tmp_path):
    slow = script(tmp_path, "slow.py", "import time; time.sleep(0.5); print('slow')")
    fast = script(tmp_path, "fast.py", "print('fast')")
    told = [(number, each.output) for number, each in run_scripts([slow, fast], at_once=2)]
    assert told == [(1, "fast\n"), (0, "slow\n")]


def test_an_error_leaves_its_traceback_and_an_exit_code(tmp_path):
    ((_, finished),) = run_scripts(
        [script(tmp_path, "broken.py", "print('so far')\nraise ValueError('no')")]
    )
    assert (finished.exit_code, finished.output) == (1, "so far\n")
    assert finished.errors.endswith("ValueError: no\n")


def test_a_script_that_takes_too_long_is_stopped(tmp_path):
    ((_, finished),) = run_scripts([script(tmp_path, "hangs.py", "while True: pass")], seconds=0.5)
    assert finished.exit_code is None


def test_when_whoever_asked_has_gone_the_scripts_are_stopped(tmp_path):
    reader, writer = os.pipe()
    short = script(tmp_path, "short.py", "")
    endless = script(tmp_path, "endless.py", "while True: pass")
    told = run_scripts([short, endless], seconds=10, until=reader)
    assert next(told)[0] == 0
    os.close(writer)
    assert list(told) == []
    os.close(reader)
    for process in multiprocessing.active_children():
        process.join(5)
    assert multiprocessing.active_children() == []
