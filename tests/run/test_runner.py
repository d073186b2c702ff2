"""Stale snippets → one kernel → recordings, with a real kernel and the demo model."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.recording import recordings
from nnsight_guide.recording.freshness import freshness
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from tests.support.snippets import edit, printed, undone

SNIPPETS = ["first", "model", "second"]


@pytest.fixture(scope="module")
def project(module_project):
    return module_project


@pytest.fixture(scope="module")
def runner(project) -> Iterator[Runner]:
    with closing(Runner(project)) as runner:
        yield runner


@pytest.fixture(autouse=True)
def _everything_fresh(runner, profile, project):
    """Each test starts with every snippet recorded, and leaves no snippet of its own."""
    runner.run_stale(Plan(project, profile))
    with undone(project):
        yield


def write(project, name, text):
    (project.snippets / f"{name}.py").write_text(text)


def pid(runner):
    return runner.kernels.running["demo", 0].manager.provisioner.pid


def test_what_ran_is_fresh_and_is_not_run_again(project, runner, profile):
    assert all(freshness(project, name, profile).is_fresh for name in SNIPPETS)
    assert runner.run_stale(Plan(project, profile)).snippets == []


def test_the_recording_holds_what_the_cell_printed(project, profile):
    assert printed(project, profile, "first") == "6342\n"


def test_the_recording_says_what_it_was_made_with(project, profile):
    made = freshness(project, "first", profile).recorded.provenance
    assert made["model"] == "nnsight-guide/gptj-demo"
    assert (made["device"], made["dtype"]) == ("cpu", "bfloat16")
    assert made["versions"]["nnsight"] == "0.8.1"
    assert list(made["seconds"]) == ["ask"]


def test_the_recording_is_a_notebook_without_a_path_of_this_machine(project, profile):
    import nbformat

    path = recordings.recording_path(project, "first", profile)
    nbformat.validate(nbformat.read(path, as_version=4))
    assert str(project.root) not in path.read_text()
    assert "/tmp" not in path.read_text()


def test_an_edited_snippet_alone_runs_again_on_the_loaded_model(project, runner, profile):
    before = pid(runner)
    edit(project, "first", "best.item()", "best.item() + 1")
    assert freshness(project, "first", profile).stale_because == ["snippets/first.py changed"]
    assert runner.run_stale(Plan(project, profile)).snippets == ["first"]
    assert printed(project, profile, "first") == "6343\n"
    assert pid(runner) == before


def test_an_edit_to_the_model_runs_everything_in_a_new_kernel(project, runner, profile):
    before = pid(runner)
    edit(project, "model", "REMOTE = False", "REMOTE = bool(0)")
    assert runner.run_stale(Plan(project, profile)).snippets == SNIPPETS
    assert pid(runner) != before


def test_an_edited_helper_is_seen_although_the_kernel_had_imported_it(project, runner, profile):
    write(project, "helper", HELPER)
    write(project, "user", "from snippets.helper import ask\n\n# %% ask\nprint(ask())\n")
    assert runner.run_stale(Plan(project, profile)).snippets == ["helper", "user"]
    assert printed(project, profile, "user") == "6342\n"
    edit(project, "helper", "argmax", "argmin")
    assert runner.run_stale(Plan(project, profile)).snippets == ["helper", "user"]
    assert printed(project, profile, "user") == printed(project, profile, "second")


HELPER = """\
from snippets.model import model

# %% helper
def ask():
    with model.trace("The Eiffel Tower is in the city of"):
        best = model.lm_head.output[0, -1].argmax().save()
    return best.item()
