"""The notebooks of the built site: what is downloaded runs, and its page is one of the site's."""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
import pytest

from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.html import figures, maps
from nnsight_guide.recording.committed import SECOND_FOLDER
from tests.support.notebooks import execute, left_out
from tests.support.pages import ROOT, chapter_pages, is_for_second_model

Notebook = dict[str, Any]

PAGES = {PurePosixPath(page).parent.name: page for page in chapter_pages()}  # notebook → chapter
EXERCISES = [name for name, page in PAGES.items() if page.startswith("exercises/")]
WORKSHEETS = [f"{name}-worksheet" for name in EXERCISES]
NOTEBOOKS = [*PAGES, *WORKSHEETS]
REMOTE = "remote-execution"
IMPORTS = "import importlib.util\n[importlib.util.find_spec(name) for name in {names}]"


def code_cells(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def tags(cell: Mapping[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def errors(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return the cells that raised, by their source, and what each raised."""
    return {
        "".join(cell["source"]): output["ename"]
        for cell in code_cells(notebook)
        for output in cell["outputs"]
        if output["output_type"] == "error"
    }


@pytest.fixture(scope="module")
def downloads(checkout, first_build) -> dict[str, Notebook]:
    folder = checkout / "site" / "downloads" / "notebooks"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.ipynb")}


@pytest.fixture(scope="module")
def recorded(checkout, first_build) -> dict[tuple[bool, str], dict[str, Any]]:
    """Every recorded cell, by its source, and by whether it is for the second model."""
    made = checkout / ".cache" / "nnsight-guide" / "recordings" / "demo"
    committed = checkout / "snippets" / SECOND_FOLDER
    return {
        (folder == committed, cell["source"]): cell
        for folder in (made, committed)
        for path in folder.glob("*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]
    }


def solved(sheet: Notebook, whole: Notebook) -> Notebook:
    """Return a worksheet with the solution in place of the reader's cell, as of one who is done."""
    notebook = json.loads(json.dumps(sheet))
    [yours] = [cell for cell in code_cells(notebook) if "your-turn" in tags(cell)]
    yours["source"] = left_out(sheet, whole)[0]
    return notebook


def program(notebook: Notebook) -> list[str]:
    """Return the lines that a notebook runs, whatever cells they stand in."""
    cells = ["".join(cell["source"]) for cell in code_cells(notebook)]
    return [line for line in "\n".join(cells).splitlines() if line]


@pytest.fixture(scope="module")
def executed(downloads, tmp_path_factory, service, second_environment):
    """Start every notebook, two at a time, and hand out what will have come of each.

    A worksheet that is done, and has become the program of the whole notebook, runs as that.
    """
    root = tmp_path_factory.mktemp("notebooks")
    demo = {"GUIDE_MODEL": str(checkpoint()), "HF_HUB_OFFLINE": "1"}
    with ThreadPoolExecutor(max_workers=2) as pool:
        remote = {**service.environment(), "GUIDE_MODEL": service.repo_id}
        done = {
            f"{name}-solved": solved(downloads[f"{name}-worksheet"], downloads[name])
            for name in EXERCISES
        }
        wholes = {
            f"{name}-solved": name
            for name in EXERCISES
            if program(done[f"{name}-solved"]) == program(downloads[name])
        }
        notebooks = {**downloads, **{name: done[name] for name in done.keys() - wholes.keys()}}
        environments = dict.fromkeys(notebooks, demo) | {REMOTE: remote}
        for name in filter(is_second, notebooks):
            if second_environment:
                environments[name] = second_environment
            else:
                del environments[name]
        runs = {
            name: pool.submit(execute, notebooks[name], root / name, environment)
            for name, environment in environments.items()
        }
        yield runs | {sheet: runs[whole] for sheet, whole in wholes.items() if whole in runs}


def is_second(notebook: str) -> bool:
    """Whether a notebook, or a worksheet, is for the second model."""
    return is_for_second_model(PAGES[re.sub("-(worksheet|solved)$", "", notebook)])


@pytest.fixture
def done(executed, request):
    """Wait for a notebook that runs, and return it."""

    def done(name: str) -> Notebook:
        if name not in executed:
            request.getfixturevalue("second")  # which is not there
        return executed[name].result()

    return done


def test_every_chapter_has_its_notebook_and_each_exercise_two(downloads):
    assert downloads.keys() == set(NOTEBOOKS)


def test_every_notebook_is_valid_and_needs_nothing_of_the_guides(downloads):
    for name, notebook in downloads.items():
        nbformat.validate(nbformat.from_dict(notebook))
        for cell in code_cells(notebook):
            needed = [line for line in cell["source"].splitlines() if not line.startswith("#")]
            assert "nnsight_guide" not in "\n".join(needed), name
            assert "from snippets" not in cell["source"], name


def test_no_notebook_shows_a_path_of_this_machine(checkout, downloads):
    for name, notebook in downloads.items():
        for private in (str(checkout), str(Path.home()), "/tmp/", "ipykernel"):
            assert private not in json.dumps(notebook), name


def test_every_output_is_the_recorded_one(downloads, recorded):
    n_outputs = 0
    for name, notebook in downloads.items():
        for cell in code_cells(notebook):
            outputs = cell["outputs"]
            known = recorded[is_second(name), cell["source"]]["outputs"] if outputs else []
            for output, original in zip(outputs, known, strict=True):
                kept = {k: v for k, v in original.items() if k not in ("data", "execution_count")}
                assert kept.items() <= output.items(), name
                data = dict(original.get("data", {}))
                for kind, seen in ((figures.MIME, "image/png"), (maps.MIME, "text/html")):
                    if data.pop(kind, None):
                        assert output["data"].pop(seen)
                assert output.get("data", {}) == data, name
                n_outputs += 1
    assert n_outputs > 40


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_of_the_chapter_is_in_its_notebook(downloads, pages, recorded, name):
    shown = pages[PAGES[name.removesuffix("-worksheet")]].select("[data-snippet]")
    assert shown
    sources = {cell["source"] for cell in code_cells(downloads[name])}
    for block in shown:
        is_solution = name in WORKSHEETS and block.find_parent("details", class_="success")
        code = block.select_one(".highlight pre > code").get_text().rstrip("\n")
        assert (code in sources) is not bool(is_solution), block["data-cell"]


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_runs_from_top_to_bottom(done, name):
    notebook = done(name)
    on_purpose = [cell for cell in code_cells(notebook) if "raises-exception" in tags(cell)]
    assert errors(notebook).keys() == {"".join(cell["source"]) for cell in on_purpose}


def test_what_fails_on_purpose_fails_as_it_is_recorded(executed, downloads):
    n_errors = 0
    for name in PAGES.keys() & executed.keys():
        assert errors(executed[name].result()) == errors(downloads[name])
        n_errors += len(errors(downloads[name]))
    assert n_errors >= 6


@pytest.mark.parametrize("name", EXERCISES)
def test_a_worksheet_stops_at_the_readers_cell_and_nowhere_else(done, name):
    notebook = done(f"{name}-worksheet")
    [yours] = [n for n, cell in enumerate(code_cells(notebook)) if "your-turn" in tags(cell)]
    assert list(errors(notebook).values()) == ["NotImplementedError"]
    ran = [bool(cell["execution_count"]) for cell in code_cells(notebook)]
    assert errors({"cells": [code_cells(notebook)[yours]]})
    assert all(ran[: yours + 1])
    # Once the reader has answered, all that follows runs.
    assert errors(done(f"{name}-solved")) == {}


def test_where_the_notebooks_run_the_package_cannot_be_imported(tmp_path):
    import_both = IMPORTS.format(names=["snippets", "nnsight_guide"])
    cell = nbformat.v4.new_code_cell(import_both)
    done = execute(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "empty", {})
    assert done["cells"][0]["outputs"][0]["data"]["text/plain"] == ["[None, None]"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_chapter_leads_to_its_notebooks_and_they_lead_back(pages, name):
    chapter = PAGES[name.removesuffix("-worksheet")]
    links = {link["href"] for link in pages[chapter].select(".guide-notebooks a")}
    assert {f"../../notebooks/{name}/", f"../../downloads/notebooks/{name}.ipynb"} <= links
    back = pages[f"notebooks/{name}/index.html"].select_one(".guide-notebooks a")
    assert back["href"] == f"../../{chapter.removesuffix('index.html')}"


def test_without_a_repository_nothing_leads_to_colab_or_to_an_editor(pages):
    for path, page in pages.items():
        assert not page.select("a[href*='colab'], a[rel=edit], a[title*=dit]"), path


def test_the_search_knows_no_notebook(checkout, first_build):
    index = json.loads((checkout / "site/search/search_index.json").read_text("utf-8"))
    places = [entry["location"] for entry in index["docs"]]
    assert any(place.startswith("chapters/") for place in places)
    assert not any(place.startswith("notebooks/") for place in places)


def test_a_notebooks_page_has_the_sites_own_blocks_and_whole_headings(pages):
    for name in NOTEBOOKS:
        page = pages[f"notebooks/{name}/index.html"].select_one("article")
        assert page.select(".guide-cell .highlight pre > code"), name
        assert page.select(".guide-output"), name
        assert not page.select("style, script, clipboard-copy, .jp-RenderedText"), name
        ids = [tag["id"] for tag in page.select("[id]")]
        assert len(ids) == len(set(ids)), name
    page = pages["notebooks/running-the-model/index.html"]
    entries = {" ".join(link.text.split()) for link in page.select(".md-nav--secondary a")}
    assert ".save()" in entries


def test_a_build_with_a_repository_offers_colab_and_an_editor(guide):
    colab = "https://colab.research.google.com/github/someone/guide/blob/gh-pages/"
    edit = r'href="https://github\.com/someone/guide/edit/\w+/docs/chapters/tokenizers\.md"'
    for page in ("chapters/tokenizers", "notebooks/tokenizers"):
        html = (guide.folder / page / "index.html").read_text("utf-8")
        assert f'href="{colab}downloads/notebooks/tokenizers.ipynb"' in html
        assert re.search(edit, html), page
    notebook = (guide.folder / "downloads/notebooks/tokenizers.ipynb").read_text("utf-8")
    assert f"({guide.address}chapters/running-the-model/)" in notebook


def test_the_pages_are_made_by_mkdocs_jupyter_as_the_issue_asks():
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert re.search(r"mkdocs-jupyter: \{.*execute: false, allow_errors: false", config)
