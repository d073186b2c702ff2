"""The recorded runs of the canary → HTML. Pure: all text that comes in is escaped."""

import datetime
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from nnsight_guide.canary.changes import CanaryRun, Change, count, groups
from nnsight_guide.html.render import attributes, details_html

RUNS = Path(__file__).with_name("runs")


def runs_html(runs: Iterable[CanaryRun]) -> str:
    """Return all runs, each with its versions, what changed, and what helps."""
    return "".join(map(_run, runs))


def _run(run: CanaryRun) -> str:
    moved = [name for name, number in run.newest.items() if run.pinned[name] != number]
    changed = ", ".join(f"{name} {run.pinned[name]} → {run.newest[name]}" for name in moved)
    date = datetime.date.fromisoformat(run.date)
    head = f'<time datetime="{date}">{date.day} {date:%B %Y}</time>: {escape(changed or "no news")}'
    items = _item(run, "The newest releases as they are", run.changes)
    details = _details("What changed, old beside new", run.changes)
    for way in run.ways_round:
        title = f"The newest, with <code>{escape(way.argument)}</code> at every load"
        items += _item(run, title, way.changes)
        details += _details(f"What is changed still with {way.argument}", way.changes)
    return (
        f'<section class="guide-canary"{attributes({"canary": run.date})}>'
        f'<p class="guide-canary-title">{head}</p>{_versions(run)}'
        f'<ul class="guide-verdicts">{items}</ul>{details}</section>'
    )


def _versions(run: CanaryRun) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(run.pinned[name])}</td>'
        f"<td>{_newest(run, name)}</td></tr>"
        for name in run.newest
    )
    heads = ("Library", "This guide's", "The newest")
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"


def _newest(run: CanaryRun, library: str) -> str:
    if run.newest[library] != run.pinned[library]:
        return f"<strong>{escape(run.newest[library])}</strong>"
    if any(line.startswith(library) for line in run.held):
        return "the same: it was held back"
    return "the same"


def _item(run: CanaryRun, title: str, changes: Sequence[Change]) -> str:
    """Return what one way to use the newest releases gives; `title` is HTML."""
    verdict, sign, label = "works", "✓", "nothing changed"
    if changes:
        all_of_it = len(changes) == run.n_idioms + run.n_tests
        verdict, sign, label = (
            ("fails", "✕", "everything changed") if all_of_it else ("warns", "!", "some changed")
        )
    return (
        f'<li{attributes({"verdict": verdict})}><span class="guide-verdict">'
        f'<span aria-hidden="true">{sign}</span> {label}</span> <strong>{title}.</strong> '
        f"Changed: {escape(count(run, changes))}.</li>"
    )


def _details(summary: str, changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    body = ""
    for (new, libraries), found in groups(changes).items():
        names = "".join(
            f"<li>{change.kind} <code>{escape(change.name)}</code><br>before: {escape(change.old)}"
            "</li>"
            for change in found
        )
        cause = f" (because of {escape(libraries)})" if found[0].libraries else ""
        said = f'<pre class="no-copy"><code>{escape(new)}</code></pre>'
        body += f"<p>With the newest{cause}:</p>{said}<ul>{names}</ul>"
    return details_html(summary, body, kind="note", is_searched=False)
