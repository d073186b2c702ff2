"""One real build of the whole site, from a clean copy of the checkout, and what it gives."""

import json
import re
import sys
from pathlib import Path

from nnsight_guide.demo_model import MODEL_ID
from nnsight_guide.model.second_model import ORIGIN, SMOLLM2
from nnsight_guide.recording.cells import is_for_second_model
from nnsight_guide.recording.committed import SECOND_FOLDER
from tests.support.paths import ROOT


def test_with_an_empty_cache_all_that_is_not_committed_runs_and_is_counted(checkout, first_build):
    paths = [path for path in (checkout / "snippets").glob("*.py") if path.stem != "__init__"]
    n_committed = len(list(filter(is_for_second_model, paths)))
    assert f"{len(paths) - n_committed} of {len(paths)} snippets run" in first_build
    assert re.search(r"[1-9]\d+ cells executed", first_build)


def test_a_second_build_runs_nothing_and_does_not_import_torch(build, checkout, first_build):
    again = build(checkout)
    assert re.search(r"\b0 of \d+ snippets run, 0 cells executed; 0 of \d+ idioms run", again)
    assert "torch imported: False" in again


def test_every_cell_of_every_snippet_stands_on_a_page(checkout, pages, blocks):
    shown = {(block["data-snippet"], block["data-cell"]) for block in blocks}
    for page in pages.values():
        fragments = page.select("[data-fragment-of]")
        shown |= {(block["data-fragment-of"], block["data-cell"]) for block in fragments}
    recorded = checkout / ".cache" / "nnsight-guide" / "recordings" / "demo"
    committed = checkout / "snippets" / SECOND_FOLDER
    written = {
        (path.stem, cell["metadata"]["title"])
        for path in [*recorded.glob("*.ipynb"), *committed.glob("*.ipynb")]
        for cell in json.loads(path.read_text())["cells"]
        if "title" in cell["metadata"]
    }
    assert shown == written


def test_every_block_says_what_it_is(blocks):
    for block in blocks:
        assert re.fullmatch(r"[0-9a-f]{16}", block["data-key"])
        snippet = ROOT / "snippets" / f"{block['data-snippet']}.py"
        assert block["data-model"] == (SMOLLM2 if is_for_second_model(snippet) else MODEL_ID)


def test_the_file_behind_every_block_is_there(checkout, pages):
    for path, page in pages.items():
        for link in page.select("[data-snippet] .filename a"):
            target = (checkout / "site" / path).parent / link["href"]
            assert target.is_file(), f"{path} links to {link['href']}"


def test_no_output_is_empty(blocks):
    for block in blocks:
        output = block.select_one(".guide-output")
        assert output is None or output.text.strip(), f"{block['data-cell']} shows nothing"


def test_no_page_shows_a_traceback(pages):
    for path, page in pages.items():
        assert "Traceback" not in page.text, path


def test_no_page_shows_a_path_of_this_machine(checkout, pages):
    for path, page in pages.items():
        html = str(page)
        for private in (str(checkout), str(Path.home()), sys.prefix, "/tmp/", "ipykernel"):
            assert private not in html, f"{path} shows {private}"


SECOND = f"{SMOLLM2} ({ORIGIN}) in float32 on "
WHERE = {
    f"[data-snippet][data-model='{MODEL_ID}']": f"{MODEL_ID} in bfloat16 on ",  # or the stand-in
    f"[data-snippet][data-model='{SMOLLM2}']": SECOND,
    "[data-idiom]": f"{MODEL_ID}, nnsight",  # each loads the model as it likes
}


def test_a_page_with_outputs_ends_with_their_provenance(pages):
    for path, page in pages.items():
        expected = {where for shown, where in WHERE.items() if page.select(shown)}
        lines = [line.text for line in page.select(".guide-provenance")]
        found = {where for where in WHERE.values() for line in lines if where in line}
        assert found == expected, path
        for line in lines:
            assert re.search(
                r"^Outputs on this page: "
                rf"({MODEL_ID}( in bfloat16 on [\w -]+)?|{re.escape(SECOND)}\w+), nnsight 0\.8\.1, "
                r"torch 2\.13\.0\S*, transformers 5\.23\.0; run on \d{4}-\d\d-\d\d\.$",
                line,
            )
