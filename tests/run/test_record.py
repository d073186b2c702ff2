"""Recordings of the real model, end to end; a checkpoint of the demo's size stands in for it."""

import json
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.base import libraries
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.html import provenance
from nnsight_guide.model import profiles
from nnsight_guide.recording.committed import CommittedFile, committed_path
from nnsight_guide.recording.real_cells import RealCell
from nnsight_guide.run.plan import Plan
from tests.support.building import build_here
from tests.support.processes import succeed
from tests.support.sites import MATERIAL, block, make_site
from tests.support.snippets import edit, undone
from tests.support.stand_in import hub_with_stand_in, stand_in

FOLDER = "snippets/recordings/gpt-j-6b"
NAMES = ["first", "model", "second", "words"]
WORDS = """from snippets.model import model

# %% ids
print(model.tokenizer("Hello").input_ids)

# %% fail tags=["active-ipynb", "raises-exception"]
# print(nothing)

# %% count
print(len(model.tokenizer("Hello").input_ids))
"""
REMOTE = '# %% tags=["remote"]\nfrom snippets.model import model\n\n# %% job\nprint(1)\n'
PAGE = block(
    "which_model()",
    'cell("first", "ask")',
    'cell("second", "ask", fold="The answer")',
    'cell("words", "ids")',
    'output("first", "ask")',
    'published("trace")',
)


@pytest.fixture(scope="module")
def project(module_project):
    """A project with a snippet that every model answers alike, and a site."""
    module_project.snippets.joinpath("words.py").write_text(WORDS)
    settings = {"theme": MATERIAL, "markdown_extensions": ["admonition", "pymdownx.superfences"]}
    chapter = "# Another\n\n" + block('cell("first", "ask")')
    pages = {"index.md": f"# A chapter\n\n{PAGE}", "chapters/another.md": chapter}
    return make_site(module_project, pages, **settings)


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Path:
    return hub_with_stand_in(tmp_path_factory.mktemp("models") / "hub")


@pytest.fixture(scope="module")
def local(hub) -> dict[str, str]:
    """The variables with which the stand-in is the model that runs."""
    return {"GUIDE_PROFILE": "local", "GUIDE_MODEL": "", "HF_HUB_CACHE": str(hub)}


@pytest.fixture(scope="module")
def record(local):
    """Record the real model, which is what the stand-in is called here."""

    def record(folder: Path, **environment: str) -> str:
        command = (sys.executable, "-m", "nnsight_guide", "record")
        return succeed(*command, cwd=folder, **{**local, **environment}).stdout

    return record


@pytest.fixture(scope="module")
def recorded(project, record) -> str:
    """What the first recording said, of a project with a snippet about NDIF, too."""
    with undone(project):
        write_far(project.snippets)
        return record(project.root)


def write_far(snippets: Path) -> None:
    """Write a snippet about NDIF. Where builds found it, each would start a service for it."""
    (snippets / "far.py").write_text(REMOTE)


@pytest.fixture
def copy(project, recorded, tmp_path) -> Project:
    """The project as it was recorded, to be recorded anew."""
    return Project(Path(shutil.copytree(project.root, tmp_path / "copy")))


@pytest.fixture(scope="module")
def build(project, recorded):
    """Build the site with the demo model, and hand back the page."""

    def build() -> BeautifulSoup:
        html = (build_here(project) / "index.html").read_text()
        return BeautifulSoup(html, "html.parser").select_one("article")

    return build


@pytest.fixture(scope="module")
def article(build) -> BeautifulSoup:
    """The page as it is when nothing is stale."""
    return build()


@pytest.fixture(autouse=True)
def _undone(project):
    with undone(project):
        yield


def files(project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.root / FOLDER).iterdir()}


def state(project, snippet: str = "first"):
    """What may be shown of a snippet, as a build of today finds it."""
    return Plan(project, profiles.current({}), [snippet]).committed[snippet]


def fresh(project, snippet: str = "first", cell: str = "ask") -> RealCell | None:
    return state(project, snippet).cells.get(cell)


