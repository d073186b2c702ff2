"""The recorded outcomes of idioms: what they depend on, and when they run again."""

import dataclasses
import re
from contextlib import closing

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.libraries import installed_versions
from nnsight_guide.idioms import outcomes
from nnsight_guide.idioms.idiom import CELLS, ERRORS_FOLDER, IDIOMS_FOLDER
from nnsight_guide.idioms.outcomes import RecordedOutcome
from nnsight_guide.recording import freshness, keys
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from tests.support.sites import IDIOM

# It needs no library, so that nothing slow is imported.
GONE = '"""Gone\n\nCall `y`.\n"""\n\ny = print\n\n# %% then\nx(16)\n\n# %% now\ny(16)\n'


@pytest.fixture
def folder(project):
    """The small project's idioms: one that works, one that fails."""
    folder = project.snippets / IDIOMS_FOLDER
    folder.mkdir()
    (folder / "same.py").write_text(IDIOM)
    (folder / "gone.py").write_text(GONE)
    return folder


def key_parts(project, profile):
    return outcomes.outcome_states(project, profile, ["same"])["same"].key_parts


def run_stale(project, profile):
    with closing(Runner(project)) as runner:
        return runner.run_stale(Plan(project, profile, [], CELLS)).idioms


def stale(project, profile):
    return freshness.stale(Plan(project, profile).idioms)


def with_sources(project, profile):
    return outcomes.with_sources(project, Plan(project, profile).idioms)


@pytest.fixture
def key(project, profile, folder):
    """The key of the idiom `same`, as it is now."""
    return lambda profile=profile: keys.digest(key_parts(project, profile))


def test_a_project_without_idioms_has_none_to_run(project, profile):
    assert outcomes.idiom_names(project) == []
    assert run_stale(project, profile) == []
    assert with_sources(project, profile) == {}


@pytest.mark.parametrize("name", ["snippets/from_2024/same.py", "requirements.lock"])
def test_a_change_to_anything_that_it_depends_on_changes_the_key(key, project, name):
    before = key()
    path = project.root / name
    path.write_text(path.read_text() + "\n# changed")
    assert key() != before


def test_a_change_to_a_module_that_it_imports_changes_the_key(key, project, folder):
    (folder / "same.py").write_text(IDIOM.replace("# %% then", "import snippets.model\n# %% then"))
    before = key()
    (project.snippets / "model.py").write_text("# %% setup\nx = 1\n")
    assert key() != before


def test_a_change_to_another_idiom_or_to_a_snippet_does_not_change_the_key(key, project, folder):
    before = key()
    (folder / "gone.py").write_text(GONE.replace("16", "17"))
    (project.snippets / "first.py").write_text("# %% other\nx = 1\n")
    assert key() == before


@pytest.mark.parametrize("part", ["name", "model_id", "fingerprint"])
def test_another_model_changes_the_key(key, profile, part):
    assert key(dataclasses.replace(profile, **{part: "another"})) != key()


def test_how_idioms_are_run_and_judged_is_part_of_the_key(project, profile, folder):
    parts = key_parts(project, profile)
    for module in ("idiom", "execution", "processes", "verdicts"):
        assert re.fullmatch("[0-9a-f]{16}", parts[f"nnsight_guide.idioms.{module}.py"])
    assert {"nnsight", "torch", "transformers", "Python"} <= parts.keys()


def test_idioms_run_on_the_demo_model_whatever_the_profile_is(profile):
    remote = dataclasses.replace(profile, name="remote", model_id="EleutherAI/gpt-j-6b")
    assert outcomes.demo_profile(remote) == profile
    assert outcomes.demo_profile(profile) is profile


