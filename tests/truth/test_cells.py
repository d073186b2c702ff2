"""Whatever is changed in a named cell: no page shows what its source does not give.

A build shows the changed source with what a run of exactly that source gives, or it stops with a
line that says where. And a test of the snippet fails, unless `equivalent.toml` says why not.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.truth.mutants import Mutant, cells, mutants
from tests.truth.small_site import SmallSite, Tried

pytestmark = pytest.mark.long

# Those that take long come first. A remote snippet takes seconds, the others a fraction of one.
SNIPPETS = (
    "remote_execution",
    "trace_and_save",
    "attention_patterns",
    "tokenizer_basics",
    "input_and_output",
    "model_config",
    "rotary_attention",
    "model",
    "attention_checks",
)
KINDS = {"remote_execution": 1, "model": 1}
ALL_KINDS = 3


@dataclass(frozen=True)
class Attacked:
    """A mutant (or, without one, the snippet as it is), what became of it, and which test fails."""

    snippet: str
    mutant: Mutant | None
    tried: Tried
    failing_test: str


@pytest.fixture(scope="module")
def attacked(root: Path, sites: list[SmallSite]) -> list[Attacked]:
    """Everything tried; each site takes the next snippet when it has done with one."""
    waiting = iter(SNIPPETS)

    def attack(site: SmallSite) -> list[Attacked]:
        return [found for snippet in waiting for found in attacks(site, snippet, root)]

    with ThreadPoolExecutor() as pool:
        return [found for part in pool.map(attack, sites) for found in part]


def attacks(site: SmallSite, snippet: str, root: Path) -> Iterator[Attacked]:
    site.take_up(snippet)
    yield Attacked(snippet, None, site.attempt(), site.failing_test())
    text = (root / "snippets" / f"{snippet}.py").read_text()
    for mutant in mutants(snippet, text, KINDS.get(snippet, ALL_KINDS)):
        site.write(mutant.text)
        yield Attacked(snippet, mutant, site.attempt(), site.failing_test())


@pytest.fixture(scope="module")
def attacks_on_cells(attacked: list[Attacked]) -> dict[str, Attacked]:
    return {str(found.mutant): found for found in attacked if found.mutant}


def test_a_snippet_as_it_is_is_shown_as_it_runs_and_passes_its_tests(attacked):
    unharmed = {found.snippet: found for found in attacked if not found.mutant}
    assert sorted(unharmed) == sorted(SNIPPETS)
    assert {found.tried.fate for found in unharmed.values()} == {"shown"}
    assert [found.failing_test for found in unharmed.values() if found.failing_test] == []


def test_every_named_cell_is_changed(root, attacks_on_cells):
    snippets = [p for p in (root / "snippets").glob("*.py") if p.stem != "__init__"]
    named = {(path.stem, cell.name) for path in snippets for cell in cells(path.read_text())}
    changed = {(found.snippet, found.mutant.cell) for found in attacks_on_cells.values()}
    assert changed == named
    assert len(attacks_on_cells) >= 100


def test_no_change_survives(attacks_on_cells, report_count):
    fates = {name: found.tried.fate for name, found in attacks_on_cells.items()}
    became = Counter(fates.values())
    report_count(
        f"{became.total()} mutants of cells tried, {became['survived']} survived "
        f"({became['shown']} shown as they run, {became['refused']} stopped the build)"
    )
    assert [name for name in fates if fates[name] == "survived"] == []


def test_each_change_fails_a_test_of_its_snippet_or_is_known_to_be_equivalent(
    attacks_on_cells, report_count
):
    path = Path(__file__).with_name("equivalent.toml")
    equivalent = tomllib.loads(path.read_text(encoding="utf-8"))
    unnoticed = {name for name, found in attacks_on_cells.items() if not found.failing_test}
    report_count(
        f"{len(attacks_on_cells) - len(unnoticed)} mutants of cells fail a test of their snippet, "
        f"{len(unnoticed)} are equivalent"
    )
    assert unnoticed - equivalent.keys() == set(), "fail no test, and are not listed"
    assert equivalent.keys() - unnoticed == set(), "are listed, but no mutant or not unnoticed"
    assert all(equivalent.values()), "each needs a reason"
