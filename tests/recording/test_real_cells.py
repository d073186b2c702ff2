"""What of a committed recording may be shown: which changes take an output off the page."""

import copy
import platform

import nbformat
import pytest

from nnsight_guide.base import libraries
from nnsight_guide.base.errors import GuideError
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import cells, committed, recordings
from nnsight_guide.recording.committed import CommittedFile, committed_path, with_run
from nnsight_guide.recording.real_cells import real_state
from nnsight_guide.recording.recordings import Recording
from tests.support.snippets import edit

SNIPPET = '''"""A snippet."""

from snippets.model import model

# %% ask
print(model)

# %% fail tags=["active-ipynb", "raises-exception"]
# print(model,
#       nothing)

# %% count
from snippets.help import count

print(count())
'''
HELP = '"""Help."""\n\n\ndef count():\n    return len(open("snippets/numbers.txt").read())\n'
REAL = {"ask": "12.5", "fail": "NameError: no nothing in line 2", "count": "3"}
DEMO = {"ask": "0.512", "fail": "NameError: no nothing in line 2", "count": "3"}
NUMBERS = {"snippets/numbers.txt": "a665a45920422f9d"}  # the hash of its content


def ran(project, texts: dict[str, str], model: str, until: str | None = None) -> Recording:
    """What a run of the snippet gives, whose cells print these texts."""
    profile = Profile("demo" if model == "demo" else "local", model, "1")
    notebook = cells.read_notebook(project.snippet_path("ask"), until)
    for cell in notebook.cells:
        text = texts.get(cell.metadata.get("title"))
        cell.outputs = [nbformat.v4.new_output("stream", text=text)] if text else []
    made = {"profile": profile.name, "model": model, "device": "cpu", "dtype": "bfloat16"}
    made |= {"versions": libraries.installed_versions(), "date": "2026-11-26", "seconds": {}}
    parts = recordings.key_parts(project, "ask", profile)
    guide = {"key_parts": parts, "read": NUMBERS, "provenance": made}
    return Recording({**notebook, "metadata": {"guide": guide}})


def record(project, texts=REAL, *, demo=DEMO, until: str | None = None) -> CommittedFile:
    """Record what is missing up to a cell, and return the file."""
    twins = ran(project, demo, "demo") if demo else None
    state = real_state(project, "ask", twins)
    new = ran(project, texts, "some/model", until)
    file = with_run(project, "ask", new, twins, state.valid(), state.file)
    file.save(committed_path(project, "ask"))
    return file


def state(project, demo=DEMO):
    return real_state(project, "ask", demo and ran(project, demo, "demo"))


def stale(project, demo=DEMO) -> dict[str, str]:
    """Return which cells may not be shown, and why."""
    found = state(project, demo)
    assert {*found.cells} | {*found.stale_because} >= {"ask", "fail", "count"}
    return {name: ", ".join(why) for name, why in found.stale_because.items()}


@pytest.fixture
def recorded(project):
    project.snippets.joinpath("ask.py").write_text(SNIPPET)
    project.snippets.joinpath("help.py").write_text(HELP)
    project.snippets.joinpath("numbers.txt").write_text("123")
    record(project)
    return project


def test_all_of_what_was_just_recorded_is_shown(recorded):
    assert stale(recorded) == {}
    assert state(recorded).is_fresh
    assert [*state(recorded).cells] == ["ask", "fail", "count"]
    assert state(recorded).cells["ask"].outputs[0]["text"] == "12.5"
    assert all(cell.is_proven and not cell.since for cell in state(recorded).cells.values())


def test_it_is_a_notebook(recorded):
    nbformat.validate(nbformat.read(committed_path(recorded, "ask"), as_version=4))


def test_nothing_recorded_is_nothing_shown(project):
    assert not real_state(project, "first", None).is_fresh
    assert real_state(project, "first", None).reasons() == ["no recording"]


def test_a_bump_of_a_tool_changes_nothing(recorded):
    recorded.lock_file.write_text("ruff==99\n")
    assert stale(recorded) == {}


@pytest.mark.parametrize(
    ("old", "new", "names_lines"),
    [
        ("print(model)\n", "# What model?\nprint( model )  # this one\n", {"fail"}),
        ('"""A snippet."""', '"""A snippet that asks."""\n# And counts.', {"fail"}),
        ("# %% count\n", "# %% count\n# How many?\n", set()),
    ],
)
def test_a_comment_changes_nothing_but_where_an_output_names_a_line(
    recorded, old, new, names_lines
):
    edit(recorded, "ask", old, new)
    assert stale(recorded).keys() == names_lines


