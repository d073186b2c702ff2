"""What the real model and the demo model gave for one cell, in two tabs. Pure.

The markup is that of pymdownx.tabbed, which MkDocs Material styles: radio buttons, so that it
works without JavaScript. With it, Material links all tabs of the same label on all pages.
"""

from html import escape

from nnsight_guide.html import provenance, render
from nnsight_guide.model.profiles import GPT_J
from nnsight_guide.recording.real_cells import RealCell
from nnsight_guide.recording.recordings import Recording

LABELS = {GPT_J: "GPT-J-6B"}  # any other model goes by its own name
DEMO_LABEL = "Demo model"


def tabs_html(number: int, real: RealCell, demo: Recording, name: str, *, fold: str = "") -> str:
    """Return what both models gave for a cell, the real one's first.

    Nothing is returned where tabs would show nothing new: both outputs are equal.

    Args:
        number: which tabs of the page these are, from 1.
        real: what the real model gave.
        demo: the recording of the demo model.
        name: the cell.
        fold: if given, each output is folded away under this summary.

    """
    cell = demo.cell(name)
    first = render.shown_html(real.outputs)
    second = render.shown_html(cell["outputs"]) if cell else ""
    if first == second:
        return ""
    label = LABELS.get(real.provenance["model"], real.provenance["model"])
    tabs = {
        label: provenance.in_tab(real.provenance, real.since, is_proven=real.is_proven)
        + _output_html(real, first, fold),
        DEMO_LABEL: _output_html(demo, second, fold),
    }
    # Material takes a URL that ends in the id of a tab only where the name starts like this.
    group = f"__tabbed_output_{number}"
    inputs = labels = blocks = ""
    for place, (title, block) in enumerate(tabs.items(), start=1):
        checked = ' checked="checked"' if place == 1 else ""
        inputs += f'<input{checked} id="{group}_{place}" name="{group}" type="radio">'
        labels += f'<label for="{group}_{place}">{escape(title)}</label>'
        blocks += f'<div class="tabbed-block">{block}</div>'
    return (
        f'<div class="tabbed-set tabbed-alternate guide-tabs" data-tabs="output_{number}:2">'
        f'{inputs}<div class="tabbed-labels">{labels}</div>'
        f'<div class="tabbed-content">{blocks}</div></div>'
    )


def _output_html(made: RealCell | Recording, shown: str, fold: str) -> str:
    data = {"key": made.key, "model": str(made.provenance["model"])}
    return render.output_html(shown, data=data, fold=fold)
