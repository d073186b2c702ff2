"""Snippets for the second model, end to end; a very small Llama stands in for it."""

import logging
import shutil

import pytest
from bs4 import BeautifulSoup
from mkdocs.exceptions import Abort

from nnsight_guide.__main__ import main
from nnsight_guide.base.errors import GuideError
from nnsight_guide.model import profiles, second_model
from nnsight_guide.model.second_model import ORIGIN, SMOLLM2
from nnsight_guide.recording.committed import SECOND_FOLDER, CommittedFile, committed_path
from nnsight_guide.run import real_model
from nnsight_guide.run.plan import Plan
from nnsight_guide.verify.rerun import rerun
from tests.support.building import build_here
from tests.support.sites import MATERIAL, block, make_project, make_site
from tests.support.small_llama import make_package
from tests.support.snippets import edit, undone

SETUP = """# %% tags=["second-model"]
import os

# %% setup
import torch
from nnsight import TransformersModel

name = os.environ["GUIDE_SECOND_MODEL"] or "HuggingFaceTB/SmolLM2-135M-Instruct"
model = TransformersModel(name, task="text-generation", tokenizer=name, dtype=torch.float32)
"""
ASK = """# %% tags=["second-model"]
from snippets.second_model import model

# %% kind
print(model.config.model_type)  # of architecture

# %% shape
with model.trace("the"):
    hidden = model.model.layers[0].output.save()

print(tuple(hidden.shape))
"""
CELLS = 'cell("llama", "kind")', 'cell("llama", "shape")', 'output("llama", "shape")'
PAGE = "# Another\n\n" + block("which_model()", 'setup("second_model")', *CELLS)
LOGGER = "mkdocs.plugins.nnsight_guide"
REMEDY = "run `make second-model`"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package with a small model in it, and a cache of its own for the checkpoint."""
    folder = tmp_path_factory.mktemp("packages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(second_model, "DIGESTS", make_package(folder))
        patch.syspath_prepend(folder)
        yield folder


@pytest.fixture(scope="module")
def project(package, tmp_path_factory):
    """A project whose snippet for the second model is recorded, and committed."""
    project = make_project(tmp_path_factory.mktemp("project"))
    (project.snippets / "second_model.py").write_text(SETUP)
    (project.snippets / "llama.py").write_text(ASK)
    settings = {"theme": MATERIAL, "markdown_extensions": ["admonition", "pymdownx.superfences"]}
    pages = {"index.md": f"# A chapter\n\n{PAGE}", "chapters/another.md": PAGE}
    make_site(project, pages, **settings)
    real_model.record_missing(project, profiles.current({}))
    return project


@pytest.fixture(autouse=True)
def _undone(project):
    with undone(project):
        yield


@pytest.fixture
def without_model(monkeypatch):
    """Neither the checkpoint nor the package, as in any fresh clone."""
    monkeypatch.setattr(second_model, "_package", lambda packages=None: None)
    checkpoint = second_model.second_folder()
    checkpoint.rename(checkpoint.with_name("away"))
    yield
    checkpoint.with_name("away").rename(checkpoint)


def states(project):
    return Plan(project, profiles.current({}), idiom_folders=()).snippets


def page(project, name="index.html"):
    return BeautifulSoup((build_here(project) / name).read_text(), "html.parser").article


def outputs(article):
    return [output.get_text() for output in article.select(".guide-output, .guide-cell > pre")]


def test_it_runs_on_the_second_model_whatever_the_profile(project):
    path = project.snippet_path("llama")
    for profile in (profiles.current({}), profiles.Profile("local", "some/model", "1")):
        plan = Plan(project, profile, ["llama", "first"], ())
        assert plan.runs_on("llama").name == "second-model"
        assert plan.runs_on("first") == profile
    made = CommittedFile.load(committed_path(project, "llama")).runs[0]["provenance"]
    assert path.is_file()
    assert (made["model"], made["dtype"], made["device"]) == (SMOLLM2, "float32", "cpu")


def test_what_it_gives_is_committed_beside_the_snippets(project):
    folder = project.snippets / SECOND_FOLDER
    assert sorted(path.name for path in folder.iterdir()) == ["llama.ipynb", "second_model.ipynb"]
    assert (
        CommittedFile.load(folder / "llama.ipynb").cells["kind"]["outputs"][0]["text"] == "llama\n"
    )


def test_recorded_once_it_is_not_recorded_again(project):
    done = real_model.record_missing(project, profiles.current({}))
    assert (done.written, done.unchanged) == ([], ["llama", "second_model"])


def test_a_build_without_the_model_shows_what_is_committed_and_runs_none_of_it(
    project, without_model
):
    plan = Plan(project, profiles.current({}), ["llama"], ())
    assert plan.stale_snippets == []
    article = page(project)
    assert outputs(article) == ["llama", "(1, 2, 32)", "(1, 2, 32)"]


def test_the_page_its_notebook_and_every_line_of_provenance_say_what_the_weights_are(project):
    article = page(project)
    assert article.select_one(".guide-model").text.count(ORIGIN) == 1
    assert f"{SMOLLM2} ({ORIGIN}) in float32 on cpu" in article.select_one(".guide-provenance").text
    notebook = (project.root / "site/downloads/notebooks/another.ipynb").read_text()
    assert notebook.count(ORIGIN) == 2
    assert "EleutherAI" not in notebook
    assert 'use(\\"smollm2\\")' in notebook


def test_comments_and_layout_do_not_count_and_the_page_shows_todays(project, without_model):
    edit(project, "llama", "# of architecture", "# what it is")
    article = page(project)
    assert "# what it is" in article.text
    assert outputs(article) == ["llama", "(1, 2, 32)", "(1, 2, 32)"]


def test_without_the_model_an_edited_cell_says_that_its_output_is_out_of_date(
    project, without_model, caplog
):
    edit(project, "llama", "layers[0]", "layers[1]")
    with caplog.at_level(logging.INFO, LOGGER):
        article = page(project)
    [line] = [record.getMessage() for record in caplog.records if "out of date" in record.message]
    assert line == (
        "snippets/llama.py: its recorded output is out of date (shape: cell 'shape' changed): "
        "`make second-model` brings the model that it is for"
    )
    assert outputs(article)[0] == "llama"
    assert "(1, 2, 32)" not in article.text
    assert [note.text for note in article.select(".guide-out-of-date")] == [
        "This output is out of date, and not shown: cell 'shape' changed."
    ] * 2
    notebook = (project.root / "site/downloads/notebooks/another.ipynb").read_text()
    assert "The output of this cell is out of date (cell 'shape' changed)." in notebook
    assert "(1, 2, 32)" not in notebook


def test_with_the_model_an_edited_snippet_runs_and_its_new_output_is_shown_and_kept(project):
    edit(project, "llama", "hidden.shape", "hidden[0].shape")
    assert outputs(page(project)) == ["llama", "(2, 32)", "(2, 32)"]
    before = states(project)["llama"].recorded.provenance
    done = real_model.record_missing(project, profiles.current({}))
    assert (done.written, done.unchanged) == (["llama"], ["second_model"])
    assert states(project)["llama"].recorded.provenance == before  # it did not run once more
    assert states(project)["llama"].is_fresh


def test_a_snippet_that_has_never_run_needs_the_model_in_one_line(project, without_model, caplog):
    (project.snippets / "new.py").write_text(ASK)
    plan = Plan(project, profiles.current({}), ["new"], ())
    assert plan.stale_snippets == ["new"]
    with pytest.raises(Abort):
        build_here(project)
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert line.endswith(REMEDY)


def test_whoever_names_a_snippet_that_cannot_run_is_told(
    project, without_model, monkeypatch, capsys
):
    edit(project, "llama", "layers[0]", "layers[1]")
    monkeypatch.chdir(project.root)
    assert main(["run", "llama"]) == 1
    assert REMEDY in capsys.readouterr().err


def test_recording_without_the_model_is_one_line_and_loses_nothing(project, without_model):
    edit(project, "llama", "layers[0]", "layers[1]")
    before = committed_path(project, "llama").read_bytes()
    with pytest.raises(GuideError, match=REMEDY):
        real_model.record_missing(project, profiles.current({}))
    assert committed_path(project, "llama").read_bytes() == before


def test_a_rerun_compares_it_within_what_machines_differ_by(project):
    build_here(project)
    report = rerun(project, profiles.current({}))
    assert report.differences == []
    edit(project, "llama", "print(tuple(hidden.shape))", 'print(f"{hidden.sum() + 12:.3f}")')
    real_model.record_missing(project, profiles.current({}))
    path = committed_path(project, "llama")
    for shown, differs in (("12.001", False), ("12.500", True)):
        file = CommittedFile.load(path)
        cell = file.cells["shape"]
        cell["outputs"][0]["text"] = f"{shown}\n"
        file.save(path)
        shutil.rmtree(project.cache / "recordings")
        build_here(project)
        assert bool(rerun(project, profiles.current({})).differences) is differs


def test_a_rerun_without_the_model_says_what_it_has_left_out(project, without_model):
    build_here(project)
    report = rerun(project, profiles.current({}))
    assert report.differences == []
    assert any("second model: llama, second_model" in note for note in report.notes)