def test_a_comment_in_a_helper_changes_nothing(recorded):
    edit(recorded, "help", "def count():\n", 'def count():\n    """Count."""\n    # All.\n')
    edit(recorded, "model", "# %% setup", "# All.\n# %% setup")
    assert stale(recorded) == {}


def test_a_cell_whose_output_names_a_line_is_compared_as_text(recorded):
    edit(recorded, "ask", "# print(model,\n", "# # Fails.\n# print(model,\n")
    assert stale(recorded) == {"fail": "cell 'fail' changed"}


def test_so_is_a_helper_of_which_it_names_a_line(recorded):
    committed_path(recorded, "ask").unlink()
    record(recorded, {**REAL, "count": "help.py:5: UserWarning: old"}, demo=None)
    path = recorded.snippets / "help.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(recorded, demo=None) == {}  # a clone whose lines end as on Windows
    edit(recorded, "help", "def count", "# All.\ndef count")
    assert stale(recorded, demo=None) == {"count": "snippets/help.py changed"}
    edit(recorded, "model", "# %% setup", "# All.\n# %% setup")
    assert stale(recorded, demo=None) == {"count": "snippets/help.py changed"}


def test_a_later_cell_changes_nothing_for_those_before_it(recorded):
    edit(recorded, "ask", "print(count())", "print(count() + 1)")
    assert stale(recorded) == {"count": "cell 'count' changed"}
    edit(recorded, "ask", "print(count() + 1)", "print(count())\n\n# %% more\nprint(1)")
    assert stale(recorded) == {"more": "no recording"}


def test_an_earlier_cell_changes_all_that_come_after_it(recorded):
    edit(recorded, "ask", "print(model)", "print(model, 1)")
    assert {*stale(recorded)} == {"ask", "fail", "count"}
    assert state(recorded).reasons() == ["ask, fail, count: cell 'ask' changed"]


def test_so_does_what_stands_above_the_first_cell_and_a_cell_between(recorded):
    edit(recorded, "ask", "import model\n", "import model, name\n")
    assert set(stale(recorded).values()) == {"what stands above the first cell changed"}
    edit(recorded, "ask", "import model, name\n", "import model\n")
    edit(recorded, "ask", "# %% count\n", "# %% new\nmodel = 1\n\n# %% count\n")
    assert stale(recorded) == {"new": "no recording", "count": "cell 'new' changed"}


def test_a_cell_of_comments_alone_changes_nothing(recorded):
    edit(recorded, "ask", "# %% count\n", "# %%\n# How many?\n\n# %% count\n")
    assert stale(recorded) == {}


def test_a_helper_counts_for_the_cells_that_use_it(recorded):
    edit(recorded, "help", "len(", "1 + len(")
    assert stale(recorded) == {"count": "snippets/help.py changed"}
    assert stale(recorded, {**DEMO, "count": "4"}) == {"count": "snippets/help.py changed"}
    edit(recorded, "model", "bfloat16", "float32")
    assert stale(recorded)["ask"] == "snippets/model.py changed"


def test_so_does_one_that_only_a_cell_in_comments_imports(recorded):
    edit(recorded, "ask", "# print(model,", "# from snippets.second import best\n# print(model,")
    record(recorded)
    assert stale(recorded) == {}
    edit(recorded, "second", "argmin", "argmax")
    assert {*stale(recorded)} == {"fail", "count"}


def test_a_helper_that_is_gone_or_new_counts(recorded):
    (recorded.snippets / "help.py").unlink()
    assert stale(recorded, demo=None) == {"count": "snippets/help.py changed"}
    (recorded.snippets / "help").mkdir()
    (recorded.snippets / "help" / "__init__.py").write_text(HELP)
    assert "snippets/help/__init__.py changed" in stale(recorded, demo=None)["count"]


def test_a_file_that_was_read_counts_for_the_whole_run(recorded):
    (recorded.snippets / "numbers.txt").write_text("1234")
    assert set(stale(recorded).values()) == {"snippets/numbers.txt changed"}


def test_so_does_a_file_that_a_source_declares(recorded):
    (recorded.snippets / "more.txt").write_text("1")
    edit(recorded, "help", "def count", 'READS = ["snippets/more.txt"]\n\n\ndef count')
    record(recorded)
    assert stale(recorded) == {}
    (recorded.snippets / "more.txt").write_text("2")
    assert "snippets/more.txt changed" in stale(recorded)["count"]


