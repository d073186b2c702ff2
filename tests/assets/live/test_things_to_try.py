"""What *Try it* says of each of its links is what the figure then shows, and other pages' too."""

import re

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.local
DOCS = ROOT / "docs"
LINK = re.compile(r"\[([^]]*)\]\(\?([^)]*)\)")
START = re.compile(r'\bstart="([^"]*)"')
PAGE = (DOCS / "try-it.md").read_text(encoding="utf-8")
QUERIES = {" ".join(words.split()): query for words, query in LINK.findall(PAGE)}
STARTS = [query for page in sorted(DOCS.rglob("*.md")) for query in START.findall(page.read_text())]

ASK = """([query, more]) => {
    const state = {...liveLink.chosenBy(query).state, ...more};
    const {asItIs, changed} = engine.run(state);
    return [asItIs, changed ?? asItIs].map(({top: [{text, p}]}) => [text, p]);
}"""
PROBLEM = "query => liveLink.problem(liveLink.chosenBy(query), engine)"
# Of the last token, what each head of a layer looks at most.
LOOKS = """query => {
    const {state, layer} = liveLink.chosenBy(query);
    const {tokens, asItIs: {seqLen, room, attentions}} = engine.run(state);
    return Array.from({length: engine.config.n_head}, (_, head) => {
        const last = (head * room + seqLen - 1) * room;
        const row = attentions[layer].subarray(last, last + seqLen);
        const best = row.indexOf(Math.max(...row));
        return [tokens[best].text, row[best]];
    });
}"""


@pytest.fixture
def page(live):
    live.page.add_script_tag(path=str(DOCS / "assets/live/figure/link.js"))
    return live.page


@pytest.fixture
def best(page):
    """Return what comes next, with its probability: as it is, and in the state of a link."""

    def asked(words, **more):
        return [tuple(guess) for guess in page.evaluate(ASK, [QUERIES[words], more])]

    return asked


def test_the_links_are_all_that_is_claimed_here_and_figures_start_so():
    assert len(STARTS) >= 3
    assert [*QUERIES] == [
        "Say “Colosseum”",
        "layer 3",
        "cities in an order",
        "without those four",
        "Four others",
        "all heads of layer 2",
        "a sentence on the Burj Khalifa",
        "From Paris towards Rome",
        "Say hello",
    ]


@pytest.mark.parametrize("query", [*QUERIES.values(), *STARTS])
def test_each_link_and_each_start_of_a_figure_leads_to_a_state(page, query):
    assert page.evaluate(PROBLEM, query) == ""


def test_another_landmark_gets_another_answer(best):
    (answer, p), _ = best("Say “Colosseum”")
    assert (answer, p > 0.9) == (" Rome", True)


def test_in_layer_3_heads_look_from_the_last_token_at_the_name(page):
    looks = page.evaluate(LOOKS, QUERIES["layer 3"])
    assert (
        sum(token in (" Col", "ose", "um", " Colosseum", "os", "se") for token, _ in looks) >= 2
    ), looks


def test_a_repetition_needs_the_heads_that_look_one_token_back_and_not_four_others(best):
    as_it_is, _ = best("cities in an order")
    assert (as_it_is[0], as_it_is[1] > 0.9) == (" Berlin", True)
    assert best("without those four")[1][0] != " Berlin"
    assert best("Four others")[1][0] == " Berlin"
    assert best("Four others")[1][1] > 0.9


def test_zeros_in_the_place_of_heads_break_what_their_means_leave(best):
    (before, _), (with_zeros, _) = best("all heads of layer 2")
    assert before == " Paris"
    assert with_zeros != " Paris"
    answer, p = best("all heads of layer 2", instead="mean")[1]
    assert (answer, p > 0.9) == (" Paris", True)


def test_a_state_takes_the_answer_along_after_layer_2_and_not_after_layer_1(best):
    words = "a sentence on the Burj Khalifa"
    assert [answer for answer, _ in best(words)] == [" Paris", " Dubai"]
    patch = {"prompt": "The Burj Khalifa is in the city of", "layer": 1, "position": -1}
    assert [answer for answer, _ in best(words, patch=patch)] == [" Paris", " Paris"]


def test_a_push_turns_the_answer_and_a_weak_one_does_not(best):
    words = "From Paris towards Rome"
    assert [answer for answer, _ in best(words)] == [" Paris", " Rome"]
    weak = {"from": "Paris", "to": "Rome", "layer": 2, "strength": 0.5}
    assert [answer for answer, _ in best(words, steer=weak)] == [" Paris", " Paris"]


def test_hello_was_hardly_in_its_training(live):
    (query,) = (query for words, query in QUERIES.items() if words == "Say hello")
    assert query.startswith("prompt=Hello")
    text = "Hello, how are you today?"
    known = live.page.evaluate("text => engine.tokens(text).map(({known}) => known)", text)
    assert sum(known) < len(known) / 2
