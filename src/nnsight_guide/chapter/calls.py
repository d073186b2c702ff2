"""What a chapter calls. Each returns HTML; what goes wrong becomes a problem of the page."""

from collections.abc import Mapping
from typing import Any

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import did_you_mean
from nnsight_guide.canary import changes, summary
from nnsight_guide.chapter.page import current_page, reported
from nnsight_guide.html import cards, figures, notes, render, tabs
from nnsight_guide.html.installing import installation_html
from nnsight_guide.html.issue import Reported, issue_html
from nnsight_guide.html.newer import newer_html, newer_table_html
from nnsight_guide.html.published_facts import published_html
from nnsight_guide.html.render import SNIPPET_ATTRIBUTES
from nnsight_guide.idioms import table
from nnsight_guide.idioms.idiom import CELLS, ERRORS_FOLDER, IDIOMS_FOLDER, Idiom
from nnsight_guide.idioms.outcomes import RecordedOutcome
from nnsight_guide.recording import cells
from nnsight_guide.recording.real_cells import OUT_OF_DATE, RealCell
from nnsight_guide.recording.recordings import pick_cell
from nnsight_guide.recording.sealed import Sealed

DEMO_PAGE = "demo-model.md"
SECOND_PAGE, SECOND_SECTION = "second-model.md", "without-the-hub"
VERSIONS_PAGE = "versions.md"


@reported
def cell(snippet: str, name: str, *, fold: str = "", output: bool = True) -> str:
    """Return a cell of a snippet with its recorded output, as HTML.

    With `fold`, the output is folded away under that summary; with `output=False` it is left
    out, for a page that shows it elsewhere.
    """
    return _block("cell", snippet, name, fold=fold, output=output)


@reported
def output(snippet: str, name: str) -> str:
    """Return only what a cell printed or drew, as HTML: what a reader's own code should give."""
    recorded, data = _recorded_cell(snippet, name)
    data = {SNIPPET_ATTRIBUTES["output"]: snippet, **data}
    if both := _tabs(snippet, name):
        return f"<div{render.attributes(data)}>{both}</div>"
    return render.output_html(render.shown_html(recorded["outputs"]), data=data)


@reported
def fragment(snippet: str, name: str) -> str:
    """Return a cell that needs more than the chapter's set-up (the guide's own package), as HTML.

    It ran like every other, but is not part of what one copies from the chapter to run it.
    """
    return _block("fragment", snippet, name, copy=False)


@reported
def picture(snippet: str, name: str) -> str:
    """Return only the still picture of what a cell drew: a figure that needs no script."""
    recorded, _ = _recorded_cell(snippet, name)
    real = current_page().real_cell(snippet, name)
    drawings = [
        output["data"][figures.MIME]
        for output in (real.outputs if real else recorded["outputs"])
        if figures.MIME in output.get("data", {})
    ]
    if any(OUT_OF_DATE in output.get("data", {}) for output in recorded["outputs"]):
        return render.shown_html(recorded["outputs"])
    if not drawings:
        raise GuideError(f"cell '{name}' of snippets/{snippet}.py draws nothing")
    return "".join(map(figures.still_html, drawings))


@reported
def chapter_cards(*sources: str) -> str:
    """Return a card for each of these chapters: what it is called, takes and promises."""
    page = current_page()
    found = []
    for source in sources:
        if not (page.docs / source).is_file():
            known = [path.relative_to(page.docs).as_posix() for path in page.docs.rglob("*.md")]
            raise GuideError(f"there is no page '{source}'{did_you_mean(source, known)}")
        found.append((page.way_to(source), page.look_up(page.docs / source, cards.card_of)))
    return cards.cards_html(found)


def _block(
    call: str, snippet: str, name: str, *, fold: str = "", output: bool = True, copy: bool = True
) -> str:
    recorded, data = _recorded_cell(snippet, name)
    if cells.raises(recorded):
        data["raises"] = ""
    return render.cell_html(
        recorded["source"],
        recorded["outputs"] if output else [],
        data={SNIPPET_ATTRIBUTES[call]: snippet, **data},
        title=f"snippets/{snippet}.py",
        href=f"{current_page().base}/downloads/{snippet}.py",
        fold=fold,
        copy=copy,
        tabs=_tabs(snippet, name, fold) if output else "",
        note=newer_html(
            f"{snippet}/{name}", recorded["source"], current_page().way_to(VERSIONS_PAGE)
        ),
        report=_report(
            snippet,
            name,
            recorded["source"],
            current_page().real_cell(snippet, name),
            current_page().recordings[snippet],
        ),
    )


