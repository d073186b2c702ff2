"""The call that shows the live figure: the demo model, running in the page."""

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import did_you_mean
from nnsight_guide.chapter.page import current_page, reported
from nnsight_guide.demo_model import MODEL_ID
from nnsight_guide.html import figures
from nnsight_guide.html.live import PANELS, START, live_html
from nnsight_guide.recording.recordings import pick_cell

LIVE_PAGE = "try-it.md"


@reported
def live(*panels: str, start: str = START, still: str = "") -> str:
    """Return the live figure with these panels, or with all that there are.

    Args:
        panels: "heads", "large", "next", "lens", "off", "patch", "steer", "code", "tools"; "more"
            leads to the page with all of them.
        start: what it begins with, as a link to it says: `prompt=…&off=0.4,0.5`.
        still: the cell (`snippet/cell`) whose picture is there until a reader touches the figure,
            if the demo model drew it.

    """
    for name in panels:
        if name not in PANELS:
            raise GuideError(f"the live figure has no panel '{name}'{did_you_mean(name, PANELS)}")
    page = current_page()
    return live_html(
        panels or [name for name in PANELS if name != "more"],
        start=start,
        base=page.base,
        model=page.live_model,
        page=page.way_to(LIVE_PAGE),
        still=_picture(*still.split("/")) if still else "",
    )


def _picture(snippet: str, name: str) -> str:
    page = current_page()
    recorded = pick_cell(page.recordings, snippet, name)
    if page.recordings[snippet].provenance["model"] != MODEL_ID:
        return ""  # another model's would say that it is what runs here
    page.show(snippet, name)
    drawings = (output.get("data", {}).get(figures.MIME) for output in recorded["outputs"])
    return "".join(figures.still_html(drawing) for drawing in drawings if drawing)
