"""Copying works: what a chapter shows, copied into an empty folder, runs there."""

import ast
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from bs4 import Tag
from playwright.sync_api import expect

from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.loopback.launch import instructions
from nnsight_guide.recording.cells import is_for_second_model, is_remote
from tests.support import warm
from tests.support.browser import served
from tests.support.notebooks import alone
from tests.support.pages import ROOT, chapter_pages
from tests.support.processes import succeed
from tests.support.snippets import cell_in_file, snippet_file

CHAPTERS = ["index.html", *chapter_pages()]
DOWNLOADS = sorted(p.stem for p in ROOT.glob("snippets/*.py") if p.stem != "__init__")
NOT_ALONE = {
    "attention_checks": "it calls the checkers, which are the guide's own package",
    "fact_checks": "it calls a checker, which is the guide's own package",
    "task_vector_checks": "it calls checkers, which are the guide's own package",
    "which_heads_checks": "it calls a checker, which is the guide's own package",
}
IMPORTS = """
import importlib
for name in ("snippets", "nnsight_guide"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(error)
"""
# A terminal, and what stands in its environment.
BARE = {"PATH": os.environ["PATH"]}
ASKING = f"{shlex.quote(sys.executable)} -c 'import json, os; print(json.dumps(dict(os.environ)))'"

Done = subprocess.CompletedProcess[str]


def run_alone(script: str, folder: Path, environment: Mapping[str, str]) -> Done:
    """Run a script in an empty folder, without this repository and without its package.

    The package is installed by a `.pth` file that names its folder, which `-S` leaves unread.
    """
    folder.mkdir()
    copied = folder / "copied.py"
    copied.write_text(script, encoding="utf-8")
    return warm.run(copied, cwd=folder, env=alone(environment), flags=["-P", "-S"])


def source(block: Tag) -> str:
    """Return the code that a block shows, as the page holds it."""
    return block.select_one(".highlight pre > code").get_text()


@pytest.fixture(scope="session")
def demo_environment() -> dict[str, str]:
    return {"GUIDE_MODEL": str(checkpoint()), "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module")
def runs(pages, checkout, tmp_path_factory, demo_environment, second_environment, service):
    """Start every script, two at a time, and hand out what will have come of each, by its name.

    What is for the second model is left out where that is not to be had.
    """
    scripts = {
        name: ((checkout / "site" / "downloads" / f"{name}.py").read_text("utf-8"), {name})
        for name in set(DOWNLOADS) - set(NOT_ALONE)
    }
    for chapter in CHAPTERS:
        blocks = pages[chapter].select("[data-snippet]:not([data-raises])")
        shown = {block["data-snippet"] for block in blocks}
        scripts[chapter] = "\n\n".join(map(source, blocks)), shown
    root = tmp_path_factory.mktemp("alone")
    with ThreadPoolExecutor(max_workers=2) as pool:
        remote_environment = pasted(instructions(service))
        started: list[tuple[list[str], dict[str, str], Future[Done]]] = []
        runs = {}
        programs = {name: statements(script) for name, (script, _) in scripts.items()}
        for name in sorted(programs, key=lambda name: -len(programs[name])):
            script, snippets = scripts[name]
            files = list(map(snippet_file, snippets))
            environment = demo_environment
            if any(map(is_remote, files)):
                environment = remote_environment
            elif any(map(is_for_second_model, files)):
                if not second_environment:
                    continue
                environment = second_environment
            # What a longer program begins with has run when that one has: it runs once.
            program = programs[name]
            same = (
                run
                for longer, there, run in started
                if there == environment and longer[: len(program)] == program
            )
            runs[name] = next(same, None) or pool.submit(
                run_alone, script, root / str(len(started)), environment
            )
            started.append((program, environment, runs[name]))
        yield runs


def statements(script: str) -> list[str]:
    """Return what a script does, one after the other: no comments, and no words alone."""
    body = ast.parse(script).body
    return [
        ast.dump(statement)
        for statement in body
        if not isinstance(getattr(statement, "value", None), ast.Constant)
        or not isinstance(statement, ast.Expr)
    ]


def pasted(lines: str) -> dict[str, str]:
    """Return the variables of a terminal into which somebody has pasted what was printed."""
    before, after = (
        json.loads(succeed("bash", "-c", f"{typed}\n{ASKING}", env=BARE).stdout)
        for typed in ("", lines)
    )
    return {name: value for name, value in after.items() if before.get(name) != value}


@pytest.fixture
def ran(runs, request):
    """Wait for a script, and see that it has run."""

    def ran(name: str) -> None:
        if name not in runs:
            request.getfixturevalue("second")  # which is not there
        assert_ran(runs[name])

    return ran


def assert_ran(run: Future[Done]) -> None:
    done = run.result()
    assert done.returncode == 0, done.stdout + done.stderr


def test_where_the_copies_run_neither_repository_nor_package_can_be_imported(
    tmp_path, demo_environment
):
    done = run_alone(IMPORTS, tmp_path / "empty", demo_environment)
    assert done.stdout.splitlines() == [
        "No module named 'snippets'",
        "No module named 'nnsight_guide'",
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_blocks_of_a_chapter_run_as_one_script(ran, chapter):
    ran(chapter)


@pytest.mark.parametrize("name", [name for name in DOWNLOADS if name not in NOT_ALONE])
def test_a_downloaded_script_runs_on_its_own(ran, name):
    ran(name)


def test_only_what_needs_the_guides_package_is_not_run_alone():
    for name, reason in NOT_ALONE.items():
        assert reason
        assert "from nnsight_guide" in snippet_file(name).read_text("utf-8")


def test_every_block_is_its_cell_byte_for_byte(pages):
    blocks = [block for page in pages.values() for block in page.select("[data-snippet]")]
    assert blocks
    for block in blocks:
        # The line end at the end of the last line is the page's, and no button copies it.
        cell = cell_in_file(block["data-snippet"], block["data-cell"])
        assert source(block).encode() == cell.encode() + b"\n"


def test_what_can_be_copied_is_source_and_never_output_or_fragment(pages):
    for path, page in pages.items():
        for block in page.select("[data-snippet]"):
            code = block.select_one(".highlight pre > code")
            assert not code.find_parent(class_="no-copy"), f"{path}: {block['data-cell']}"
        for code in page.select("[data-fragment-of] pre > code, .guide-output pre > code"):
            assert code.find_parent(class_="no-copy"), f"{path}: {code.text[:60]}"


def test_the_copy_button_puts_the_cell_on_the_clipboard(browser, checkout, first_build):
    with served(checkout / "site") as address:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(f"{address}chapters/running-the-model/")
        blocks = page.locator("article > [data-snippet]")
        expect(blocks.locator("[data-md-type=copy]")).to_have_count(blocks.count())
        for block in blocks.all():
            block.locator("[data-md-type=copy]").click()
            snippet, name = map(block.get_attribute, ("data-snippet", "data-cell"))
            cell = cell_in_file(snippet, name)
            page.wait_for_function(
                "cell => navigator.clipboard.readText().then(text => text === cell)", arg=cell
            )
        assert blocks.count() > 5
        context.close()
