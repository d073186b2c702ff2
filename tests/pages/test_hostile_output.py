"""Whatever a cell prints is text on the page; only figures and images are more than that."""

import json
import sys

import pytest
from bs4 import BeautifulSoup

from tests.support.processes import succeed
from tests.support.sites import block, make_project, make_site

ALERT = "<script>alert(1)</script>"
SHOW = "from IPython.display import display\ndisplay({}, raw=True)"
# A PNG of one pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="

# cell → its code, and what stands on the page
TEXTS = {
    "tags": (f"print('<b>1</b> & {ALERT}')", f"<b>1</b> & {ALERT}"),
    "ends_of_tags": (f"print('</code></pre></div>{ALERT}')", f"</code></pre></div>{ALERT}"),
    "ends_of_pages": ("print('<!-- jupyter-wrapper -->')", "<!-- jupyter-wrapper -->"),
    "entities": ("print('&lt;b&gt; &amp;')", "&lt;b&gt; &amp;"),
    "markdown": ("print('# a\\n\\n```\\n[b](c) {{ d }}')", "# a\n\n```\n[b](c) {{ d }}"),
    "marks_of_markdown": ("print('\\x02wzxhzdk:0\\x03')", "wzxhzdk:0"),
    "source": (f"x = '</code>{ALERT}'\nprint(len(x))", "32"),
    "colours": ("print('\\x1b[1;31mred\\x1b[0m \\x1b[38;5;208mand\\x1b[m more')", "red and more"),
    "links_of_terminals": ("print('\\x1b]8;;http://a.b\\x07here\\x1b]8;;\\x07')", "here"),
    "progress": (
        "from tqdm import tqdm\nfor _ in tqdm(range(9)):\n    pass\nprint('done')",
        "done",
    ),
    "own_progress": ("for i in range(3):\n    print(f'\\r{i} of 2', end='')\nprint()", "2 of 2"),
    "numbers": ("print(hex(16711680), 'accuracy|50%|of all')", "0xff0000 accuracy|50%|of all"),
    "last_state": ("print('50 %\\r100 %\\r', end='')", "100 %"),
    "steps_back": ("print('12 %\\b\\b\\b\\b34 %')", "34 %"),
    "nul": ("print('a\\0b\\x07c')", "abc"),
    "half_a_character": ("print('\\ud800')", "?"),
    "errors": ("import sys\nprint('<b>1</b>', file=sys.stderr)", "<b>1</b>"),
    "own_html": (
        "class Odd:\n    _repr_html_ = lambda _: '<b onclick=alert(1)>1</b>'\n"
        "    __repr__ = lambda _: 'odd'\n\n\nOdd()",
        "odd",
    ),
    "raw_html": (SHOW.format({"text/html": ALERT, "text/plain": "plain"}), "plain"),
    "javascript": (
        SHOW.format({"application/javascript": "alert(1)", "text/plain": "plain"}),
        "plain",
    ),
    "svg": (
        SHOW.format({"image/svg+xml": "<svg onload='alert(1)'/>", "text/plain": "plain"}),
        "plain",
    ),
    "raw_markdown": (SHOW.format({"text/markdown": ALERT, "text/plain": "plain"}), "plain"),
    "image_that_is_none": (
        SHOW.format({"image/png": f'">{ALERT}', "text/plain": "plain"}),
        "plain",
    ),
    "raised": (f"raise ValueError('{ALERT}')", f"ValueError: {ALERT}"),
}
IMAGE = f"""\
from base64 import b64decode
from IPython.display import Image

Image(b64decode("{PNG}"), alt='a "dot"')"""
CELLS = {name: code for name, (code, _) in TEXTS.items()} | {"image": IMAGE}


@pytest.fixture(scope="module")
def site(tmp_path_factory, report_count):
    """A site with a chapter that shows all of it, and the notebook of it."""
    project = make_project(tmp_path_factory.mktemp("output"))
    tags = {"raised": ' tags=["raises-exception"]'}
    snippet = "".join(f"# %% {name}{tags.get(name, '')}\n{CELLS[name]}\n\n" for name in CELLS)
    (project.snippets / "odd.py").write_text(f"from snippets.model import model\n\n{snippet}")
    shown = "".join(block(f'cell("odd", "{name}")') + "\n" for name in CELLS)
    jupyter = {"include": ["*.ipynb"], "execute": False, "allow_errors": False, "no_prompt": True}
    make_site(
        project,
        {"index.md": "# A guide\n", "chapters/odd.md": f"# Odd\n\n{shown}"},
        theme="material",
        plugins=["nnsight-guide", {"markdown-exec": {}}, {"mkdocs-jupyter": jupyter}],
        nav=["index.md", "chapters/odd.md"],
        not_in_nav="/notebooks/",
    )
    succeed(sys.executable, "-m", "mkdocs", "build", cwd=project.root)
    report_count(f"{len(CELLS)} outputs to abuse a page with, on the page and in its notebook")
    return project.root / "site"


@pytest.fixture(scope="module")
def pages(site):
    """Both pages, by what they are."""
    return {
        name: BeautifulSoup((site / f"{name}s/odd/index.html").read_text(), "html.parser")
        for name in ("chapter", "notebook")
    }


@pytest.fixture(scope="module", params=["chapter", "notebook"])
def blocks(request, pages):
    """Each cell of the page, by its name."""
    found = pages[request.param].select("article .guide-cell")[-len(CELLS) :]
    return dict(zip(CELLS, found, strict=True))


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_cell_shows_is_text_for_a_reader_whatever_it_looks_like(blocks, name):
    output = blocks[name].select_one(".guide-output")
    assert output.text.strip() == TEXTS[name][1]
    assert {tag.name for tag in output.find_all()} <= {"pre", "code"}


def test_an_image_is_an_image(blocks):
    (image,) = blocks["image"].select("img")
    assert image["src"] == f"data:image/png;base64,{PNG}"


def test_an_image_has_the_words_that_the_cell_gave_it(pages):
    (image,) = pages["chapter"].select('[data-cell="image"] img')
    assert image["alt"] == 'a "dot"'


def test_no_cell_brings_a_script_or_what_runs_one(blocks):
    for name, shown in blocks.items():
        assert not shown.select("script, style, iframe, svg"), name
        handlers = {key for tag in shown.find_all() for key in tag.attrs if key.startswith("on")}
        assert not handlers, name


def test_the_notebook_to_download_holds_only_what_the_page_shows(site):
    notebook = json.loads((site / "downloads/notebooks/odd.ipynb").read_text())
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert kinds == {"text/plain", "image/png"}
