"""Notebooks are rendered by nbconvert: each once, with templates that are compiled once for all."""

import jinja2
import nbformat
from nbconvert import HTMLExporter
from nbconvert.exporters import TemplateExporter

from nnsight_guide.base.project import Project
from nnsight_guide.site.mkdocs_jupyter import RenderedNotebooks, headings
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


def test_a_notebook_is_rendered_once_and_its_headings_come_from_that(tmp_path, monkeypatch):
    text = "# What `trace` does\n\n## First, `save`\n\n### Deeper\n\n## Last"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    plugins = [{"mkdocs-jupyter": {"cache_dir": str(tmp_path / "cache")}}]
    pages = {"index.ipynb": nbformat.writes(notebook)}
    project = make_site(Project(tmp_path), pages, plugins=plugins, markdown_extensions=[])
    rendered = []
    render = TemplateExporter.from_filename

    def kept(exporter, *arguments, **options):
        rendered.append(render(exporter, *arguments, **options))
        return rendered[-1]

    monkeypatch.setattr(TemplateExporter, "from_filename", kept)
    RenderedNotebooks(project).close()
    build_here(project)
    assert len(rendered) == 1
    [(html, _)] = rendered
    title, below = headings(html)
    assert title == "What trace does"
    assert [(one["name"], len(one["children"])) for one in below] == [
        ("First, save", 1),
        ("Last", 0),
    ]