def date(project, snippet: str = "first") -> str:
    return fresh(project, snippet).provenance["date"]


def shown(block) -> list[tuple[str, str]]:
    """Return label and output of each tab of a block."""
    labels = [label.text for label in block.select(".tabbed-labels > label")]
    outputs = [output.text for output in block.select(".tabbed-block > .guide-output")]
    return list(zip(labels, outputs, strict=True))


def test_record_writes_what_runs_on_the_real_model_and_nothing_else(project, recorded):
    assert sorted(files(project)) == [f"{name}.ipynb" for name in NAMES]
    assert recorded.startswith("4 recordings written to snippets/recordings: ")
    assert "not recorded, since they need PROFILE=remote: far" in recorded


def test_a_committed_recording_is_a_notebook_that_says_how_it_was_made(project, recorded):
    import nbformat

    path = committed_path(project, "first")
    nbformat.validate(nbformat.read(path, as_version=4))
    made = fresh(project).provenance
    assert (made["profile"], made["model"]) == ("local", "EleutherAI/gpt-j-6b")
    assert (made["device"], made["dtype"]) == ("cpu", "bfloat16")


def test_each_cell_has_its_twin_which_the_demo_model_gave(project, recorded):
    file = CommittedFile.load(committed_path(project, "first"))
    [twin] = file.cells["ask"]["metadata"]["guide"]["twin"]
    assert twin["text"] == "6342\n" != file.cells["ask"]["outputs"][0]["text"]
    assert fresh(project).is_proven


def test_a_second_run_finds_nothing_missing_and_leaves_every_file_byte_identical(copy, record):
    before = files(copy)
    assert "4 as they were: first, model, second, words" in record(copy.root)
    assert files(copy) == before


def test_only_missing_cells_are_recorded_after_those_before_them(copy, record):
    before = files(copy)
    next_one = "\n# %% next\nprint(best.item() + 1)\n"
    path = copy.snippets / "first.py"
    path.write_text(path.read_text().replace("# %% ask", "# %% ask\n# a comment") + next_one)
    assert record(copy.root).startswith("1 recordings written to snippets/recordings: first\n")
    assert {name for name, text in files(copy).items() if text != before[name]} == {"first.ipynb"}
    assert state(copy).is_fresh
    ask, found = fresh(copy), fresh(copy, cell="next")
    assert int(found.outputs[0]["text"]) == int(ask.outputs[0]["text"]) + 1
    assert found.key != ask.key  # which keeps the run that it is of


def test_the_demo_profile_is_refused_in_one_line(project, command):
    done = command("nnsight_guide", "record", cwd=project.root)
    assert done.returncode == 1
    assert done.stderr == (
        "nnsight_guide: records the real model: set PROFILE=local or PROFILE=remote\n"
    )


def test_a_model_in_a_folder_is_recorded_under_the_folders_name(tmp_path, project, record):
    elsewhere = tmp_path / "project"
    shutil.copytree(project.root, elsewhere, ignore=shutil.ignore_patterns("recordings", "site"))
    for name in ("first", "second", "words"):
        (elsewhere / "snippets" / f"{name}.py").unlink()
    (elsewhere / "snippets" / "tell.py").write_text(
        "from snippets.model import model\n\n# %% tell\nprint(model.repo_id)\n"
    )
    folder = stand_in(tmp_path / "random-gptj")
    record(elsewhere, GUIDE_MODEL=str(folder))
    for path in (elsewhere / FOLDER).iterdir():
        assert CommittedFile.load(path).runs[0]["provenance"]["model"] == "random-gptj"
        assert str(tmp_path) not in path.read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("requirements.lock", "==0.8.1", "==0.8.1\nruff==99", {}),
        ("snippets/words.py", "# %% ids", "# %% ids\n# Of a word.", {}),
        ("snippets/words.py", "print(nothing)", "print( nothing )  # there is none", {}),
        ("snippets/model.py", "REMOTE = False", "REMOTE = False  # here", {}),
        ("snippets/words.py", "print(len(", "print(1 + len(", {"count": "cell 'count'"}),
        (
            "snippets/words.py",
            "print(nothing)",
            "print(none)",
            {"fail": "cell 'fail'", "count": "cell 'fail'"},
        ),
        (
            "snippets/words.py",
            "print(model",
            "print(1, model",
            dict.fromkeys(("ids", "fail", "count"), "cell 'ids'"),
        ),
        (
            "snippets/model.py",
            "REMOTE = False",
            "REMOTE = True",
            dict.fromkeys(("ids", "fail", "count"), "snippets/model.py"),
        ),
    ],
    ids=[
        "tool",
        "comment",
        "failing_layout",
        "helper_comment",
        "later",
        "failing",
        "earlier",
        "helper",
    ],
)
def test_what_a_cell_was_made_from_takes_it_off_by_name_and_nothing_else(
    project, recorded, file, old, new, stale
):
    path = project.root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    found = state(project, "words")
    assert found.stale_because == {name: [f"{what} changed"] for name, what in stale.items()}
    assert {*found.cells} == {"ids", "fail", "count"} - {*stale}


