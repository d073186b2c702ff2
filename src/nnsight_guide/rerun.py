"""Everything run again from nothing, beside what the site shows: every difference, by name.

Shown are the recordings and, where the site is built, the blocks on its pages. The run takes
nothing from the cache and leaves nothing in it, and has kernels of its own, in which the snippets
run in another order than in a build. Compared is what a reader sees, code and outputs, and none is
left out: an output that varies from run to run has no place on a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import takewhile, zip_longest
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from nnsight_guide import committed, idioms, migration, outcomes, render
from nnsight_guide.freshness import freshness
from nnsight_guide.outcomes import RecordedOutcome
from nnsight_guide.profiles import Profile
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording
from nnsight_guide.run import Runner

CELLS = ("data-snippet", "data-fragment-of", "data-output-of")  # a block has one, with its snippet
EXCERPT = 60  # characters of a line that differs


@dataclass(frozen=True)
class Seen:
    """What a reader sees of a cell or an idiom: the model, the lines of code, and what it gave."""

    model: str
    code: list[str]
    output: list[str]


@dataclass
class Report:
    """What was compared, and where it differs. `notes` say what could not be compared."""

    n_run: int
    n_blocks: int = 0
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the report, line by line."""
        return [
            *self.differences,
            *self.notes,
            f"{self.n_run} cells and idioms run again, and compared with their recordings and with "
            f"{self.n_blocks} blocks on the site's pages: {len(self.differences)} differ",
        ]


def rerun(project: Project, profile: Profile) -> Report:
    """Run everything again, and compare what it gives with what is shown; raises as `run_again`."""
    return compare(project, profile, run_again(project, profile))


def run_again(project: Project, profile: Profile) -> dict[str, Seen]:
    """Run every snippet and every idiom of 2024, and return what each cell and idiom gives.

    Raises:
        GuideError: what the profile needs is missing, or a snippet or an idiom failed.

    """
    return {**dict(_snippets(project, profile)), **dict(_idioms(project, profile))}


def compare(project: Project, profile: Profile, again: Mapping[str, Seen]) -> Report:
    """Compare what cells and idioms give, by `snippet/cell`, with recordings and pages."""
    report = Report(len(again))
    for name, recorded in _recorded(project, profile):
        if recorded is None:
            report.differences.append(f"{name}: the recording is stale: build the site again")
        else:
            report.differences += _difference(name, recorded, again.get(name))
    for page, name, shown in _on_pages(project.root / "site"):
        report.n_blocks += 1
        report.differences += _difference(f"{page}, {name}", shown, again.get(name))
    if not report.n_blocks:
        report.notes.append("the site is not built: only the recordings were compared")
    real = [name for name in project.snippet_names() if committed.fresh(project, name)]
    if profile.name == "demo" and real:
        report.notes.append(
            f"committed, and not run again since that takes the real model: {', '.join(real)}"
        )
    return report


def _snippets(project: Project, profile: Profile) -> Iterator[tuple[str, Seen]]:
    with closing(Runner(project)) as runner:
        for snippet, recording in runner.run(profile, reversed(project.snippet_names())):
            yield from _cells(snippet, recording)


def _idioms(project: Project, profile: Profile) -> Iterator[tuple[str, Seen]]:
    demo = outcomes.demo_profile(profile)
    told = {idiom.name: idiom for idiom in idioms.read_all(project.snippets / outcomes.FOLDER)}
    for outcome in idioms.run(told.values(), demo.environment, project.root):
        made = RecordedOutcome(outcome, {}, {"model": demo.model_id})
        yield f"{outcomes.FOLDER}/{outcome.idiom}", _row(told[outcome.idiom], made)


def _recorded(project: Project, profile: Profile) -> Iterator[tuple[str, Seen | None]]:
    """Yield what is recorded of each cell and idiom; of what is stale, only the name."""
    for name in project.snippet_names():
        state = freshness(project, name, profile)
        if state.recording and state.is_fresh:
            yield from _cells(name, state.recording)
        else:
            yield name, None
    demo = outcomes.demo_profile(profile)
    for idiom in idioms.read_all(project.snippets / outcomes.FOLDER):
        recorded = outcomes.fresh(project, idiom.name, demo)
        yield f"{outcomes.FOLDER}/{idiom.name}", _row(idiom, recorded) if recorded else None


def _on_pages(site: Path) -> Iterator[tuple[str, str, Seen]]:
    """Yield of each block on each page the page, the cell or idiom, and what is seen of it."""
    for path in sorted(site.rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for block in page.select("[data-cell], [data-idiom]"):
            snippet = next((block[name] for name in CELLS if name in block.attrs), outcomes.FOLDER)
            name = f"{snippet}/{block.get('data-cell') or block['data-idiom']}"
            yield path.relative_to(site.parent).as_posix(), name, _seen(block)


def _cells(snippet: str, recording: Recording) -> Iterator[tuple[str, Seen]]:
    data = {"model": recording.provenance["model"]}
    for name, cell in recording.named_cells().items():
        html = render.cell_html(cell["source"], cell["outputs"], data=data, title="", href="")
        yield f"{snippet}/{name}", _seen_in(html)


def _row(idiom: idioms.Idiom, recorded: RecordedOutcome) -> Seen:
    return _seen_in(migration.table_html([(idiom, recorded)]))


def _seen_in(html: str) -> Seen:
    (block,) = BeautifulSoup(html, "html.parser").select("[data-model]")
    return _seen(block)


def _seen(block: Tag) -> Seen:
    """Return what is seen of a block; not what another model gave, which is in a tab beside."""
    seen = Seen(str(block["data-model"]), [], [])
    for node in block.select("pre code, [data-props], .guide-figure-still, .guide-verdict"):
        made_by = node.find_parent(attrs={"data-model": True})
        if made_by is not None and made_by["data-model"] == seen.model:
            is_code = node.find_parent(class_="highlight") is not None
            text = str(node) if node.name == "svg" else str(node.get("data-props") or node.text)
            (seen.code if is_code else seen.output).extend(text.splitlines())
    return seen


def _difference(where: str, shown: Seen, again: Seen | None) -> list[str]:
    """Return a line if the two differ; a block may leave out its code or its output."""
    if again is None:
        return [f"{where}: shown, and there is no such cell"]
    old = [shown.model, *shown.code, *shown.output]
    new = [again.model]
    new += again.code if shown.code else []
    new += again.output if shown.output else []
    return [
        f"{where}: shown {_excerpt(a, b)}, rerun {_excerpt(b, a)}"
        for a, b in zip_longest(old, new)
        if a != b
    ][:1]


def _excerpt(line: str | None, other: str | None) -> str:
    """Return a line, of a long one the piece in which it begins to differ from the other."""
    if line is None:
        return "nothing"
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(line, other or "", strict=False))
    )
    start = max(same - EXCERPT // 2, 0) if len(line) > EXCERPT else 0
    return repr(line[start : start + EXCERPT])
