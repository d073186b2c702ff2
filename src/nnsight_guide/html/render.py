"""A cell and its outputs → the block that shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from nnsight_guide.html import figures, maps, notes
from nnsight_guide.recording.real_cells import OUT_OF_DATE

if TYPE_CHECKING:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer


# What a browser takes for nothing but a picture.
IMAGES = ("image/png", "image/jpeg")
# What the site draws itself: how a page shows what was recorded under each of these types.
DRAWN: dict[str, Callable[[Mapping[str, Any]], str]] = {
    OUT_OF_DATE: notes.out_of_date_html,
    figures.MIME: figures.figure_html,
    maps.MIME: lambda recorded: maps.map_html(maps.Map(**recorded)),
}
TAG = re.compile(r"<[^>]*>")

# The calls of a chapter that show a cell → the attribute in which their block names its snippet.
SNIPPET_ATTRIBUTES = {"cell": "snippet", "fragment": "fragment-of", "output": "output-of"}


def cell_html(
    source: str,
    outputs: Iterable[Mapping[str, Any]],
    *,
    data: Mapping[str, str],
    title: str,
    href: str,
    fold: str = "",
    copy: bool = True,
    tabs: str = "",
    note: str = "",
    report: str = "",
) -> str:
    """Return a block: the source under its file's name, a link, then what it printed.

    Args:
        source: the cell's Python.
        outputs: its outputs, as Jupyter records them.
        data: the block's `data-` attributes, without the prefix. A value may be empty.
        title: the file's name, shown above the source.
        href: where the title leads.
        fold: if given, the output is folded away under this summary.
        copy: whether the source has a copy button.
        tabs: HTML that stands in place of the output: what several models gave.
        note: HTML that stands below.
        report: HTML beside the title: how to say that the block fails.

    """
    caption = f'<a href="{escape(href)}">{escape(title)}</a>{report}'
    code = code_html(source, caption, copy=copy)
    shown = shown_html(outputs)
    output = tabs or (output_html(shown, fold=fold) if shown else "")
    return f'<div class="guide-cell"{attributes(data)}>{code}{output}{note}</div>'


def output_html(shown: str, *, data: Mapping[str, str] | None = None, fold: str = "") -> str:
    """Return what a cell printed or drew, without its source.

    `shown` is what `shown_html` made of it; the other arguments are as in `cell_html`.
    """
    if fold:
        shown = f"<details><summary>{escape(fold)}</summary>{shown}</details>"
    return f'<div class="guide-output"{attributes(data or {})}>{shown}</div>'


@lru_cache(maxsize=512)  # the blocks of a whole site: after an edit, nearly all are as they were
def code_html(
    source: str, caption: str = "", *, copy: bool = True, language: str = "python"
) -> str:
    """Return highlighted code in the markup that MkDocs Material gives to its own blocks.

    Args:
        source: the code.
        caption: HTML to stand above it, if any.
        copy: whether it has a copy button.
        language: what it is written in, by its name in Pygments.

    """
    from pygments import highlight

    html: str = highlight(source, *_highlighting(language, "" if copy else " no-copy"))
    title = f'<span class="filename">{caption}</span>' if caption else ""
    return html.rstrip().replace("<pre>", f"{title}<pre>", 1)


@cache  # to make a formatter takes as long as to format a cell
def _highlighting(language: str, more_classes: str) -> tuple[Lexer, HtmlFormatter[str]]:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    classes = f"language-{language} highlight{more_classes}"
    return get_lexer_by_name(language), HtmlFormatter(cssclass=classes, wrapcode=True)


def output_text(output: Mapping[str, Any]) -> str:
    """Return one of Jupyter's outputs as plain text."""
    if output["output_type"] == "stream":
        text = str(output["text"])
    elif output["output_type"] == "error":
        text = f"{output['ename']}: {output['evalue']}"
    else:
        text = str(output["data"].get("text/plain", ""))
    return text.replace("\0", "").rstrip()


def drawn_kind(output: Mapping[str, Any]) -> str | None:
    """Return the type under which an output has a figure for the site to draw, if it has one."""
    return next((kind for kind in DRAWN if kind in output.get("data", {})), None)


def details_html(
    summary: str, body: str, kind: str = "example", *, is_searched: bool = True
) -> str:
    """Return a folded block in Material's markup; `body` is HTML.

    What is not searched says the same as another place, which then is the one that is found.
    """
    more = "" if is_searched else " data-search-exclude"
    return f'<details class="{kind}"{more}><summary>{escape(summary)}</summary>{body}</details>'


def shown_html(outputs: Iterable[Mapping[str, Any]]) -> str:
    """Return the outputs that show something; what was printed in pieces is one text.

    Figures and images are the only ones that are more than text.
    """
    html = ""
    lines: list[str] = []
    for output in outputs:
        data = output.get("data", {})
        if kind := drawn_kind(output):
            html, lines = html + _text_html(lines) + DRAWN[kind](data[kind]), []
        elif kind := next((kind for kind in IMAGES if kind in data), None):
            html, lines = html + _text_html(lines) + _image_html(output, kind), []
        elif text := output_text(output):
            lines.append(text)
    return html + _text_html(lines)


def _text_html(lines: list[str]) -> str:
    text = escape("\n".join(lines))
    return f'<pre class="no-copy"><code>{text}</code></pre>' if lines else ""


def _image_html(output: Mapping[str, Any], kind: str) -> str:
    alternative = output.get("metadata", {}).get(kind, {}).get("alt", "")
    source = escape(f"data:{kind};base64,{output['data'][kind]}")
    return f'<p><img src="{source}" alt="{escape(alternative)}"></p>'


def attributes(data: Mapping[str, str]) -> str:
    """Return `data-` attributes; `data` names them without the prefix."""
    return "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
