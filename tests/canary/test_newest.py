"""With newer releases than the pinned: what the guide allows, and the newest of all."""

import tomllib

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.canary import environment, ways_round
from nnsight_guide.idioms.verdicts import RIGHT
from tests.support.warm.asking import FOLDER

pytestmark = pytest.mark.long


def bounds(root):
    """What `pyproject.toml` allows of torch and transformers."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return {
        name: line
        for line in project["dependencies"]
        for name in ("torch", "transformers")
        if line.startswith(name)
    }


@pytest.fixture(scope="module")
def newest(root, tmp_path_factory):
    """An environment with the newest releases of everything but torch."""
    folder = tmp_path_factory.mktemp("newest")
    made = environment.Environment(folder / "environment", [bounds(root)["torch"]])
    try:
        made.install(environment.required(root / "pyproject.toml"))
    except GuideError as error:
        pytest.fail(str(error), pytrace=False)
    return made


@pytest.fixture(autouse=True)
def _no_part_of_this_run(monkeypatch):
    """Let the tests that are run there share no warm process: its libraries may be others by then.

    They would, as whatever a worker of this run starts.
    """
    for name in (FOLDER, "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)


def wrong(seen):
    """What an observation tells that should not be: of what is right today, and of the tests."""
    fails = tuple(f"{right} fails" for right in RIGHT.values())
    idioms = {name for name, told in seen.idioms.items() if told.startswith(fails)}
    return idioms | {name for name, told in seen.tests.items() if told != "passes"}


# What looks at the form that GPT-J had before, or at the load itself → what it sees.
LEFT = {
    "test_architectures::test_a_line_of_the_table_is_what_hooks_of_pytorch_see"
    "[GPT-J-eager-expected0]": "a tensor",
    "test_attention_patterns::test_every_route_leads_to_the_same_tensor": "the cell is left out",
    "test_changing_values::"
    "test_a_tuple_takes_no_other_element_and_its_tensor_takes_other_values": "one cell is left out",
    "test_input_and_output::test_a_block_is_called_with_one_positional_argument": "other keywords",
    "test_input_and_output::test_a_block_takes_hidden_states_and_returns_a_tuple": "a tensor",
    "test_input_and_output::"
    "test_the_dropout_hands_on_the_pattern_and_the_head_makes_logits": "the cell is left out",
    "test_model_config::"
    "test_the_set_up_loads_gpt_j_on_this_machine_unless_the_environment_says_otherwise": "eager",
    "test_second_model::test_each_cell_is_committed_and_is_todays": "one cell is rewritten",
    "test_second_model::"
    "test_it_is_what_the_model_gives_today_within_what_machines_differ_by": "lines of the library",
    "test_task_on_gpt_j::test_the_cells_run_on_a_gpt_j_and_as_jobs_give_the_same": "a tensor",
    "test_trace_and_save::test_a_block_returns_hidden_states_and_attention_weights": "a tensor",
    "test_trace_and_save::test_the_second_output_is_the_attention_pattern": "the cell is left out",
}


# This one first: the other puts an older transformers into the environment.
def test_with_the_newest_of_all_and_the_way_round_what_is_not_about_the_old_form_passes(
    root, newest, tmp_path
):
    copied = environment.copy(Project(root), tmp_path / "copy")
    (way,) = ways_round.KNOWN.values()
    assert ways_round.apply(way, copied.snippets.rglob("*.py")) >= 8
    seen = environment.observe_in(newest.python, copied)
    assert wrong(seen) == LEFT.keys()
    assert len(seen.tests) > 50


def test_with_the_newest_that_the_guide_allows_every_snippet_and_idiom_passes(
    root, newest, tmp_path
):
    newest.install([bounds(root)["transformers"]])
    seen = environment.observe_in(newest.python, environment.copy(Project(root), tmp_path / "copy"))
    assert wrong(seen) == set()
    assert len(seen.tests) > 50
