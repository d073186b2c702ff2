"""`python -m nnsight_guide`."""

import json
from importlib.metadata import version
from pathlib import Path


def test_demo_prints_the_folder_of_the_checkpoint_as_its_last_line(command, tmp_path):
    done = command("nnsight_guide", "demo", cwd=tmp_path)
    assert done.returncode == 0
    assert (Path(done.stdout.splitlines()[-1]) / "model.safetensors").is_file()


def test_status_of_a_new_project_says_that_nothing_is_recorded(command, project):
    done = command("nnsight_guide", "status", cwd=project.root)
    assert done.returncode == 0
    assert done.stdout.count("stale (no recording)") == 3


def test_run_runs_the_named_snippet_and_status_tells(command, project):
    done = command("nnsight_guide", "run", "first", cwd=project.root)
    assert (done.returncode, done.stdout) == (0, "1 snippets run: first\n")
    assert "snippets/first.py" in done.stderr, "the progress bar names the snippet"

    shown = json.loads(command("nnsight_guide", "status", "--json", cwd=project.root).stdout)
    first, model, second = shown["snippets"]
    assert (first["snippet"], first["fresh"], first["why"]) == ("first", True, [])
    assert first["model"] == "nnsight-guide/gptj-demo"
    assert first["versions"]["transformers"] == version("transformers")
    assert first["seconds"] > 0
    assert not model["fresh"]
    assert second["why"] == ["no recording"]

    again = command("nnsight_guide", "run", "first", cwd=project.root)
    assert again.stdout == "nothing is stale\n"

    project.lock_file.write_text("nnsight==0.8.2\n")
    shown = command("nnsight_guide", "status", cwd=project.root).stdout
    assert "stale (requirements.lock changed)" in shown


def test_a_misspelt_snippet_is_refused_in_one_line(command, project):
    done = command("nnsight_guide", "run", "frist", cwd=project.root)
    assert done.returncode == 1
    assert done.stderr == "nnsight_guide: there is no snippet 'frist': did you mean 'first'?\n"


def test_a_misspelt_profile_is_refused_in_one_line(command, project):
    done = command("nnsight_guide", "status", cwd=project.root, GUIDE_PROFILE="dmeo")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "nnsight_guide: GUIDE_PROFILE: there is no profile 'dmeo': did you mean 'demo'?"
    ]


def test_outside_of_a_checkout_the_remedy_is_named(command, tmp_path):
    done = command("nnsight_guide", "status", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("nnsight_guide: no checkout of the guide here")


def test_status_needs_neither_torch_nor_jupyter(command, project):
    done = command("nnsight_guide", "status", cwd=project.root, PYTHONPROFILEIMPORTTIME="1")
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "nnsight_guide.recording.recordings" in imported
    assert not imported & {"torch", "transformers", "nnsight", "nbclient", "jupyter_client"}