def test_only_what_is_stale_runs_and_says_so(project, profile, folder, capfd):
    assert stale(project, profile) == ["gone", "same"]
    assert run_stale(project, profile) == ["gone", "same"]
    assert "idioms: " in capfd.readouterr().err
    assert run_stale(project, profile) == []

    recorded_with_source = with_sources(project, profile)
    idiom, recorded = recorded_with_source["gone"]
    assert idiom.title == "Gone"
    assert recorded.outcome.verdict == "fails"
    assert recorded.outcome.message == "NameError: name 'x' is not defined"
    assert recorded.provenance["model"] == profile.model_id
    assert recorded.provenance["versions"] == installed_versions()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", recorded.provenance["date"])
    assert recorded_with_source["same"][1].outcome.verdict == "works"

    (folder / "gone.py").write_text(GONE.replace("16", "17"))
    assert stale(project, profile) == ["gone"]
    before = outcomes.outcome_path(project, "same", profile).stat().st_mtime_ns
    assert run_stale(project, profile) == ["gone"]
    assert with_sources(project, profile)["gone"][1].outcome.now_output == "17"
    assert outcomes.outcome_path(project, "same", profile).stat().st_mtime_ns == before


def test_an_idiom_that_is_edited_while_it_runs_is_not_shown(project, profile, folder, monkeypatch):
    def judged(*arguments, **more):
        (folder / "gone.py").write_text(GONE.replace("16", "17"))
        return really(*arguments, **more)

    really = outcomes.execution.judged
    monkeypatch.setattr(outcomes.execution, "judged", judged)
    with pytest.raises(GuideError, match=r"from_2024/gone\.py: .* changed while it ran"):
        run_stale(project, profile)
    assert stale(project, profile) == ["gone"]


READS = '''"""Reads\n\nStill so.\n"""\n\nfrom pathlib import Path\n\nfile = Path("n.txt")\n
# %% then\nprint(file.read_text())\n\n# %% now\nprint(file.read_text())\n'''


def test_an_idiom_depends_on_what_its_processes_have_read(project, profile, folder):
    (folder / "reads.py").write_text(READS)
    (project.root / "n.txt").write_text("4")
    run_stale(project, profile)
    assert stale(project, profile) == []

    (project.root / "n.txt").write_text("16")
    assert Plan(project, profile).idioms["reads"].stale_because == ["n.txt changed"]
    assert run_stale(project, profile) == ["reads"]
    assert with_sources(project, profile)["reads"][1].outcome.now_output == "16"


SET_UP = "from snippets.model import text\n\n# %% then"
SET_UP_READS = 'from pathlib import Path\n\n# %% setup\ntext = Path("n.txt").read_text()\n'


def test_what_the_set_up_reads_counts_for_the_idioms_that_use_it(project, profile, folder):
    (project.snippets / "model.py").write_text(SET_UP_READS)
    (folder / "same.py").write_text(IDIOM.replace("# %% then", SET_UP))
    (project.root / "n.txt").write_text("4")
    run_stale(project, profile)
    (project.root / "n.txt").write_text("16")
    assert Plan(project, profile).idioms["same"].stale_because == ["n.txt changed"]
    assert stale(project, profile) == ["same"]


def test_a_set_up_that_fails_is_told_by_the_idiom_that_uses_it(project, profile, folder):
    (project.snippets / "model.py").write_text("# %% setup\ntext = 1 / 0\n")
    (folder / "same.py").write_text(IDIOM.replace("# %% then", SET_UP))
    with pytest.raises(GuideError, match=r"from_2024/same\.py: .* ZeroDivisionError"):
        run_stale(project, profile)
    assert stale(project, profile) == ["same"]


def test_an_idiom_that_changes_what_it_reads_is_not_shown(project, profile, folder):
    (folder / "reads.py").write_text(f"{READS}import os\nos.system('echo 5 >> n.txt')\n")
    (project.root / "n.txt").write_text("4")
    with pytest.raises(GuideError, match=r"from_2024/reads\.py: n\.txt changed while it ran"):
        run_stale(project, profile)
    assert stale(project, profile) == ["reads"]