@pytest.fixture
def other_versions(monkeypatch):
    """Another Python and another transformers than those that it was recorded with."""
    versions = {**libraries.needed_versions(), "transformers": "5.99.0"}
    monkeypatch.setattr(libraries, "needed_versions", lambda: versions)
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "99", "0"))


def test_with_other_versions_the_tab_says_so_for_as_long_as_the_twin_is_the_same(
    project, article, build, other_versions
):
    told = build().select_one(".guide-recorded").text
    assert told == (
        article.select_one(".guide-recorded").text + ". Today's versions differ: Python 3.99, "
        "transformers 5.99.0; the demo model gives the same with both"
    )


def test_where_the_demo_model_gives_something_else_the_real_output_is_not_shown(
    project, article, other_versions
):
    path = committed_path(project, "first")
    good = path.read_bytes()
    made = CommittedFile.load(path)
    made.cells["ask"]["metadata"]["guide"]["twin"][0]["text"] = "6343\n"
    made.save(path)
    try:
        found = state(project)
    finally:
        path.write_bytes(good)
    assert found.reasons() == ["ask: what the demo model gives for it changed"]
    assert not found.cells


@pytest.mark.parametrize("damage", [b"{}", b"<<<<<<< HEAD\n{}", b""])
def test_a_damaged_recording_is_named_and_not_passed_over(project, recorded, damage):
    path = committed_path(project, "first")
    good = path.read_bytes()
    path.write_bytes(damage)
    try:
        with pytest.raises(GuideError, match=rf"^{FOLDER}/first\.ipynb is damaged: `git restore"):
            state(project)
    finally:
        path.write_bytes(good)


def test_a_snippet_that_does_not_exist_has_no_recording(project):
    with pytest.raises(GuideError, match="there is no snippet 'frist'"):
        state(project, "frist")


def test_status_tells_of_the_committed_recordings(project, recorded, command):
    write_far(project.snippets)

    def status(*arguments):
        return command("nnsight_guide", "status", *arguments, cwd=project.root).stdout

    assert status().count("committed: fresh, EleutherAI/gpt-j-6b, 2") == len(NAMES)
    assert status().count("committed: none") == 1
    edit(project, "first", "argmax()", "argmin()")
    said = "committed: stale (ask: cell 'ask' changed), EleutherAI/gpt-j-6b"
    assert f"{said}, {date(project, 'second')}, nnsight {version('nnsight')}" in status()
    far, first, *_ = json.loads(status("--json"))["snippets"]
    assert far["committed"]["why"] == ["no recording"]
    assert first["committed"]["why"] == ["ask: cell 'ask' changed"]


