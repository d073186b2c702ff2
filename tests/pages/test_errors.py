"""The page on errors, as it was built, beside the nnsight that is installed."""

import ast
import json
import re

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.idioms.idiom import ERRORS_FOLDER, idiom_paths, read_idiom
from nnsight_guide.idioms.table import IS_TRUE
from tests.support import defined
from tests.support.messages import MESSAGES

PAGE, TABLE = "errors/index.html", "migration/index.html"

# What a newcomer does not meet, and why.
NOT_MET = {
    "EarlyStopException": "`tracer.stop()` raises it, and the run that it ends catches it",
    "UnknownPersistentIdError": "raised on the service only, for a block that nnsight did not pack",
    "UnshardableCheckpoint": "of models that are split over several GPUs",
    "UnsupportedParallelStyle": "of models that are split over several GPUs",
    "UnsupportedTransformersVersion": "of models that are split over several GPUs",
    "', which nnsight already serves on every module. The submodule is '.": "of a module of one's "
    "own that has a part called `output`, or the like",
    " while it was being unwound at the end of the run. It is reported here rather than raised, so "
    "that it cannot hide the error that ended the run.": "a second error, in a `finally`, beside "
    "the one that is shown",
    "': `forward` was replaced after nnsight wrapped this module, which disables its interventions."
    " Wrap the model after whatever reassigns `forward`, or re-instrument it (see "
    "docs/errors/out-of-order-error.md).": "of who replaces the `forward` of a module",
    "This engine was built with prefix caching on, so tokens served from the cache never run a "
    "forward pass and a registered block will not see them — its activations come back short, with "
    "no error. Leave enable_prefix_caching at nnsight's default (False) to register against whole "
    "prompts.": "of vLLM, which the guide does not use",
    "modeling/vllm/model_runners/GPUModelRunner.py: expected": "of vLLM",
    "modeling/vllm/serve/server.py: str(warning.message)": "of vLLM, in the log of its server",
    "__init__.py: message": "`deprecated` itself: what it says stands where it is used",
}
# What a call warns of is made elsewhere: these are words of it.
TOLD_ELSEWHERE = {
    "intervention/interleaver.py: expected": "was never reached: the loop asked for a step the run"
}


def unanswered(text, modules):
    """Return what the modules define that a page does not answer."""
    known = {*NOT_MET}
    warned = defined.warned(modules) - known
    return {name for name in defined.exceptions(modules) - known if name not in text} | {
        words for words in warned if TOLD_ELSEWHERE.get(words, words)[:60] not in text
    }


@pytest.fixture(scope="module")
def modules():
    return defined.trees("nnsight")


@pytest.fixture(scope="module")
def sections(pages):
    """The text of each section of the page, by the anchor of its heading."""
    found, here = {}, ""
    for tag in pages[PAGE].select_one("article").find_all(["h1", "h2", "h3", "p", "pre", "li"]):
        here = tag["id"] if tag.name[0] == "h" else here
        found[here] = f"{found.get(here, '')} {tag.text}"
    return {anchor: " ".join(text.split()) for anchor, text in found.items()}


