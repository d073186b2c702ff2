"""Where outputs come from: a line each for a page, a notebook and a tab. Pure.

What it says is read from the provenance of recordings and outcomes (`recording.sealed`).
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from nnsight_guide.model.profiles import SECOND
from nnsight_guide.model.second_model import ORIGIN

SHOWN_VERSIONS = ("nnsight", "torch", "transformers")
LISTED = 4  # versions that differ, in a tab
SERVICES = {"loopback": "the loopback stand-in for NDIF", "remote": "NDIF"}
DEVICES = {"cpu": "a CPU", "cuda": "a GPU", "mps": "a GPU"}

Provenance = Mapping[str, Any]


def where_it_ran(made: Provenance, *, in_words: bool = False) -> str:
    """Return "on NDIF", "on cpu" or, in words, "on a CPU": the service or the device of a run."""
    if made["profile"] in SERVICES:
        return f"on {SERVICES[made['profile']]}"
    device = made["device"]
    return f"on {DEVICES.get(device, device) if in_words else device}"


def on_page(sources: Iterable[Provenance]) -> str:
    """Return the lines at the end of a page that say what produced its outputs.

    Args:
        sources: the provenance of each recording and each outcome that the page shows. (An
            outcome's knows no dtype and no device: each idiom loads the model as it likes.)

    """
    dates = _latest(sources, _line_on_page)
    return "".join(
        f'<p class="guide-provenance">{escape(line)}; run on '
        f'<time datetime="{escape(date)}">{escape(date)}</time>.</p>'
        for line, date in dates.items()
    )


def in_notebook(sources: Iterable[Provenance]) -> str:
    """Return the last lines of a notebook, as Markdown; the argument is as in `on_page`."""
    dates = _latest(sources, _line_in_notebook)
    return "\n\n".join(f"*Outputs: {line}; run on {date}.*" for line, date in dates.items())


def in_tab(
    made: Provenance, since: Mapping[str, str] | None = None, *, is_proven: bool = False
) -> str:
    """Return the line above an output in a tab: where, with what and when it was made.

    Args:
        made: its provenance.
        since: the versions of today, as far as they are others.
        is_proven: whether the demo model gives with these what it gave with those.

    """
    date = escape(made["date"])
    line = (
        f"Recorded {escape(where_it_ran(made, in_words=True))} with "
        f"<code>{escape(made['model'])}</code>, {escape(_versions(made))}, "
        f'on <time datetime="{date}">{date}</time>'
    )
    if since:
        line += f". Today's versions differ: {escape(_listed(since))}"
        line += "; the demo model gives the same with both" if is_proven else ""
    return f'<p class="guide-recorded">{line}</p>'


def _listed(versions: Mapping[str, str]) -> str:
    """Return versions in words: those first that are always shown, and not many of the others."""
    names = sorted(versions, key=lambda name: name not in (*SHOWN_VERSIONS, "Python"))
    shown = [f"{name} {versions[name]}" for name in names[:LISTED]]
    n_more = len(names) - len(shown)
    return ", ".join(shown) + (f", and {n_more} more" if n_more else "")


def _versions(made: Provenance) -> str:
    return ", ".join(f"{name} {made['versions'][name]}" for name in SHOWN_VERSIONS)


def in_status(made: Provenance) -> str:
    """Return which model gave an output, when, and with which versions."""
    return f"{_model(made)}, {made['date']}, {_versions(made)}"


def in_issue(made: Provenance) -> str:
    """Return the words of a report on which model, versions and day gave an output, as Markdown."""
    return f"{_line_in_notebook(made)}; run on {made['date']}"


def _line_on_page(made: Provenance) -> str:
    where = f" in {made['dtype']} {where_it_ran(made)}" if "dtype" in made else ""
    return f"Outputs on this page: {_model(made)}{where}, {_versions(made)}"


def _line_in_notebook(made: Provenance) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in made["versions"].items())
    where = f" in {made['dtype']} {where_it_ran(made)}" if "dtype" in made else ""
    return f"{_model(made, '`')}{where}, {versions}"


def _model(made: Provenance, quote: str = "") -> str:
    """Return which model gave an output; of the second one, also what it is."""
    origin = f" ({ORIGIN})" if made["profile"] == SECOND else ""
    return f"{quote}{made['model']}{quote}{origin}"


def _latest(sources: Iterable[Provenance], line: Callable[[Provenance], str]) -> dict[str, str]:
    """Return each different line once, with the latest of its dates."""
    dates: dict[str, str] = {}
    for made in sources:
        dates[line(made)] = max(made["date"], dates.get(line(made), ""))
    return dates