def test_todays_code_that_fails_is_named_and_the_others_are_kept(project, profile, folder):
    (folder / "gone.py").write_text(GONE.replace("y(16)", "z(16)"))
    with pytest.raises(GuideError) as raised:
        run_stale(project, profile)
    assert str(raised.value) == (
        "from_2024/gone.py: today's code fails: NameError: name 'z' is not defined"
    )
    assert stale(project, profile) == ["gone"]


def test_a_file_that_is_no_idiom_is_named_before_anything_runs(project, profile, folder):
    (folder / "half.py").write_text("# %% then\nprint(1)\n")
    with pytest.raises(GuideError, match=r"^from_2024/half\.py needs a docstring"):
        run_stale(project, profile)
    assert stale(project, profile) == ["gone", "half", "same"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"metadata": {"guide": {}}}',
        b'{"metadata": {"guide": {"key_parts": {}, "provenance": {}, "digest": "0"}}}',
    ],
)
def test_a_damaged_outcome_is_none(tmp_path, content):
    path = tmp_path / "same.json"
    path.write_bytes(content)
    assert RecordedOutcome.load(path) is None


def test_an_outcome_that_was_edited_by_hand_runs_again(project, profile, folder):
    run_stale(project, profile)
    path = outcomes.outcome_path(project, "same", profile)
    good = path.read_text()
    path.write_text(good.replace('"16"', '"17"'))
    assert run_stale(project, profile) == ["same"]
    assert path.read_text() == good


def test_an_outcome_that_is_missing_is_none(tmp_path):
    assert RecordedOutcome.load(tmp_path / "same.json") is None


def test_status_counts_the_idioms_and_run_runs_them(command, project, folder):
    def status():
        return command("nnsight_guide", "status", cwd=project.root).stdout.splitlines()[-1]

    assert status() == "  from_2024: 2 idioms, 2 stale"
    done = command("nnsight_guide", "run", "from_2024", cwd=project.root)
    assert (done.returncode, done.stdout) == (0, "2 idioms of from_2024 run: gone, same\n")
    assert status() == "  from_2024: 2 idioms, 0 stale"
    again = command("nnsight_guide", "run", "from_2024", cwd=project.root)
    assert again.stdout == "nothing is stale\n"


ERROR = '"""No\n\nIt is not there.\n\nTrue.\n"""\n\n# %% fails\nx\n\n# %% works\nprint(4)\n'


@pytest.fixture
def errors(project, folder):
    errors = project.snippets / ERRORS_FOLDER
    errors.mkdir()
    (errors / "no.py").write_text(ERROR)
    return errors


def test_errors_run_by_their_own_name_and_are_counted_by_themselves(command, project, errors):
    done = command("nnsight_guide", "run", "errors", cwd=project.root)
    assert (done.returncode, done.stdout) == (0, "1 idioms of errors run: no\n")
    status = command("nnsight_guide", "status", cwd=project.root).stdout.splitlines()[-2:]
    assert status == ["  from_2024: 2 idioms, 2 stale", "  errors: 1 idioms, 0 stale"]


def test_code_that_should_work_and_does_not_is_named(project, profile, errors):
    (errors / "no.py").write_text(ERROR.replace("print(4)", "y"))
    with pytest.raises(
        GuideError, match=r"^errors/no\.py: the code that should work fails: NameErr"
    ):
        run_stale(project, profile)


def test_two_idioms_of_one_name_are_refused(project, errors):
    (errors / "same.py").write_text(ERROR)
    with pytest.raises(GuideError, match=r"errors/same\.py: rename it: there is another same"):
        outcomes.idiom_names(project)


def test_status_needs_neither_torch_nor_jupyter_for_it(command, project, folder):
    done = command("nnsight_guide", "status", cwd=project.root, PYTHONPROFILEIMPORTTIME="1")
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "nnsight_guide.idioms.outcomes" in imported
    assert not imported & {"torch", "transformers", "nnsight", "jupytext", "tqdm"}
