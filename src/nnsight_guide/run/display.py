"""How the kernel shows what would be HTML in a notebook, which the site does not insert.

circuitsvis objects become data, for the site to draw: left alone they would be, for each figure,
the whole script of 1.3 MB, after a question to the internet whether it is there. The status of a
remote job becomes text that is the same in every run.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nnsight_guide.html.figures import MIME

if TYPE_CHECKING:
    from circuitsvis.utils.render import RenderedHTML

DECIMALS = 4  # of a figure's numbers: below this, machines differ and eyes do not
CALL = re.compile(r'\brender\(\s*"[\w-]+",\s*(\w+),\s*')


def register() -> None:
    """Tell IPython to show circuitsvis objects as `mime_bundle`, and nnsight to keep a log."""
    from circuitsvis.utils.render import RenderedHTML
    from IPython import get_ipython

    formatter = get_ipython().display_formatter
    formatter.mimebundle_formatter.for_type(RenderedHTML, mime_bundle)
    # Every other formatter is asked as well; this one would call `_repr_html_`.
    formatter.formatters["text/html"].for_type(RenderedHTML, lambda _: None)
    keep_job_log()


def keep_job_log() -> None:
    """Let nnsight say of a remote job what every run of it says, and as text.

    No number of the job, no seconds, and no wheel that turns: what varies is not printed in the
    first place, so that nothing has to be taken out of what a snippet printed.
    """
    from nnsight.intervention.backends import display

    update = display.StatusDisplay.update

    def update_any_job(self: Any, response: Any) -> None:
        update(self, response.model_copy(update={"id": "job"}))

    def write_text(self: Any, line: str, terminal: bool, persist: bool) -> None:
        import IPython.display

        text = {"text/plain": line}
        if persist or self._handle is None:
            self._handle = IPython.display.display(  # type: ignore[no-untyped-call]
                text, raw=True, display_id=True
            )
        else:
            self._handle.update(text, raw=True)
        if persist or terminal:
            self._handle = None

    display._SPINNER = ["⠿"]
    display.StatusDisplay.update = update_any_job
    display.StatusDisplay._elapsed = lambda self, start: "… s"
    display.StatusDisplay._write_notebook = write_text


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
