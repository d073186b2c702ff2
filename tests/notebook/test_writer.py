"""A chapter and its recordings become a notebook."""

import base64
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from textwrap import indent
from typing import Any

import nbformat
import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.html import maps
from nnsight_guide.html.figures import MIME
from nnsight_guide.html.heat_maps import heat_maps_png
from nnsight_guide.html.installing import Package
from nnsight_guide.html.maps import Map, map_html, map_in_notebook
from nnsight_guide.model.profiles import GPT_J
from nnsight_guide.notebook import prose
from nnsight_guide.notebook.chapter_source import Chapter
from nnsight_guide.notebook.writer import chapter_notebook
from nnsight_guide.recording.real_cells import Real, RealCell
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.site.mkdocs_jupyter import colab_url
from tests.support.sites import block

PACKAGE = Package("guide-1-py3-none-any.whl", ("nnsight==0.8.1",), "https://g.org/")
VERSIONS = {"nnsight": "0.8.1", "torch": "2.13.0+cpu", "transformers": "5.23.0"}
DRAWING = {
    "component": "AttentionPatterns",
    "props": {"tokens": ["a", "b"], "attention": [[[1.0, 0.0], [0.5, 0.5]]]},
}
MAP = Map("A map", "token", ["a"], "layer", ["0"], "share", [[0.5]], ".1f", None, 1, False)


def recorded(name: str, source: str, *outputs: Mapping[str, Any], tags: tuple[str, ...] = ()):
    metadata = {"title": name, "tags": ["active-ipynb", *tags] if tags else []}
    return {"metadata": metadata, "source": source, "outputs": list(outputs)}


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


RAISED = {"output_type": "error", "ename": "NameError", "evalue": "no", "traceback": ["no"]}
DRAWN = {
    "output_type": "execute_result",
    "execution_count": 9,
    "metadata": {},
    "data": {MIME: DRAWING, "text/plain": "a figure"},
}


def recording(*cells: Mapping[str, Any]) -> Recording:
    made = {
        "profile": "demo",
        "model": "nnsight-guide/gptj-demo",
        "versions": VERSIONS,
        "device": "cpu",
        "dtype": "bfloat16",
        "date": "2026-11-23",
    }
    return Recording({"cells": list(cells), "metadata": {"guide": {"provenance": made}}})


RECORDINGS = {
    "model": recording(recorded("setup", "model = 1")),
    "first": recording(
        recorded("ask", "print(1)", printed("1\n")),
        recorded("fail", "nothing", RAISED, tags=("raises-exception",)),
        recorded("draw", "draw()", DRAWN),
        recorded("map", "map()", {**DRAWN, "data": {maps.MIME: asdict(MAP), "text/plain": "0 1"}}),
    ),
}


def made(
    markdown: str, site: str | None = None, committed: Real | None = None, **options: bool
) -> list[dict[str, Any]]:
    """Make a notebook of a chapter with a title; return what comes after its first cells."""

    def link(target: str) -> str | None:
        return target if ":" in target else site and site + target

    text = f"# A chapter\n\n{markdown}"
    chapter = Chapter("docs/chapters/a.md", text, RECORDINGS, link, PACKAGE, committed or {})
    result = chapter_notebook(chapter, **options)
    nbformat.validate(nbformat.from_dict(result))
    title, install, choose, *rest = result["cells"]
    assert title["source"].startswith("# A chapter")
    assert {install["cell_type"], choose["cell_type"]} == {"code"}
    return rest


def source(markdown: str, **options: Any) -> str:
    return "\n\n".join(cell["source"] for cell in made(markdown, **options))


def test_the_real_models_output_stands_below_todays_code_and_its_provenance_at_the_end():
    ran = RECORDINGS["first"].provenance | {"model": GPT_J, "date": "2026-11-20"}
    committed = {"first": {"ask": RealCell([printed("2\n")], ran, "a-key", {}, is_proven=True)}}
    one, two = block('cell("first", "ask")'), block('cell("first", "map")')
    code, drawn, end = made(f"{one}\n{two}", committed=committed)
    assert (code["source"], code["outputs"][0]["text"]) == ("print(1)", "2\n")
    assert drawn["outputs"][0]["data"]["text/plain"] == "0 1"
    real, demo = [line for line in end["source"].splitlines() if line.startswith("*Outputs")]
    assert GPT_J in real
    assert real.endswith("run on 2026-11-20.*")
    assert "gptj-demo" in demo
    [code, end] = made(one, committed=committed)
    assert "gptj-demo" not in end["source"]