"""


def test_in_reverse_order_and_each_alone_the_recordings_are_equal(project, profile):
    def cells():
        return {
            name: freshness(project, name, profile).recorded.content["cells"] for name in SNIPPETS
        }

    write(project, "first", "# %% ask\nimport torch\n\nprint(torch.rand(3))\n")
    with closing(Runner(project)) as together:
        together.run_stale(Plan(project, profile))
    in_order = cells()

    recorded = project.cache / "recordings" / "demo"
    for path in recorded.iterdir():
        path.unlink()
    with closing(Runner(project)) as reverse:
        assert (
            reverse.run_stale(Plan(project, profile, reversed(SNIPPETS))).snippets == SNIPPETS[::-1]
        )
    assert cells() == in_order

    for path in recorded.iterdir():
        path.unlink()
    for name in SNIPPETS:
        with closing(Runner(project)) as alone:
            alone.run_stale(Plan(project, profile, [name]))
    assert cells() == in_order


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("model._module.lm_head.bias.data += 1", "the weights lm_head.bias"),
        ("model._module.lm_head.weight.data[5, 5] += 1", "the weights lm_head.weight"),
        ("model._module.train()", "the training mode"),
        ("import torch; torch.set_grad_enabled(False)", "torch's gradient mode"),
        ("import os; os.environ['LATER'] = '1'", "the environment variable LATER"),
        ("import os; os.chdir('/')", "the current folder"),
    ],
)
def test_a_snippet_that_changes_what_others_share_fails_by_name(
    project, runner, profile, change, named
):
    write(project, "rude", f"from snippets.model import model\n\n# %% rude\n{change}\n")
    with pytest.raises(GuideError) as caught:
        runner.run_stale(Plan(project, profile))
    assert str(caught.value).startswith(f"snippets/rude.py changes {named}, which")


def test_after_a_snippet_that_changed_the_model_the_next_runs_on_an_unchanged_one(
    project, runner, profile
):
    change = "model._module.lm_head.bias.data += torch.arange(50400) * 10.0\nraise OSError\n"
    write(project, "rude", f"from snippets.model import model, torch\n\n# %% rude\n{change}")
    with pytest.raises(GuideError, match="OSError"):
        runner.run_stale(Plan(project, profile))
    (project.snippets / "rude.py").unlink()
    edit(project, "first", "best.item()", "best.item() + 0")
    runner.run_stale(Plan(project, profile))
    assert printed(project, profile, "first") == "6342\n"


def test_a_failing_cell_is_named_with_snippet_cell_and_line(project, runner, profile):
    write(project, "zero", "# %% fine\nx = 0\n\n# %% broken\ny = 1\n\nprint(y / x)\n")
    with pytest.raises(GuideError) as caught:
        runner.run_stale(Plan(project, profile))
    assert str(caught.value) == (
        "snippets/zero.py, line 7, cell 'broken': ZeroDivisionError: division by zero"
    )


def test_a_failure_leaves_the_last_good_recordings_and_keeps_what_ran(project, runner, profile):
    path = recordings.recording_path(project, "second", profile)
    good = path.read_text()
    edit(project, "first", "best.item()", "best.item() + 2")
    edit(project, "second", "best.item()", "nothing")
    with pytest.raises(GuideError, match=r"snippets/second\.py, line 7, cell 'ask': NameError"):
        runner.run_stale(Plan(project, profile))
    assert path.read_text() == good
    assert printed(project, profile, "first") == "6344\n"


def test_a_cell_that_should_fail_and_does_not_is_an_error(project, runner, profile):
    write(project, "tame", '# %% tame tags=["active-ipynb", "raises-exception"]\n# x = 1\n')
    with pytest.raises(GuideError, match="cell 'tame': should raise"):
        runner.run_stale(Plan(project, profile))


def test_a_cell_that_should_fail_may(project, runner, profile):
    write(project, "wild", '# %% wild tags=["active-ipynb", "raises-exception"]\n# print(x)\n')
    assert runner.run_stale(Plan(project, profile)).snippets == ["wild"]


def test_names_of_one_snippet_are_unknown_to_the_next(project, runner, profile):
    write(project, "aaa", "# %% aaa\nleft_over = 1\n")
    write(project, "bbb", "# %% bbb\nprint('left_over' in globals())\n")
    runner.run_stale(Plan(project, profile))
    assert printed(project, profile, "bbb", "bbb") == "False\n"


def test_what_a_snippet_held_is_given_back_without_waiting_for_the_next(
    project, runner, profile, tmp_path, wait_until
):
    gone = tmp_path / "gone"
    held = f"class Held:\n    def __del__(self, path={str(gone)!r}, open=open):\n"
    write(
        project, "holds", f"# %% holds\n{held}        open(path, 'w').close()\n\n\nheld = Held()\n"
    )
    runner.run_stale(Plan(project, profile))
    wait_until(gone.exists, seconds=10)


@pytest.mark.parametrize("more", ["", "x.itself = x"], ids=["plain", "in a circle"])
def test_what_changes_the_model_as_it_goes_is_not_seen_by_the_next_snippet(
    project, runner, profile, more
):
    change = "model._module.lm_head.bias.data += torch.arange(50400) * 10.0"
    late = f"class Late:\n    def __del__(self, model=model, torch=torch):\n        {change}\n"
    write(
        project,
        "aaa",
        f"from snippets.model import model, torch\n\n# %% aaa\n{late}\n\nx = Late()\n{more}\n",
    )
    edit(project, "first", "best.item()", "best.item() + 0")
    before = pid(runner)
    assert runner.run_stale(Plan(project, profile)).snippets == ["aaa", "first"]
    assert printed(project, profile, "first") == "6342\n"
    assert pid(runner) != before


def test_what_an_object_says_as_it_goes_is_no_output_of_a_later_snippet(project, runner, profile):
    says = "class Says:\n    def __del__(self, print=print):\n        print('I go')\n"
    write(project, "aaa", f"# %% aaa\n{says}\n\nx = Says()\nx.itself = x\n")
    write(project, "bbb", "# %% bbb\nimport gc\n\ngc.collect()\nprint('mine')\n")
    runner.run_stale(Plan(project, profile))
    assert printed(project, profile, "bbb", "bbb") == "mine\n"


def test_a_kernel_that_dies_is_named_and_replaced(project, runner, profile):
    write(project, "fatal", "# %% fatal\nimport os\n\nos._exit(1)\n")
    with pytest.raises(GuideError, match="cell 'fatal': the kernel died"):
        runner.run_stale(Plan(project, profile))
    (project.snippets / "fatal.py").unlink()
    edit(project, "first", "best.item()", "best.item() + 3")
    assert runner.run_stale(Plan(project, profile)).snippets == ["first"]


def test_a_recording_made_with_another_model_is_stale(project, profile):
    path = recordings.recording_path(project, "first", profile)
    made = Recording.load(path)
    made.content["metadata"]["guide"]["key_parts"]["model"] = "another"
    made.save(path)
    assert freshness(project, "first", profile).stale_because == ["model changed"]
