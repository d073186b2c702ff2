"""What mkdocs-jupyter makes of a notebook → a page in the site's own look.

It hands out each notebook with half a megabyte of JupyterLab's style sheets, and with scripts, one
of which loads more from another host. None of that is needed: what stands between is cells, and
their code and outputs get the markup that the site has styles, and a copy button, for.

By itself it also writes into the very folder that it reads from, so that a build that is killed
leaves half a file, and builds at the same time read each other's halves. So each build works in a
folder of its own, and what it has finished is kept for the next one.
"""

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import cache, lru_cache
from html import escape
from importlib.metadata import version
from itertools import starmap
from pathlib import Path
from typing import Any

from jinja2 import Environment

from nnsight_guide.base.errors import cannot_write
from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import scratch_folder
from nnsight_guide.html.render import TAG
from nnsight_guide.site.template_memory import CompiledTemplates

COLAB = "https://colab.research.google.com/github/"
REPOSITORY = re.compile(r"https://github\.com/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?")
LOGGERS = ("mkdocs.plugins.mkdocs_jupyter", "mkdocs.mkdocs-jupyter")
START, END = '<div class="jupyter-wrapper">', "<!-- jupyter-wrapper -->"
CODE = r"<pre>(.*?)</pre>"
HEADING = re.compile(r'<h([1-6]) id="([^"]*)">(.*?)<a class="anchor-link"', re.DOTALL)
CHANGES = (
    # JupyterLab's own controls
    (r'<div class="celltoolbar">.*?(?=<div class="CodeMirror)', ""),
    (r'<div class="zeroclipboard-container">.*?</clipboard-copy>\s*</div>', ""),
    (r'<div id="[^"]*" class="clipboard-copy-txt">.*?</div>', ""),
    (r'<div class="jp-Collapser[^>]*>\s*</div>', ""),
    # a picture without words, which the chapter marks so, too
    (r"<img (?![^>]*\balt=)", '<img alt="" '),
    # code, in a cell or in the text
    (
        rf'<div class="highlight-ipynb hl-python[^>]*>{CODE}',
        r'<div class="highlight"><pre>\1</pre>',
    ),
    (
        rf'<div class="highlight">{CODE}</div>',
        r'<div class="language-python highlight"><pre><code>\1</code></pre></div>',
    ),
    # what it printed, or raised: of that, JupyterLab's page begins with an empty line
    (
        r'<div class="jp-OutputArea-child">(\s*<div class="jp-RenderedText[^>]*>\s*)<pre>\n',
        r'<div class="jp-OutputArea-child" data-raises="">\1<pre>',
    ),
    (
        rf'<div class="jp-RenderedText[^>]*>\s*{CODE}\s*</div>',
        r'<div class="guide-output"><pre class="no-copy"><code>\1</code></pre></div>',
    ),
    (r'<div class="jp-RenderedHTMLCommon jp-RenderedHTML ', r'<div class="guide-output '),
    (r'(<div id="[^"]*" class=")jp-Cell jp-CodeCell', r"\1guide-cell jp-CodeCell"),
    (r'<a class="anchor-link"', '<a class="headerlink" title="Permanent link"'),
)


def page_html(rendered: str) -> str:
    """Return the cells of a rendered notebook, without its scripts and style sheets.

    Raises:
        ValueError: this version of mkdocs-jupyter writes its pages in another way.

    """
    return _changed(_cells_in(rendered))


def _cells_in(rendered: str) -> str:
    return rendered[rendered.index(START) : rendered.index(END)]


@lru_cache(maxsize=64)
def _changed(html: str) -> str:
    for pattern, replacement in CHANGES:
        html = re.sub(pattern, replacement, html, flags=re.DOTALL)
    if "<script" in html or "<style" in html:
        raise ValueError("a notebook brings a script or a style sheet of its own")
    return html.replace('class="jupyter-wrapper"', 'class="guide-notebook"', 1)


@lru_cache(maxsize=64)  # a preview asks again about each notebook at every edit
def headings(rendered: str) -> tuple[str | None, Any]:
    """Return the title of a rendered notebook, if it has one, and all headings below titles.

    They are as MkDocs takes them; mkdocs-jupyter would leave out the code in them.
    """
    title = None
    root: dict[str, Any] = {"level": 1, "children": []}
    above = [root]  # the last heading of each level, down to the one that was found last
    for level, name, html in HEADING.findall(rendered):
        found = {"level": int(level), "id": name, "name": TAG.sub("", html), "children": []}
        if found["level"] == root["level"]:
            title = title or found["name"]
            del above[1:]
            continue
        while above[-1]["level"] >= found["level"]:
            above.pop()
        above[-1]["children"].append(found)
        above.append(found)
    return title, root["children"]