def test_a_block_becomes_its_cell_with_its_recorded_output():
    before, code, after, *_ = made("Before.\n\n" + block('cell("first", "ask")') + "\nAfter.\n")
    assert before["source"] == "Before."
    assert code["source"] == "print(1)"
    assert code["outputs"] == [printed("1\n")]
    assert after["source"].startswith("After.")


def test_what_ran_is_numbered_in_the_order_of_the_notebook():
    cells = made(block("setup()", 'cell("first", "draw")', 'cell("first", "ask")'))
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [None, 4, 5]
    assert code[1]["outputs"][0]["execution_count"] == 4


def test_a_cell_that_fails_on_purpose_carries_jupyters_tag():
    code = made(block('cell("first", "fail")'))[0]
    assert code["metadata"] == {"tags": ["raises-exception"]}


def test_a_figure_is_a_picture_in_the_file_and_the_sites_own_on_the_page():
    chapter = block('cell("first", "draw")')
    file, page = (made(chapter, for_page=for_page)[0]["outputs"][0] for for_page in (False, True))
    assert set(file["data"]) == {"image/png", "text/plain"}
    assert base64.b64decode(file["data"]["image/png"]).startswith(b"\x89PNG")
    assert set(page["data"]) == {"text/html", "text/plain"}
    assert "guide-figure" in page["data"]["text/html"]


def test_a_map_is_a_table_in_the_file_and_the_sites_own_on_the_page():
    for call in ("cell", "output"):
        chapter = block(f'{call}("first", "map")')
        file, page = (made(chapter, for_page=for_page)[0] for for_page in (False, True))
        if call == "cell":
            assert file["outputs"][0]["data"].keys() == {"text/html", "text/plain"}
            shown = [each["outputs"][0]["data"]["text/html"] for each in (file, page)]
        else:
            shown = [each["source"] for each in (file, page)]
        assert shown == [map_in_notebook(MAP), map_html(MAP)]


def test_an_output_alone_stands_in_a_markdown_cell():
    figure, *_ = made(block('output("first", "draw")'))
    assert figure["cell_type"] == "markdown"
    assert list(figure["attachments"]) == ["figure.png"]
    assert "1 head over 2 tokens" in figure["source"]


def test_what_needs_the_guides_package_is_shown_and_not_run():
    cells = made(block('fragment("first", "ask")'))
    assert all(cell["cell_type"] == "markdown" for cell in cells)
    assert "```python\nprint(1)\n```" in cells[0]["source"]


def test_an_admonition_becomes_a_quotation_with_a_bold_title():
    text = source('!!! note "Not so \\"fast\\""\n\n    Wait.\n')
    assert '> **Not so "fast"**\n>\n> Wait.' in text
    assert "> **Warning**\n" in source("!!! warning\n\n    Wait.\n")


def test_what_is_folded_stays_so_and_what_is_folded_in_it_too():
    text = source('??? tip "Is `x` *it*?"\n\n    Yes.\n\n    ??? tip "Why"\n\n        So.\n')
    assert "<summary>Is <code>x</code> <em>it</em>?</summary>\n\nYes.\n\n<details>" in text
    assert "So.\n\n</details>\n\n</details>" in text


def test_tabs_stand_one_after_another():
    text = source('=== "One"\n\n    ```bash\n    ls\n    ```\n\n=== "Two"\n\n    2.\n')
    assert "**One**\n\n```bash\nls\n```\n\n**Two**\n\n2." in text


def test_a_fence_loses_what_only_the_site_understands():
    text = source("```{ .python .no-copy }\nx = 1\n\ny = 2\n```\n")
    assert "```python\nx = 1\n\ny = 2\n```" in text


