"""The ways in, from nothing but the published site or a clone: what is installed is installed."""

import json
import re
import shlex
import shutil
import sys
import urllib.request

import nbformat
import pytest
from packaging.utils import canonicalize_name

from nnsight_guide.choice import CHOICES
from tests.pages.ways.shown import in_readme, on_page
from tests.support.notebooks import left_out, uncommented
from tests.support.paths import ROOT
from tests.support.processes import succeed
from tests.support.sites import copy_checkout

pytestmark = pytest.mark.long

PAGES = (
    "index.html",
    "demo-model/index.html",
    "second-model/index.html",
    "contributing/index.html",
    "migration/index.html",
    "versions/index.html",
    "README.md",
)
NOTEBOOKS = "downloads/notebooks/"
SCRIPT = "my_script.py"
YOURS = ("raise NotImplementedError", "# Your code")  # how the cells that are the reader's begin
CHECKING = re.compile(r"^```python\n(from nnsight_guide\.checks[\w.]* import .*?)^```", re.M | re.S)


def commands(published_pages, path):
    return on_page(path, published_pages[path])


def copied(page):
    """Return what a reader has who copies the blocks of a page, in order."""
    blocks = page.select("[data-snippet]:not([data-raises]) .highlight pre > code")
    return "\n\n".join(block.get_text() for block in blocks)


@pytest.fixture(scope="module")
def clone(root, tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("clone") / "guide")


@pytest.fixture(scope="module")
def laptop(published_pages, typed, clone, tmp_path_factory):
    """A folder in which the commands of the first page have been typed, and what they said."""
    folder = tmp_path_factory.mktemp("laptop")
    (folder / SCRIPT).write_text(copied(published_pages["index.html"]))
    said = typed(commands(published_pages, "index.html"), folder=folder, clone=clone)
    return folder, said


def test_the_first_page_installs_chooses_and_runs(laptop):
    _, said = laptop
    answers = [line for line in said.splitlines() if line.startswith("6342 ")]
    assert answers == ["6342 ' Paris'"] * (1 + 1), "the demo's, here and on the service"
    assert "/lab?token=" in said