@pytest.fixture(scope="module")
def files(checkout):
    paths = idiom_paths(Project(checkout), [ERRORS_FOLDER])
    return {name: read_idiom(path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def outcomes(checkout, first_build):
    folder = checkout / ".cache/nnsight-guide/recordings/demo" / ERRORS_FOLDER
    recorded = [json.loads(path.read_text())["outcome"] for path in folder.glob("*.json")]
    return {outcome["idiom"]: outcome for outcome in recorded}


def test_all_that_nnsight_raises_and_warns_of_is_answered_or_left_out_for_a_reason(pages, modules):
    # The page leads to the table of 2024 for what is deprecated.
    text = " ".join(f"{pages[PAGE].article.text} {pages[TABLE].article.text}".split())
    assert len(defined.exceptions(modules)) >= 10
    assert len(defined.warned(modules)) >= 10
    assert unanswered(text, modules) == set()


def test_a_reason_is_given_only_for_what_nnsight_defines(modules):
    assert {*NOT_MET, *TOLD_ELSEWHERE} <= defined.exceptions(modules) | defined.warned(modules)


def test_a_new_exception_and_a_new_warning_would_be_found():
    source = (
        "import pickle, warnings\nclass Odd(pickle.PickleError): ...\nclass Odder(Odd): ...\n"
        "class Plain(dict): ...\nSAID = 'told so'\nwarnings.warn(SAID)\n"
        "warnings.warn(f'{Odd} is not what it was')\n"
        "@deprecated('gone is deprecated')\ndef f(): ..."
    )
    modules = {"a.py": ast.parse(source)}
    assert defined.exceptions(modules) == {"Odd", "Odder"}
    assert defined.warned(modules) == {"told so", " is not what it was", "gone is deprecated"}
    assert unanswered("Odd told so", modules) == {
        "Odder",
        " is not what it was",
        "gone is deprecated",
    }


def test_every_error_stands_once_below_a_heading_with_its_title(pages, files):
    rows = pages[PAGE].select("tr[data-folder=errors]")
    assert sorted(row["data-idiom"] for row in rows) == sorted(files)
    for row in rows:
        heading = row.find_previous(["h2", "h3"])
        error = files[row["data-idiom"]]
        assert heading["id"] == error.name.replace("_", "-")
        assert heading.text.removesuffix("¶") == error.title.replace("`", "")
        assert error.truth.replace("`", "") in row.th.text


def test_code_that_goes_wrong_does_not_do_what_the_code_that_works_does(files, outcomes):
    assert outcomes.keys() == files.keys()
    verdicts = {name: outcome["verdict"] for name, outcome in outcomes.items()}
    assert {*verdicts.values()} == {"fails", "differs"}, verdicts


def test_who_says_that_there_is_no_message_is_right(files, outcomes):
    silent = {name for name, error in files.items() if "no message" in error.truth}
    assert silent == {name for name in outcomes if is_silent(outcomes[name])}


def test_what_has_no_message_and_what_misleads_is_named_at_the_top(pages, files):
    told = truths(pages)
    silent = {name for name, truth in told.items() if "no message" in truth}
    misleading = {name for name, truth in told.items() if truth.startswith(UNTRUE)}
    assert linked(pages, "These have no message") == silent
    assert linked(pages, "These messages lead you astray") == misleading


def test_each_entry_says_whether_its_message_is_true(pages, files):
    entries = {anchor_name(heading) for heading in pages[PAGE].select("article h3[id]")}
    assert entries - truths(pages).keys() == {"stop_a_job"}  # a question, and no message
    assert len(entries) == len(files) + 8


UNTRUE = ("Not true", "Misleading", "Half of the truth")


def truths(pages):
    """Return what the page says of each message, by the name of the entry."""
    return {
        anchor_name(lead.find_previous("h3")): str(lead.next_sibling).strip()
        for lead in pages[PAGE].find_all("strong", string=IS_TRUE)
    }


def anchor_name(heading):
    return heading["id"].replace("-", "_")


def linked(pages, start):
    """Return the entries that a paragraph leads to."""
    (found,) = (p for p in pages[PAGE].select("article p") if p.text.startswith(start))
    return {link["href"].removeprefix("#").replace("-", "_") for link in found.select("a")}


def is_silent(outcome):
    told = outcome["message"] or "requested but" in outcome["then_output"]
    return outcome["verdict"] == "differs" and not told and outcome["idiom"] not in BY_NATURE


# No entry can fill a memory.
BY_NATURE = {"memory_of_traces"}


@pytest.mark.parametrize(
    "message",
    [message for message in MESSAGES if message["answer"].startswith("errors/#")],
    ids=lambda message: message["answer"].partition("#")[2],
)
def test_what_a_newcomer_meets_is_still_said_in_these_words(message, sections):
    anchor = message["answer"].partition("#")[2]
    assert significant(message["says"]) in sections[anchor].replace("`", "")


def significant(says):
    """Return of a message what is the same in each run, without the name of its class."""
    words = re.sub(r"'\d+\.", "", re.sub(r"^[\w.]+: ", "", says)).replace("`", "")
    return " ".join(words.split()[:12]).partition(" Tried")[0].rstrip(",;")
