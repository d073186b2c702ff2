"""Notebooks are rendered by nbconvert: each once, with templates that are compiled once for all."""

import json
import logging

import jinja2
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbconvert.exporters import TemplateExporter

from nnsight_guide.base.project import Project
from nnsight_guide.site.mkdocs_jupyter import RenderedNotebooks, headings, page_html
from tests.support.building import build_here
from tests.support.sites import make_site


def test_the_second_notebook_compiles_no_template_and_looks_like_the_first(tmp_path, monkeypatch):
    RenderedNotebooks(Project(tmp_path)).close()
    compiled = []
    compile_one = jinja2.Environment.compile

    def counted(environment, source, *arguments, **options):
        compiled.append(source)
        return compile_one(environment, source, *arguments, **options)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    cells = [nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell("print(1)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    first, _ = HTMLExporter().from_notebook_node(notebook)
    before = len(compiled)
    second, _ = HTMLExporter().from_notebook_node(notebook)
    assert before > 0
    assert len(compiled) == before
    assert second == first


@pytest.fixture
def rendered(tmp_path, monkeypatch, caplog):
    """What nbconvert gave while a site was built of one notebook, which has a heading of each kind
    and a picture without words.
    """
    text = "# What `trace` does\n\n## First, `save`\n\n### Deeper\n\n## Last"
    picture = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    cells = [
        nbformat.v4.new_markdown_cell(text),
        nbformat.v4.new_code_cell("draw()", outputs=[picture]),
    ]
    plugins = [{"mkdocs-jupyter": {"cache_dir": str(tmp_path / "cache")}}]
    pages = {"index.ipynb": nbformat.writes(nbformat.v4.new_notebook(cells=cells))}
    project = make_site(Project(tmp_path), pages, plugins=plugins, markdown_extensions=[])
    given = []
    render = TemplateExporter.from_filename

    def kept(exporter, *arguments, **options):
        html, resources = render(exporter, *arguments, **options)
        given.append(html)
        return html, resources

    caplog.set_level(logging.INFO, "mkdocs")
    RenderedNotebooks(project).close()
    with monkeypatch.context() as patch:
        patch.setattr(TemplateExporter, "from_filename", kept)
        patch.setattr(BeautifulSoup, "__init__", lambda *_, **__: pytest.fail("it is read again"))
        build_here(project)
    return given


def test_a_notebook_is_rendered_once_and_its_headings_come_from_that(rendered):
    [html] = rendered
    title, below = headings(html)
    assert title == "What trace does"
    assert [(one["name"], len(one["children"])) for one in below] == [
        ("First, save", 1),
        ("Last", 0),
    ]


def test_what_is_kept_of_a_notebook_is_what_is_shown(rendered, tmp_path):
    [kept] = (tmp_path / "cache").glob("*.json")
    content = json.loads(kept.read_text("utf-8"))["content"]
    assert "<style" in rendered[0]
    assert "<style" not in content
    assert "<script" not in content
    assert page_html(content) == page_html(rendered[0])


def html_of(*texts):
    cells = list(map(nbformat.v4.new_markdown_cell, texts))
    html, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    return html


def names(below):
    return [one["name"] for one in below]


def test_what_stands_below_a_second_title_is_a_heading_too():
    title, below = headings(html_of("# One", "## A\n\n### Deep", "# Two", "## B"))
    assert (title, names(below)) == ("One", ["A", "B"])


@pytest.mark.parametrize("texts", [["Only text."], ["## A", "text"]])
def test_a_notebook_may_have_no_title_and_no_heading(texts):
    title, below = headings(html_of(*texts))
    assert (title, names(below)) == (None, [text[3:] for text in texts if text[0] == "#"])


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_what_stands_in_a_block_of_code_is_no_heading_and_hides_none(fence):
    # https://github.com/danielfrg/mkdocs-jupyter/issues/41
    text = f"# One\n\n## A\n\n{fence}\n# no heading\n## nor this\n{fence}\n\n## B `# c`"
    title, below = headings(html_of(text, "An unmatched ` sign.", "## C"))
    assert (title, names(below)) == ("One", ["A", "B # c", "C"])


@pytest.mark.usefixtures("rendered")
def test_no_notebook_is_reported_with_its_path(caplog):
    said = [record.getMessage() for record in caplog.get_records("setup")]
    assert "Cleaning site directory" in said
    assert not [line for line in said if "index.ipynb" in line]


def test_a_picture_without_words_is_said_to_have_none(rendered):
    [html] = rendered
    page = BeautifulSoup(page_html(html), "html.parser")
    assert [picture["alt"] for picture in page.select("img")] == [""]