def test_a_link_leads_to_the_published_site_or_is_its_text():
    text = "See [the `x`\nchapter](b.md#c) and [this](https://nnsight.net).\n"
    assert "[the `x`\nchapter](https://g.org/b.md#c)" in source(text, site="https://g.org/")
    unpublished = source(text)
    assert "See the `x`\nchapter and [this](https://nnsight.net)." in unpublished


LIVE = 'live(\n    "heads",\n    start="prompt=a&off=0.4",\n)'


def test_the_live_figure_is_a_sentence_on_where_it_is_and_none_of_its_markup():
    cells = made(f"Before.\n\n{block(LIVE)}\nAfter.\n", site="https://g.org/")
    assert {cell["cell_type"] for cell in cells} == {"markdown"}
    text = "\n\n".join(cell["source"] for cell in cells)
    assert "*On the [page of this chapter](https://g.org/) the demo model runs in" in text
    assert not re.search("<|guide-live|prompt=a", text)
    assert "*On the page of this chapter the demo model runs in" in source(block(LIVE))


def test_what_looks_like_a_link_in_code_is_none():
    text = "`a[0](b)` and ``[`x`](y)``"
    assert prose.plain_markdown(text, lambda _: None) == text


def test_a_misspelt_name_is_told_with_the_chapters_line():
    with pytest.raises(GuideError, match=r"a\.md, line 5: .*no cell 'aks': did you mean 'ask'\?"):
        made(block('cell("first", "aks")'))
    with pytest.raises(GuideError, match=r"line 5: there is no snippet 'frist': did you mean"):
        made(block('cell("frist", "ask")'))


EXERCISE = (
    "```{ .python .no-copy .your-turn }\nx = ...\n```\n\n"
    + '??? success "Show the solution"\n\n'
    + indent(block('cell("first", "ask")'), "    ")
    + '\n    Because.\n\nMore.\n\n??? success "Another"\n\n'
    + indent(block('cell("first", "draw")'), "    ")
)


def test_a_worksheet_has_the_readers_cells_and_no_solution():
    code = [cell for cell in made(EXERCISE, worksheet=True) if cell["cell_type"] == "code"]
    assert code[0]["source"].startswith("raise NotImplementedError(")
    assert code[0]["source"].endswith("\n\nx = ...")
    assert [cell["source"] for cell in code[1:]] == ["# Your code"]
    assert "Because" not in source(EXERCISE, worksheet=True)


def test_with_solution_the_readers_block_is_only_shown():
    code = [cell["source"] for cell in made(EXERCISE) if cell["cell_type"] == "code"]
    assert code == ["print(1)", "draw()"]
    assert "**Show the solution**" in source(EXERCISE)
    assert "```python\nx = ...\n```" in source(EXERCISE)


def test_a_notebook_ends_with_what_its_outputs_were_made_with():
    last = made(block('cell("first", "ask")'))[-1]["source"]
    assert "`nnsight-guide/gptj-demo` in bfloat16 on cpu, nnsight 0.8.1" in last
    assert last.endswith("run on 2026-11-23.*")


def test_equal_sources_give_equal_notebooks():
    assert made(EXERCISE) == made(EXERCISE)


@pytest.mark.parametrize(("n_heads", "n_tokens"), [(1, 1), (16, 10), (5, 300)])
def test_the_picture_is_a_png_of_the_size_it_says(n_heads, n_tokens):
    row = [1.0] + [0.0] * (n_tokens - 1)
    png = heat_maps_png([[row] * n_tokens] * n_heads)
    width, height = struct.unpack(">II", png[16:24])
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    assert len(zlib.decompress(png[at + 4 : at + 4 + length])) == height * (width + 1)


def test_colab_is_offered_for_a_repository_on_github_only():
    expected = "https://colab.research.google.com/github/o/r.x/blob/gh-pages/downloads/a.ipynb"
    for address in ("https://github.com/o/r.x", "https://github.com/o/r.x.git"):
        assert colab_url(address, "downloads/a.ipynb") == expected
    for address in (None, "", "https://gitlab.com/o/r", "https://github.com/o", "github.com/o/r"):
        assert colab_url(address, "downloads/a.ipynb") is None
