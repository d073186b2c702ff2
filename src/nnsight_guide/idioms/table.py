"""Idioms and what became of them → HTML. Pure: all text that comes in is escaped."""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape

from nnsight_guide.html.newer import newer_html
from nnsight_guide.html.render import attributes, code_html
from nnsight_guide.idioms.idiom import ERRORS_FOLDER, IDIOMS_FOLDER, Idiom
from nnsight_guide.idioms.outcomes import RecordedOutcome
from nnsight_guide.idioms.verdicts import Outcome, Verdict

Rows = Iterable[tuple[Idiom, RecordedOutcome]]

# What each badge says, the sign before it (so that colour is never all there is), and what it
# means. The order is that of the list: what hurts most comes first.
LABELS: Mapping[Verdict, tuple[str, str, str]] = {
    "fails": ("fails", "✕", "It stops with an error. You see its last line."),
    "differs": ("silently differs", "≠", "It runs, but prints something else. You see both."),
    "warns": ("warns", "!", "It still does what it did, and says that it should be replaced."),
    "works": ("works", "✓", "It does what it did, without a word."),
}
# The heads of the columns, and what stands above each of the two blocks of code.
HEADS = {
    IDIOMS_FOLDER: ("Idiom", "The code of 2024", "What it does today", "Today's code"),
    ERRORS_FOLDER: ("Why", "The code that goes wrong", "What it does", "The code that works"),
}
NAMES = {IDIOMS_FOLDER: ("2024", "Today"), ERRORS_FOLDER: ("Goes wrong", "Works")}
IS_TRUE = "Is the message true?"
CODE = re.compile(r"`([^`]+)`")


def table_html(
    rows: Rows,
    versions_page: str,
    report: Callable[[Idiom, RecordedOutcome], str] = lambda *_: "",
) -> str:
    """Return a table of idioms of one folder: the old code, what it does today, today's code.

    `report` returns the link with which to say that today's code fails. An error has no title and
    no address of its own: each stands below a heading of its page.

    On the page each row is laid out as a card (`migration.css`), which takes the meaning of a
    table from its elements in some browsers; the roles give it back.
    """
    rows = list(rows)
    heads = HEADS[rows[0][0].folder] if rows else ()
    columns = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in heads)
    body = "".join(_row(*row, versions_page, report(*row)) for row in rows)
    return (
        '<table class="guide-idioms" role="table">'
        f'<thead role="rowgroup"><tr role="row">{columns}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def overview_html(rows: Rows) -> str:
    """Return a list of the verdicts: what each means, and links to its idioms."""
    rows = list(rows)
    items = ""
    for verdict, (_, _, meaning) in LABELS.items():
        found = [idiom for idiom, recorded in rows if recorded.outcome.verdict == verdict]
        if not found:
            continue
        links = " · ".join(
            f'<a href="#{_anchor(idiom)}">{text_html(idiom.title)}</a>' for idiom in found
        )
        items += (
            f"<li>{badge_html(verdict)} <strong>{len(found)} of {len(rows)}.</strong> {meaning}"
            f"<br>{links}</li>"
        )
    return f'<ul class="guide-verdicts" data-search-exclude>{items}</ul>'


def badge_html(verdict: Verdict, message: str = "") -> str:
    """Return a verdict as a sign and a word; what differs and says so is not silent."""
    label, sign, _ = LABELS[verdict]
    label = "differs" if verdict == "differs" and message else label
    return (
        f'<span class="guide-verdict" data-verdict="{verdict}">'
        f'<span aria-hidden="true">{sign}</span> {label}</span>'
    )


def text_html(text: str) -> str:
    """Return text as HTML; what stands between backticks is code."""
    return CODE.sub(r"<code>\1</code>", escape(text))


def _row(idiom: Idiom, recorded: RecordedOutcome, page: str, report: str) -> str:
    outcome = recorded.outcome
    then, now = NAMES[idiom.folder]
    anchor = _anchor(idiom)
    address, title = (
        (f' id="{anchor}"', _title(idiom, anchor)) if idiom.folder == IDIOMS_FOLDER else ("", "")
    )
    truth = f"<p><strong>{IS_TRUE}</strong> {text_html(idiom.truth)}</p>" if idiom.truth else ""
    data = {
        "idiom": idiom.name,
        "folder": idiom.folder,
        "verdict": outcome.verdict,
        "key": recorded.key,
        "model": recorded.provenance["model"],
    }
    return (
        f'<tr role="row"{address}{attributes(data)}>'
        f'<th role="rowheader" scope="row">{title}'
        f"<p>{text_html(idiom.explanation)}</p>{truth}</th>"
        f'<td role="cell" class="guide-then">{code_html(idiom.then, then, copy=False)}</td>'
        f'<td role="cell" class="guide-today">{badge_html(outcome.verdict, outcome.message)}'
        f"{_behaviour(outcome)}</td>"
        f'<td role="cell" class="guide-now">{code_html(idiom.now, f"{now}{report}")}'
        f"<div>{_quoted('It prints', outcome.now_output)}"
        f"{newer_html('', idiom.now, page)}</div></td></tr>"
    )


def _title(idiom: Idiom, anchor: str) -> str:
    return (
        f'<span class="guide-idiom-title">{text_html(idiom.title)}</span>'
        f'<a class="headerlink" href="#{anchor}" title="Permanent link">¶</a>'
    )


def _behaviour(outcome: Outcome) -> str:
    """Return what the old code printed or said, as far as that is what matters of it."""
    if outcome.verdict == "fails":
        return _quoted("It ends with", outcome.message)
    if outcome.verdict == "warns":
        return _quoted("It runs, and says", outcome.message)
    if outcome.verdict == "works":
        return _quoted("It still prints", outcome.then_output)
    said = _quoted("It says", outcome.message) if outcome.message else ""
    return _quoted("It prints", outcome.then_output) + said


def _quoted(lead: str, text: str) -> str:
    if not text:
        return f"<p>{lead} nothing.</p>"
    return f'<p>{lead}:</p><pre class="no-copy"><code>{escape(text)}</code></pre>'


def _anchor(idiom: Idiom) -> str:
    return f"idiom-{escape(idiom.name)}"