def links_html(versions: Mapping[str, Mapping[str, str]]) -> str:
    """Return the line that offers notebooks.

    Args:
        versions: what each is (“Notebook”), and its links: what one does, and where it leads.

    """
    offers = " ".join(
        f"<span>{escape(version)}: {' · '.join(starmap(_link_html, links.items()))}</span>"
        for version, links in versions.items()
    )
    return f'<p class="guide-notebooks" data-search-exclude>{offers}</p>'


def _link_html(name: str, href: str) -> str:
    attribute = " download" if name == "download" else ""
    return f'<a href="{escape(href)}"{attribute}>{escape(name)}</a>'


def colab_url(repository: str | None, path: str) -> str | None:
    """Return where Colab opens a file of the published site, or None without a repository there.

    Args:
        repository: its address on GitHub, where the site is published from the branch `gh-pages`.
        path: the file, from the root of the site.

    """
    found = REPOSITORY.fullmatch(repository or "")
    return f"{COLAB}{found['name']}/blob/gh-pages/{path}" if found else None


class RenderedNotebooks:
    """The notebooks that were rendered: in a folder of this process alone, and in one of all."""

    def __init__(self, project: Project) -> None:
        """Make the folder `own`, with all in it that was kept of the same versions.

        Raises:
            GuideError: the cache cannot be written.

        """
        _compile_templates_once()
        _render_each_notebook_once()
        for name in LOGGERS:  # they would report every notebook, with its path
            logging.getLogger(name).setLevel(logging.WARNING)
        # mkdocs-jupyter knows what it has rendered by the notebook, not by who rendered it.
        versions = "-".join(version(name) for name in ("mkdocs-jupyter", "nbconvert"))
        self.kept = project.cache / "rendered-once" / versions
        self._lent = ExitStack()
        try:
            self.kept.mkdir(parents=True, exist_ok=True)
            self.own = self._lent.enter_context(scratch_folder(project.cache))
        except OSError as error:
            raise cannot_write(project.cache, error) from None
        _hard_link(self.kept, self.own)

    def keep(self) -> None:
        """Keep what mkdocs-jupyter has in its folder, which is what the last build has used."""
        _hard_link(self.own, self.kept)
        for file in self.kept.glob("*.json"):
            if not (self.own / file.name).exists():
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the folder back."""
        self._lent.close()


@cache
def _compile_templates_once() -> None:
    """Let all notebooks share nbconvert's compiled templates.

    It has an environment of Jinja for each notebook, and would compile the same twenty templates
    for each: a third of the time of rendering it.
    """
    from nbconvert.exporters.templateexporter import TemplateExporter

    compiled = CompiledTemplates()
    create: Callable[[TemplateExporter], Environment] = TemplateExporter._create_environment

    def created(exporter: TemplateExporter) -> Environment:
        environment = create(exporter)
        environment.bytecode_cache = compiled
        return environment

    TemplateExporter._create_environment = created  # type: ignore[method-assign]


@cache
def _render_each_notebook_once() -> None:
    """Leave out what the guide does by itself, which took two thirds of the time of a notebook.

    mkdocs-jupyter renders it once more, as Markdown, to find its headings (`headings` does).
    nbconvert reads its own HTML again, to give every output a stop for the tab key, and images
    without words some that say so. It makes style sheets, which no page shows, and looks a dozen
    times whether the notebook is valid. And the same code has the same colours in every notebook,
    and after every edit.
    """
    import nbconvert.exporters.html
    from mkdocs_jupyter import convert, nbconvert2, plugin
    from nbconvert.exporters import Exporter
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from pygments.formatters import HtmlFormatter

    class AsItIs(str):
        __slots__ = ()

        def select(self, selector: str) -> list[Any]:
            return []

    render = convert.nb2html
    convert.nb2html = lambda *notebook, **options: _cells_in(render(*notebook, **options)) + END
    plugin._get_nb_toc_tokens = lambda path, depth: ([], None)
    nbconvert.exporters.html.BeautifulSoup = lambda html, features: AsItIs(html)  # type: ignore
    Exporter._validate_preprocessor = lambda self, notebook, step: None  # type: ignore
    CSSHTMLHeaderPreprocessor._generate_header = lambda self, resources: []  # type: ignore
    highlight = nbconvert2._pygments_highlight

    @lru_cache(maxsize=1024)
    def highlighted(code: str, language: str, css_class: str) -> str:
        return str(highlight(code, HtmlFormatter(cssclass=css_class), language))

    nbconvert2._pygments_highlight = lambda code, formatter, language, metadata: highlighted(
        code, language, formatter.cssclass
    )


def _hard_link(source: Path, target: Path) -> None:
    """Let `target` have the files of `source` too, each as a whole."""
    for file in source.glob("*.json"):
        with suppress(OSError):  # it is there, or has just gone, or here is no linking: no matter
            (target / file.name).hardlink_to(file)
