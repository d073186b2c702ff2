"""What becomes of each idiom of 2024, observed: every row is run, old code and new.

A row that fails here says that the libraries changed under it. Then the page that shows these
outcomes is to be read again; the expectation below follows.
"""

import pkgutil
from pathlib import Path

import pytest

import snippets
from nnsight_guide.base.project import Project
from nnsight_guide.idioms.idiom import CELLS
from nnsight_guide.recording.freshness import stale
from nnsight_guide.recording.imports import imported_modules, project_imports
from nnsight_guide.run.plan import Plan
from tests.support.paths import ROOT

FOLDER = ROOT / "snippets" / "from_2024"

# idiom → verdict, and words that the message holds
EXPECTED = {
    "batch_decode": ("differs", ""),
    "block_output": ("differs", ""),
    "device_map": ("fails", "requires `accelerate`"),
    "dropout_input": ("differs", ""),
    "edit_context": ("fails", "'tuple' object has no attribute 'trace'"),
    "first_input": ("fails", "IndexError: tuple index out of range"),
    "forward_order": ("fails", "OutOfOrderError"),
    "generator_output": ("warns", "use tracer.result instead"),
    "gradient_assignment": ("differs", ""),
    "inference_argument": ("differs", ""),
    "input_assignment": ("differs", ""),
    "inputs_shape": ("fails", "'tuple' object has no attribute 'shape'"),
    "invoker_args": ("differs", ""),
    "invoker_inputs": ("fails", "has no attribute 'invoker'"),
    "keyword_input": ("fails", "IndexError: index 1 is out of bounds"),
    "language_model": ("warns", "use TransformersModel(repo_id, task='text-generation')"),
    "model_invoke": ("fails", "has attribute 'invoke'"),
    "model_next": ("fails", "has attribute 'next'"),
    "next_token": ("fails", "has attribute 'next'"),
    "nnsight_cond": ("fails", "module 'nnsight' has no attribute 'cond'"),
    "nnsight_list": ("fails", "module 'nnsight' has no attribute 'list'"),
    "no_tokenizer": ("fails", "Impossible to guess which tokenizer to use"),
    "old_imports": ("fails", "No module named 'nnsight.envoy'"),
    "one_line_trace": ("fails", "must start on its own line"),
    "plain_backward": ("fails", "'NoneType' object has no attribute 'shape'"),
    "private_model": ("fails", "has attribute '_model'"),
    "proxy_apply": ("fails", "module 'nnsight' has no attribute 'apply'"),
    "proxy_condition": ("fails", "has no attribute 'cond'"),
    "proxy_value": ("fails", "'Tensor' object has no attribute 'value'"),
    "save_as_clone": ("differs", ""),
    "scan_and_validate": ("works", ""),
    "scan_shape": ("fails", "name 'width' is not defined"),
    "second_output": ("differs", ""),
    "token_index": ("fails", "'Tensor' object has no attribute 'token'"),
    "torch_dtype": ("warns", "`torch_dtype` is deprecated"),
    "session_exit": ("fails", "has no attribute 'exit'"),
    "session_iter": ("fails", "has no attribute 'iter'"),
    "tracer_all": ("warns", "block form is deprecated; use `for step in tracer.iter[...]:`"),
    "tracer_log": ("fails", "has no attribute 'log'"),
    "two_prompts": ("works", ""),
    "without_save": ("fails", "name 'logits' is not defined"),
}


@pytest.fixture(scope="module")
def outcomes(root, profile, ran_again):
    plan = Plan(Project(root), profile)
    if stale(plan.idioms):
        plan = Plan(Project(ran_again(*CELLS)), profile)
    return {name: state.recorded.outcome for name, state in plan.idioms.items()}


def test_every_idiom_file_has_its_row():
    assert sorted(EXPECTED) == sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("idiom", EXPECTED)
def test_an_idiom_does_today_what_the_guide_says_it_does(idiom, outcomes):
    verdict, words = EXPECTED[idiom]
    today = outcomes[idiom]
    assert today.verdict == verdict, (
        f"{idiom}: {verdict} → {today.verdict}: {today.message}\n"
        f"then: {today.then_output}\nnow: {today.now_output}"
    )
    assert words in today.message, f"{idiom} {verdict} with another text: {today.message}"


def test_an_outcome_names_no_path_of_the_machine(outcomes):
    told = "\n".join(
        f"{outcome.then_output}\n{outcome.now_output}\n{outcome.message}"
        for outcome in outcomes.values()
    )
    assert str(Path.home()) not in told
    assert str(ROOT) not in told
    assert "site-packages" not in told
    assert "nnsight-guide-" not in told, "the folder of the scripts"


def test_a_silent_difference_shows_both_values(outcomes):
    present = outcomes["second_output"]
    assert present.then_output.startswith("torch.Size([16, ")
    assert present.now_output.startswith("torch.Size([1, 16, ")
    assert present.message == ""


def test_what_fails_today_cannot_break_the_import_of_the_snippets():
    names = [module.name for module in pkgutil.walk_packages(snippets.__path__, "snippets.")]
    assert "snippets.model" in names
    assert not [name for name in names if "from_2024." in name], "no package: nothing walks into it"
    importers = [
        path
        for path in (ROOT / "snippets").rglob("*.py")
        if any(FOLDER in module.parents for module in project_imports(path, ROOT))
    ]
    # A kernel imports the module that the model is from, under a name that it is told: that
    # counts as any, so of the sources only what they name themselves is asked.
    importers += [
        path
        for path in (ROOT / "src").rglob("*.py")
        if any(FOLDER.name in name for name in imported_modules(path.read_bytes()))
    ]
    assert importers == []
