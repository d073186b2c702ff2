"""The live figure → what stands on a page until a reader touches it. Pure.

The rest comes then, and from scripts: docs/assets/live/touch.js waits for it.
"""

from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qs

# What a figure may show, in any order; docs/assets/live/figure/ has the script of each.
PANELS = ("next", "heads", "large", "lens", "tools", "off", "patch", "steer", "code", "more")
START = "prompt=The+Eiffel+Tower+is+in+the+city+of"
SUGGESTIONS = (
    "The Eiffel Tower is in the city of",
    "You can visit the Louvre in",
    "The capital of France is",
    "The people of Japan speak",
    "Madrid Rome London Tokyo Berlin Madrid Rome London Tokyo",
)
INVITATION = (
    "Type, or choose a sentence: the demo model then comes into this page (1.6 MB) and runs here."
)
WITHOUT_SCRIPTS = (
    "To type a prompt of your own, and have the model run here, let this page run JavaScript."
)


def live_html(
    panels: Sequence[str], *, start: str, base: str, model: str, page: str, still: str = ""
) -> str:
    """Return the figure, on one line; equal arguments give equal bytes.

    Args:
        panels: what it shows, of `PANELS`.
        start: the state that it begins with, as the query of a link.
        base: the way to the root of the site.
        model: the way from there to the file of the model.
        page: the way to the page with the whole figure.
        still: the picture that stands in its place until then.

    """
    prompt = parse_qs(start)["prompt"][0]
    suggestions = "".join(f'<button type="button">{escape(text)}</button>' for text in SUGGESTIONS)
    data = {
        "panels": " ".join(panels),
        "start": start,
        "model": f"{base}/{model}",
        "page": page,
    }
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    size = " guide-live-whole" if "tools" in panels else ""
    return (
        f'<figure class="guide-live{size}"{attributes} data-search-exclude>'
        f'<link rel="stylesheet" href="{base}/assets/live/live.css">'
        '<div class="guide-live-prompt"><label><span>Prompt</span> <input type="text" '
        f'value="{escape(prompt)}" autocomplete="off" autocapitalize="off" spellcheck="false">'
        f'</label><div class="guide-live-suggestions" role="group" aria-label="Suggestions">'
        f'{suggestions}</div></div><p class="guide-live-note">{INVITATION}</p>'
        f'<div class="guide-live-body">{still}</div>'
        f'<p class="guide-live-without">{WITHOUT_SCRIPTS}</p>'
        f'<script src="{base}/assets/live/touch.js" defer></script></figure>'
    )


def live_markdown(page: str | None) -> str:
    """Return what a notebook says in its place; `page` is the address of the chapter."""
    here = f"[page of this chapter]({page})" if page else "page of this chapter"
    return f"*On the {here} the demo model runs in the browser, to be tried here.*"
