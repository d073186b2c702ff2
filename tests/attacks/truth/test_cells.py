"""Whatever is changed in a named cell: no page shows what its source does not give.

A build shows the changed source with what a run of exactly that source gives, or it stops with a
line that says where. And a test of the snippet fails, unless `equivalent.toml` says why not.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks.truth.mutants import EQUIVALENT, SLOW, Mutant, cells, mutants_of_all
from tests.attacks.truth.small_site import SEEN_IN, SmallSite, Tried

pytestmark = [pytest.mark.long, pytest.mark.real_processes]


@dataclass(frozen=True)
class Attacked:
    """A mutant (or, without one, the snippet as it is), what became of it, and which test fails."""

    snippet: str
    mutant: Mutant | None
    tried: Tried
    failing_test: str


@pytest.fixture(scope="module")
def attacked(snippets: dict[str, str], sites: list[SmallSite], second: Path) -> list[Attacked]:
    """Everything tried; each site takes the next snippet when it has done with one."""
    changed = mutants_of_all(snippets)
    # Those that take long come first.
    waiting = iter(sorted(snippets, key=lambda name: (name not in SLOW, -len(snippets[name]))))

    def attack(site: SmallSite) -> list[Attacked]:
        return [found for name in waiting for found in attacks(site, name, changed[name])]

    with ThreadPoolExecutor() as pool:
        return [found for part in pool.map(attack, sites) for found in part]


def attacks(site: SmallSite, snippet: str, changed: Iterable[Mutant]) -> Iterator[Attacked]:
    site.take_up(snippet)
    yield Attacked(snippet, None, site.attempt(), site.failing_test())
    for mutant in changed:
        site.write(mutant.text)
        tried = site.attempt()
        # The tests ask for a recording, and so would run what the build has refused just as it did.
        is_known = tried.fate == "refused"
        yield Attacked(snippet, mutant, tried, "recording" if is_known else site.failing_test())


@pytest.fixture(scope="module")
def attacks_on_cells(attacked: list[Attacked]) -> dict[str, Attacked]:
    return {str(found.mutant): found for found in attacked if found.mutant}


def test_a_snippet_as_it_is_is_shown_as_it_runs_and_passes_its_tests(snippets, attacked):
    unharmed = {found.snippet: found for found in attacked if not found.mutant}
    assert unharmed.keys() == snippets.keys()
    assert {found.tried.fate for found in unharmed.values()} == {"shown"}
    assert [found.failing_test for found in unharmed.values() if found.failing_test] == []


def test_the_tests_of_each_snippet_ask_for_its_recording(root, snippets):
    for name in snippets:
        tests = root / "tests" / "snippets" / f"test_{SEEN_IN.get(name, name)}.py"
        assert re.search(r"\b(recorded|recording)\(", tests.read_text("utf-8")), tests.name


def test_every_named_cell_is_changed(snippets, attacks_on_cells):
    named = {(name, cell.name) for name, text in snippets.items() for cell in cells(text)}
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
    equivalent = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    unnoticed = {name for name, found in attacks_on_cells.items() if not found.failing_test}
    report_count(
        f"{len(attacks_on_cells) - len(unnoticed)} mutants of cells fail a test of their snippet, "
        f"{len(unnoticed)} are equivalent"
    )
    assert unnoticed - equivalent.keys() == set(), "fail no test, and are not listed"
    assert equivalent.keys() - unnoticed == set(), "are listed, but no mutant or not unnoticed"
    assert all(equivalent.values()), "each needs a reason"
