"""Everything run again from nothing, beside what the site shows: every difference, by name.

Shown are the recordings and, where the site is built, the blocks on its pages. The run takes
nothing from the cache and leaves nothing in it, and has kernels of its own, in which the snippets
run in another order than in a build. Compared is what a reader sees, code and outputs, and none is
left out: an output that varies from run to run has no place on a page. Only what the second model
gives was run on another machine, and may differ by what machines do.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import takewhile, zip_longest
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from nnsight_guide.base.project import Project
from nnsight_guide.html import render
from nnsight_guide.idioms import execution, table
from nnsight_guide.idioms.idiom import Idiom, idiom_paths, read_idiom
from nnsight_guide.idioms.outcomes import RecordedOutcome
from nnsight_guide.model import second_model
from nnsight_guide.model.profiles import Profile
from nnsight_guide.model.second_model import SMOLLM2
from nnsight_guide.recording.likeness import says_the_same
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.recording.sealed import guide_metadata
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner

# A block has one of these, with its snippet.
SHOWS = (*(f"data-{name}" for name in render.SNIPPET_ATTRIBUTES.values()), "data-folder")
EXCERPT = 60  # characters of a line that differs


@dataclass(frozen=True)
class Seen:
    """What a reader sees of a cell or an idiom.

    Attributes:
        model: the model that it ran on.
        code: its lines of code.
        output: the lines that it gave.

    """

    model: str
    code: list[str]
    output: list[str]


@dataclass
class RerunReport:
    """What was compared, and where it differs.

    Attributes:
        n_run: how many cells and idioms were run again.
        n_blocks: how many blocks of the site's pages they were compared with.
        differences: a line for each that differs.
        notes: a line for each thing that could not be compared.

    """

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


def rerun(project: Project, profile: Profile) -> RerunReport:
    """Run everything again, and compare what it gives with what is shown; raises as `run_again`."""
    plan = Plan(project, profile)
    return compare_with_rerun(plan, run_again(plan))


def run_again(plan: Plan) -> dict[str, Seen]:
    """Run every snippet and every idiom, and return what each cell and idiom gives.

    Raises:
        GuideError: what the profile needs is missing, or a snippet or an idiom failed.

    """
    return {**dict(_snippets(plan)), **asyncio.run(_idioms(plan))}


def compare_with_rerun(plan: Plan, again: Mapping[str, Seen]) -> RerunReport:
    """Compare what cells and idioms give, by `snippet/cell`, with recordings and pages."""
    report = RerunReport(len(again))
    second = _second(plan)
    for name, recorded in _recorded(plan):
        if name.partition("/")[0] in second and not second_model.can_be_had():
            continue
        if recorded is None:
            report.differences.append(f"{name}: the recording is stale: build the site again")
        else:
            report.differences += _difference(name, recorded, again.get(name))
    for page, name, shown in _on_pages(plan.project.root / "site"):
        if shown.model == SMOLLM2 and not second_model.can_be_had():
            continue
        report.n_blocks += 1
        report.differences += _difference(f"{page}, {name}", shown, again.get(name))
    if not report.n_blocks:
        report.notes.append("the site is not built: only the recordings were compared")
    real = [name for name, state in plan.committed.items() if state.cells]
    if plan.profile.name == "demo" and real:
        report.notes.append(
            f"committed, and not run again since that takes the real model: {', '.join(real)}"
        )
    if second and not second_model.can_be_had():
        report.notes.append(
            f"not run again, since that takes the second model: {', '.join(second)}; "
            "`make second-model` brings it"
        )
    return report


def _second(plan: Plan) -> list[str]:
    return [name for name in plan.snippets if plan.is_for_second_model(name)]


def _snippets(plan: Plan) -> Iterator[tuple[str, Seen]]:
    left = [] if second_model.can_be_had() else _second(plan)
    names = [name for name in reversed(plan.snippets) if name not in left]
    with closing(Runner(plan.project)) as runner:
        for snippet, recording in runner.run(plan, names):
            yield from _cells(snippet, recording)


async def _idioms(plan: Plan) -> dict[str, Seen]:
    demo, root = plan.idioms_profile, plan.project.root
    sources = {name: read_idiom(path) for name, path in idiom_paths(plan.project).items()}
    seen = {}
    async for outcome, _ in execution.judged(sources.values(), demo.environment, root):
        made = {"metadata": guide_metadata({}, {}, demo), "outcome": asdict(outcome)}
        source = sources[outcome.idiom]
        seen[f"{source.folder}/{source.name}"] = _row(source, RecordedOutcome(made))
    return seen


def _recorded(plan: Plan) -> Iterator[tuple[str, Seen | None]]:
    """Yield what is recorded of each cell and idiom; of what is stale, only the name."""
    for name, snippet in plan.snippets.items():
        if snippet.recorded and snippet.is_fresh:
            yield from _cells(name, snippet.recorded)
        else:
            yield name, None
    for name, path in idiom_paths(plan.project).items():
        source, outcome = read_idiom(path), plan.idioms[name]
        shown = outcome.recorded if outcome.is_fresh else None
        yield f"{source.folder}/{name}", _row(source, shown) if shown else None


def _on_pages(site: Path) -> Iterator[tuple[str, str, Seen]]:
    """Yield of each block on each page the page, the cell or idiom, and what is seen of it."""
    for path in sorted(site.rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for block in page.select("[data-cell], [data-idiom]"):
            snippet = next(block[name] for name in SHOWS if name in block.attrs)
            name = f"{snippet}/{block.get('data-cell') or block['data-idiom']}"
            yield path.relative_to(site.parent).as_posix(), name, _seen(block)


def _cells(snippet: str, recording: Recording) -> Iterator[tuple[str, Seen]]:
    data = {"model": recording.provenance["model"]}
    for name, cell in recording.named_cells().items():
        html = render.cell_html(cell["source"], cell["outputs"], data=data, title="", href="")
        yield f"{snippet}/{name}", _seen_in(html)


def _row(idiom: Idiom, recorded: RecordedOutcome) -> Seen:
    return _seen_in(table.table_html([(idiom, recorded)], versions_page=""))


def _seen_in(html: str) -> Seen:
    (block,) = BeautifulSoup(html, "html.parser").select("[data-model]")
    return _seen(block)


def _seen(block: Tag) -> Seen:
    """Return what is seen of a block; not what another model gave, which is in a tab beside."""
    seen = Seen(str(block["data-model"]), [], [])
    for node in block.select("pre code, [data-props], .guide-figure-still, .guide-verdict"):
        made_by = node.find_parent(attrs={"data-model": True})
        if node.name == "svg" and seen.model == SMOLLM2:
            continue  # its colours turn at a last digit, and its numbers are in the figure itself
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
        if not (says_the_same(a, b) if shown.model == SMOLLM2 else a == b)
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