def megabytes_of_download(folder, *requirements):
    """Return what pip fetches, unless that is PyTorch for graphics cards."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder)
    succeed(*pip, "--constraint", ROOT / "requirements.lock", *requirements, cwd=ROOT)
    if list(folder.glob("nvidia*")):
        pytest.skip("PyTorch for graphics cards is what pip finds here")
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def test_the_first_page_says_how_much_it_downloads(published_pages, tmp_path):
    text = published_pages["index.html"].get_text()
    (said,) = re.findall(r"(\d+) MB of download", text)
    (line,) = re.findall(r"^pip install (.*whl.*)$", text, re.MULTILINE)
    found = megabytes_of_download(tmp_path / "packages", *shlex.split(line))
    assert found == pytest.approx(float(said), rel=0.05)


def test_the_readme_says_how_much_the_first_make_downloads(tmp_path):
    text = (ROOT / "README.md").read_text("utf-8")
    said, _ = re.findall(r"(\d+) MB to download", text)  # the other is the second model's
    found = megabytes_of_download(tmp_path / "packages", ".[site]")
    assert found == pytest.approx(float(said), rel=0.05)


def gigabytes(environment):
    """Return what an environment takes of a disk, unless PyTorch is that for graphics cards."""
    if list(environment.rglob("site-packages/nvidia")):
        pytest.skip("PyTorch for graphics cards is installed here")
    files = (path for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_blocks * 512 for path in files) / 1e9


def test_the_first_page_says_what_its_installation_takes(laptop, published_pages):
    folder, _ = laptop
    (said,) = re.findall(r"([\d.]+) GB of disk", published_pages["index.html"].get_text())
    assert gigabytes(folder / "guide") == pytest.approx(float(said), rel=0.15), "with Jupyter"


def test_the_page_of_the_demo_model_runs_on(laptop, published_pages, typed, clone):
    folder, _ = laptop
    said = typed(commands(published_pages, "demo-model/index.html"), folder=folder, clone=clone)
    assert "6342 ' Paris'" in said


def test_the_page_of_the_second_model_runs_on(laptop, published_pages, typed, clone):
    folder, _ = laptop
    script = copied(published_pages["chapters/another-architecture/index.html"])
    (folder / SCRIPT).write_text(script)
    said = typed(commands(published_pages, "second-model/index.html"), folder=folder, clone=clone)
    assert "' Paris'" in said


def test_from_a_clone_to_the_first_page_to_the_tests(typed, clone):
    said = typed(in_readme(), folder=clone.parent, clone=clone)
    assert "Serving on " in said
    assert " passed" in said


def test_what_was_installed_there_is_as_large_as_said_and_all_of_it_pinned(clone):
    text = (clone / "README.md").read_text("utf-8")
    said = sum(map(float, re.findall(r"([\d.]+) GB (?:more )?on disk", text)))
    assert gigabytes(clone / ".venv") == pytest.approx(said, rel=0.1)
    locks = [clone / name for name in ("requirements.lock", "second-model.lock")]
    lock = {line.partition(" ")[0] for file in locks for line in file.read_text().split("\n")}
    pip = (clone / ".venv/bin/python", "-m", "pip", "list", "--format", "freeze")
    installed = [re.sub(r"\+.*", "", line) for line in succeed(*pip).stdout.split()]
    pins = {f"{canonicalize_name(name)}=={n}" for name, n in (p.split("==") for p in installed)}
    loose = {pin.partition("==")[0] for pin in pins - lock}
    assert loose <= {"pip", "setuptools", "nnsight-guide"}


def test_an_author_types_what_the_page_for_authors_shows(published_pages, typed, clone):
    typed(commands(published_pages, "contributing/index.html"), folder=clone.parent, clone=clone)
    assert list((clone / "snippets" / "recordings").rglob("*.ipynb"))


def test_what_the_pages_on_versions_install_goes_together(published_pages, typed, clone, tmp_path):
    blocks = [commands(published_pages, f"{name}/index.html") for name in ("migration", "versions")]
    assert [block.text for block in blocks[0]] == [block.text for block in blocks[1]]
    before = "python3 -m venv own\n. own/bin/activate\n"
    typed(blocks[0], folder=tmp_path, clone=clone, before=before)
    succeed(tmp_path / "own/bin/python", "-c", "import nnsight, accelerate", cwd=tmp_path)


def notebook_from(site, name):
    """Fetch a notebook, and take the comment signs out of its first two cells."""
    with urllib.request.urlopen(f"{site.address}{NOTEBOOKS}{name}.ipynb") as answer:
        notebook = json.loads(answer.read())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code[:2]:
        cell["source"] = uncommented(cell["source"])
    return notebook


def run(notebook, python, folder, environment):
    """Run a notebook with the Jupyter of an environment; return its errors and what it printed."""
    (folder / "notebook.ipynb").write_text(json.dumps(notebook))
    convert = ("nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--output", "done")
    succeed(*(python, "-m", "jupyter", *convert, "notebook.ipynb"), cwd=folder, env=environment)
    done = json.loads((folder / "done.ipynb").read_text("utf-8"))
    failed, text = [], ""
    for cell in done["cells"]:
        for output in cell.get("outputs", []):
            text += "".join(output.get("text", ""))
            if output["output_type"] == "error":
                failed.append((cell, output))
    return failed, text


CHAPTERS = sorted(
    path.stem for folder in ("chapters", "exercises") for path in ROOT.glob(f"docs/{folder}/*.md")
)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_runs_from_its_first_cell_to_its_last(
    name, laptop, guide, tmp_path, readers_environment
):
    folder, _ = laptop
    notebook = notebook_from(guide, name)
    failed, text = run(notebook, folder / "guide/bin/python", tmp_path, readers_environment)
    for cell, output in failed:
        assert "raises-exception" in cell["metadata"].get("tags", []), output
    assert any(line in text for line in (CHOICES["demo"], CHOICES["loopback"], CHOICES["smollm2"]))


@pytest.mark.parametrize(
    ("name", "n_right"),
    [
        ("attention-patterns", 2),
        ("where-is-the-fact", 1),
        ("which-heads-matter", 1),
        ("a-task-as-a-vector", 3),
    ],
)
def test_a_worksheet_with_its_solution_passes_its_checkers(
    name, n_right, laptop, guide, tmp_path, readers_environment
):
    folder, _ = laptop
    sheet = notebook_from(guide, f"{name}-worksheet")
    solutions = iter(left_out(sheet, notebook_from(guide, name)))
    cells = []
    for cell in sheet["cells"]:
        if cell["source"].startswith(YOURS):
            cell["source"] = next(solutions)
        cells.append(cell)
        if cell["cell_type"] == "markdown":  # what calls a checker is shown there
            cells += [nbformat.v4.new_code_cell(code) for code in CHECKING.findall(cell["source"])]
    assert next(solutions, None) is None
    sheet["cells"] = cells
    failed, text = run(sheet, folder / "guide/bin/python", tmp_path, readers_environment)
    assert not failed
    right = [line for line in text.splitlines() if line.startswith("Right: ")]
    assert len(right) == n_right, "one for each of its checkers"


def test_in_a_bare_notebook_as_in_colab_its_own_first_cell_installs_all(
    guide, tmp_path, readers_environment
):
    succeed(sys.executable, "-m", "venv", tmp_path / "bare", env=readers_environment)
    python = tmp_path / "bare/bin/python"
    succeed(python, "-m", "pip", "install", "ipykernel", "nbconvert", env=readers_environment)
    notebook = notebook_from(guide, "tokenizers")
    failed, text = run(notebook, python, tmp_path, readers_environment)
    assert not failed
    assert "The guide's code runs on its demo model" in text
    shutil.rmtree(tmp_path / "bare")
