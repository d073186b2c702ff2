"""How the kernel shows what would be HTML in a notebook, which the site does not insert.

circuitsvis objects become data, for the site to draw: left alone they would be, for each figure,
the whole script of 1.3 MB, after a question to the internet whether it is there. Any other
HTML (nnsight shows the status of a remote job so) becomes its text.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

from nnsight_guide.html.figures import MIME
from nnsight_guide.html.render import TAG

if TYPE_CHECKING:
    from circuitsvis.utils.render import RenderedHTML

DECIMALS = 4  # of a figure's numbers: below this, machines differ and eyes do not
CALL = re.compile(r'\brender\(\s*"[\w-]+",\s*(\w+),\s*')


def register() -> None:
    """Tell IPython to show circuitsvis objects as `mime_bundle`, and HTML as its text."""
    from circuitsvis.utils.render import RenderedHTML
    from IPython import get_ipython
    from IPython.display import HTML

    formatter = get_ipython().display_formatter
    formatter.mimebundle_formatter.for_type(RenderedHTML, mime_bundle)
    formatter.mimebundle_formatter.for_type(HTML, lambda html: {"text/plain": text_of(html.data)})
    # Every other formatter is asked as well; this one would call `_repr_html_`.
    for kind in (RenderedHTML, HTML):
        formatter.formatters["text/html"].for_type(kind, lambda _: None)


def text_of(html: str) -> str:
    """Return the text of a piece of HTML, without its tags."""
    return unescape(TAG.sub("", html))


def mime_bundle(shown: RenderedHTML) -> dict[str, Any]:
    """Return the component and the props of a circuitsvis object, read from its source.

    Raises:
        ValueError: this version of circuitsvis writes its source in another way.

    """
    source = shown.show_code()
    call = CALL.search(source)
    if call is None:
        raise ValueError("circuitsvis wrote no render(…) call that the guide knows")
    props, _ = json.JSONDecoder(parse_float=_rounded).raw_decode(source, call.end())
    return {
        MIME: {"component": call[1], "props": props},
        "text/plain": f"circuitsvis {call[1]}: run this cell to draw it",
    }


def _rounded(number: str) -> float:
    return round(float(number), DECIMALS) + 0.0  # adding 0.0 makes -0.0 the same as 0.0
