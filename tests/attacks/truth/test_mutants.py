"""The list of equivalent mutants, without a run of any."""

import tomllib

from tests.attacks.truth.mutants import EQUIVALENT, mutants_of_all


def test_each_that_is_listed_is_a_mutant_of_todays_snippets(snippets):
    made = {str(mutant) for found in mutants_of_all(snippets).values() for mutant in found}
    listed = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    assert listed.keys() - made == set()