def test_another_python_is_stated(recorded, monkeypatch):
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "99", "1"))
    assert stale(recorded) == {}
    assert {cell.since["Python"] for cell in state(recorded).cells.values()} == {"3.99"}


def test_another_library_is_stated_for_as_long_as_the_demo_model_gives_the_same(
    recorded, monkeypatch
):
    versions = {**libraries.needed_versions(), "transformers": "5.99.0", "of-this-machine": "1"}
    monkeypatch.setattr(libraries, "needed_versions", lambda: versions)
    assert stale(recorded) == {}
    assert state(recorded).cells["ask"].since == {"transformers": "5.99.0"}
    assert stale(recorded, {**DEMO, "ask": "0.513"}) == {}
    assert stale(recorded, {**DEMO, "ask": "0.6"}) == {
        "ask": "what the demo model gives for it changed"
    }


def test_whose_twin_cannot_be_compared_is_shown_and_not_called_proven(recorded):
    assert not state(recorded, demo=None).cells["ask"].is_proven
    other = ran(recorded, {**DEMO, "ask": "0.6"}, "demo")
    other.content["metadata"]["guide"]["provenance"]["device"] = "cuda"
    assert not real_state(recorded, "ask", other).cells["ask"].is_proven


def test_a_recording_without_twins_is_shown(recorded):
    committed_path(recorded, "ask").unlink()
    record(recorded, demo=None)
    assert stale(recorded) == {}
    assert not state(recorded).cells["ask"].is_proven


def test_a_new_run_is_merged_cell_by_cell(recorded):
    edit(recorded, "ask", "# %% fail", "# %% new\nprint(1)\n\n# %% fail")
    edit(recorded, "ask", "print(model)\n", "print(model)  # as it was\n")
    edit(recorded, "ask", "# print(model,\n", "# print(\n")
    file = record(recorded, {**REAL, "ask": "13.0", "new": "1"}, until="fail")
    assert stale(recorded) == {"count": "no recording"}
    assert [*file.cells] == ["ask", "new", "fail"]
    assert [file.cells[name]["metadata"]["guide"]["run"] for name in file.cells] == [0, 1, 1]
    assert file.cells["ask"]["outputs"][0]["text"] == "12.5"  # it was valid, and keeps its run
    record(recorded)
    assert stale(recorded) == {}


def test_a_valid_cell_after_the_last_missing_one_stays_where_it_is(recorded):
    file = CommittedFile.load(committed_path(recorded, "ask"))
    del file.content["cells"][1]  # that of `ask`
    file.save(committed_path(recorded, "ask"))
    assert stale(recorded) == {"ask": "no recording"}
    file = record(recorded, until="ask")
    assert [*file.cells] == ["ask", "fail", "count"]
    assert [file.cells[name]["metadata"]["guide"]["run"] for name in file.cells] == [1, 0, 0]


def test_a_run_that_no_cell_is_of_any_more_goes(recorded):
    edit(recorded, "model", "bfloat16", "float32")
    assert len(record(recorded).runs) == 1


def test_a_source_that_changed_while_it_ran_is_not_recorded(recorded):
    twins = ran(recorded, DEMO, "demo")
    edit(recorded, "help", "len(", "1 + len(")
    new = ran(recorded, REAL, "some/model")
    with pytest.raises(GuideError, match=r"^snippets/help\.py has changed while it was recorded"):
        with_run(recorded, "ask", new, twins, {}, None)


def test_another_format_of_recordings_takes_all_off(recorded, monkeypatch):
    monkeypatch.setattr("nnsight_guide.recording.real_cells.FORMAT", "99")
    assert set(stale(recorded).values()) == {"recording format changed"}


@pytest.mark.parametrize("part", ["format", "provenance", "made_with", "cells", "modules", "read"])
def test_a_file_that_lacks_something_is_damaged(recorded, part):
    file = CommittedFile.load(committed_path(recorded, "ask"))
    content = copy.deepcopy(file.content)
    del content["metadata"]["guide"]["runs"][0][part]
    CommittedFile(content).save(committed_path(recorded, "ask"))
    with pytest.raises(GuideError, match=r"ask\.ipynb is damaged: `git restore"):
        committed.load_committed(recorded, "ask")


def test_a_snippet_that_cannot_be_read_shows_nothing_of_its_recording(recorded):
    edit(recorded, "ask", "print(model)", "print(model")
    found = real_state(recorded, "ask", None)
    assert not found.is_fresh
    assert not found.cells
    assert found.reasons()[0].startswith("ask, fail, count: snippets/ask.py, line 6:")