def test_a_page_shows_the_real_models_output_first_and_the_demos_beside_it(project, article):
    first, second, words = article.select("[data-snippet]")
    (label, real), (demo_label, demo) = shown(first)
    assert (label, demo_label) == ("GPT-J-6B", "Demo model")
    assert demo == "6342"
    assert real not in ("", demo)
    told = first.select_one(".guide-recorded").text
    versions = ", ".join(f"{name} {version(name)}" for name in provenance.SHOWN_VERSIONS)
    made = f"Recorded on a CPU with EleutherAI/gpt-j-6b, {versions}, on {date(project)}"
    assert told == made
    assert shown(second)[0][1] == "The answer6342"  # what the demo finds least likely
    assert second.select(".tabbed-block > .guide-output > details > summary")
    assert words.select_one(".guide-output").text == "[15496]"


def test_each_output_names_its_model_and_the_block_the_one_that_the_build_ran(article):
    block = article.select_one("[data-snippet]")
    assert block["data-model"] == "nnsight-guide/gptj-demo"
    real, demo = block.select(".tabbed-block > .guide-output")
    assert real["data-model"] == "EleutherAI/gpt-j-6b"
    assert (demo["data-model"], demo["data-key"]) == (block["data-model"], block["data-key"])
    assert real["data-key"] != demo["data-key"]


def test_equal_outputs_stand_there_once_and_without_tabs(article):
    words = article.select_one("[data-snippet=words]")
    assert words.select(".tabbed-set") == []
    assert len(words.select(".guide-output")) == 1


def test_a_notebook_shows_what_the_real_model_gave(project, article):
    path = project.root / "site" / "downloads" / "notebooks" / "another.ipynb"
    code, *_, end = json.loads(path.read_text())["cells"][-2:]
    assert code["outputs"] == fresh(project).outputs
    assert "EleutherAI/gpt-j-6b" in end["source"]


def test_the_ids_of_the_tabs_are_unique_and_the_same_in_every_build(article, build):
    tabs = article.select(".tabbed-set > input")
    assert len({tab["id"] for tab in tabs}) == len(tabs) == 6
    assert len({tab["name"] for tab in tabs}) == 3
    assert [tab["id"] for tab in tabs] == [
        tab["id"] for tab in build().select(".tabbed-set > input")
    ]


def test_an_output_alone_has_tabs_too(article):
    alone = article.select_one("[data-output-of]")
    assert [label for label, _ in shown(alone)] == ["GPT-J-6B", "Demo model"]


def test_the_page_says_which_two_models_ran(project, article):
    note = article.select_one(".guide-model").text
    assert "EleutherAI/gpt-j-6b" in note
    assert "demo model" in note
    lines = [line.text for line in article.select(".guide-provenance")]
    assert sorted(line.split(" in ")[0].split(": ")[1] for line in lines) == [
        "EleutherAI/gpt-j-6b",
        "nnsight-guide/gptj-demo",
    ]
    assert all(date(project) in line for line in lines)


def test_where_gpt_j_itself_is_shown_the_published_table_is_not(project, article, build):
    assert "published" not in article.text
    edit(project, "words", "Hello", "Hello you")
    assert "What was published for GPT-J-6B" in build().text


def test_a_stale_recording_is_never_shown(project, build):
    edit(project, "first", "print(best.item())", "print(best.item() + 1)")
    article = build()
    first, second, _ = article.select("[data-snippet]")
    assert first.select(".tabbed-set") == []
    assert first.select_one(".guide-output").text == "6343"
    assert len(shown(second)) == 2


def test_another_checkpoint_than_gpt_j_goes_by_its_own_name(project, build):
    path = committed_path(project, "first")
    good = path.read_text()
    made = CommittedFile.load(path)
    made.runs[0]["provenance"]["model"] = "random-gptj"
    made.save(path)
    try:
        article = build()
    finally:
        path.write_text(good)
    assert shown(article.select_one("[data-snippet]"))[0][0] == "random-gptj"
    assert "What was published for GPT-J-6B" in article.text


def test_a_build_with_another_profile_than_the_demo_shows_no_tabs(project, local, recorded):
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", "site-local")
    succeed(*command, cwd=project.root, **local)
    html = (project.root / "site-local" / "index.html").read_text()
    page = BeautifulSoup(html, "html.parser")
    assert page.select(".tabbed-set") == []
    assert page.select_one("[data-snippet]")["data-model"] == "EleutherAI/gpt-j-6b"
