"""Notebooks are rendered by nbconvert, whose templates are compiled once for all of them."""

import jinja2
import nbformat
from nbconvert import HTMLExporter

from nnsight_guide.base.project import Project
from nnsight_guide.site.mkdocs_jupyter import RenderedNotebooks


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