def _report(snippet: str, name: str, code: str, *shown: Sealed | RealCell | None) -> str:
    """Return the link with which a reader says that a cell fails, if there is a repository."""
    page = current_page()
    runs = [(made.provenance, made.key) for made in shown if made is not None]
    block = Reported(name, f"snippets/{snippet}.py", page.path, code, runs)
    return issue_html(page.repository, block)


def _recorded_cell(snippet: str, name: str) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return a cell as it was recorded, and the `data-` attributes of a block that shows it."""
    page = current_page()
    recorded = pick_cell(page.recordings, snippet, name)
    if recorded["outputs"]:
        page.show(snippet, name)
    recording = page.recordings[snippet]
    return recorded, {
        "cell": name,
        "key": recording.key,
        "model": recording.provenance["model"],
    }


def _tabs(snippet: str, name: str, fold: str = "") -> str:
    """Return the real model's output and the demo's in tabs, or "" where one says it all."""
    page = current_page()
    real = page.real_cell(snippet, name)
    if real is None:
        return ""
    demo, number = page.recordings[snippet], page.n_tabs + 1
    html = tabs.tabs_html(number, real, demo, name, fold=fold)
    page.n_tabs += bool(html)
    return html


@reported
def setup(snippet: str = "model") -> str:
    """Return the folded code that the blocks of a chapter need, to stand at its head.

    `snippet` is the one that loads its model, in a cell `setup`.
    """
    note = "<p>Run this first: every block of this page uses it.</p>"
    summary = "All the code on this page needs this"
    code = cell(snippet, "setup")
    return render.details_html(summary, note + code, kind="abstract", is_searched=False)


@reported
def installation() -> str:
    """Return what to type to have the guide's own package, from this site or from a clone."""
    return installation_html(current_page().package)


@reported
def which_model() -> str:
    """Return the note, for the head of a chapter, on the model that produced its outputs."""
    page = current_page()
    if page.is_for_second_model():
        return notes.which_second_model_html(f"{page.way_to(SECOND_PAGE)}#{SECOND_SECTION}")
    return notes.which_model_html(
        page.profile,
        page.recorded_models(),
        page.way_to(DEMO_PAGE),
        is_complete=page.is_complete(),
    )


@reported
def which_service() -> str:
    """Return the note, for the head of the remote chapter, on the service that ran its jobs."""
    page = current_page()
    return notes.which_service_html(page.profile, page.recorded_models(), page.way_to(DEMO_PAGE))


@reported
def published(section: str) -> str:
    """Return the folded table of what was published for GPT-J-6B.

    It is left out where the page shows what GPT-J-6B itself gives.
    """
    facts = published_html(section)  # even where it is left out, a misspelt section is an error
    return "" if current_page().is_real() else facts


@reported
def idioms_overview() -> str:
    """Return the list of the verdicts on the idioms of 2024, each with links to its idioms."""
    return table.overview_html(_outcomes(IDIOMS_FOLDER).values())


@reported
def idioms_table(*names: str) -> str:
    """Return the table of these idioms of 2024: the old code, what it does today, today's code."""
    return _idioms(IDIOMS_FOLDER, *names)


@reported
def error(name: str) -> str:
    """Return one error: why, the code that goes wrong, what it does, the code that works."""
    return _idioms(ERRORS_FOLDER, name)


def _outcomes(folder: str) -> dict[str, tuple[Idiom, RecordedOutcome]]:
    """Return the idioms of a folder, and what became of each, by name."""
    everything = current_page().outcomes.items()
    return {name: row for name, row in everything if row[0].folder == folder}


def _idioms(folder: str, *names: str) -> str:
    page, known = current_page(), _outcomes(folder)
    for name in names:
        if name not in known:
            raise GuideError(f"there is no idiom '{name}'{did_you_mean(name, known)}")
    rows = [known[name] for name in names]
    page.shown.extend(recorded for _, recorded in rows)
    return table.table_html(rows, page.way_to(VERSIONS_PAGE), _idiom_report)


def _idiom_report(idiom: Idiom, recorded: RecordedOutcome) -> str:
    _, now = CELLS[idiom.folder]
    return _report(f"{idiom.folder}/{idiom.name}", now, idiom.now, recorded)


@reported
def canary_runs() -> str:
    """Return what the newest releases did in each recorded run of the canary, the latest first."""
    return summary.runs_html(changes.load_runs(summary.RUNS))


@reported
def newer_transformers() -> str:
    """Return the table of what to write with a transformers that is newer than the guide's."""
    return newer_table_html()
