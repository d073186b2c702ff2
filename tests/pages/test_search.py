"""The search, as a newcomer uses it: what is typed, and the page and section that come first."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visit, search, settle
from tests.support.messages import MESSAGES

KEY = "chapters/remote-execution/#the-key"
LOADING = "chapters/model-and-config/#loading"
SAVE = "chapters/running-the-model/#save"
PADDING = "chapters/tokenizers/#several-strings-and-the-attention-mask"
BONUS = "exercises/attention-patterns/#bonus-from-queries-and-keys"
MEMORY = "chapters/model-and-config/#how-much-memory"
PROMPTS = "chapters/running-the-model/#several-prompts"
SECOND = "chapters/running-the-model/#optional-exercise-the-second-element"
LIVE = "chapters/remote-execution/#what-is-live"

# Words of later chapters join as they are written.
QUERIES = {
    # a name from code
    "argmax": "chapters/running-the-model/#what-to-save",
    ".save()": SAVE,
    ".output[0]": "chapters/running-the-model/#modeltransformerh-1output0",
    "tracer.invoke": "chapters/several-prompts/#one-trace-a-block-for-each-prompt",
    "attn_dropout": "exercises/attention-patterns/#solution",
    "q_proj": BONUS,
    "lm_head": "chapters/model-and-config/#the-tree-of-modules",
    "batch_decode": "chapters/tokenizers/#from-ids-to-text",
    "device_map": LOADING,
    "float16": LOADING,
    "vocab_size": "chapters/model-and-config/#the-config",
    "past_key_values": SECOND,
    "remote=True": "chapters/remote-execution/#the-one-switch",
    "blocking=False": "chapters/remote-execution/#without-waiting",
    "NDIF_API_KEY": KEY,
    "LanguageModel": "migration/#loading-a-model",
    "scan": "chapters/output-versus-input/#shapes-without-running",
    "model.train()": "migration/#tracing",
    # a message
    "OutOfOrderError": "errors/#outofordererror",
    "NameError": "errors/#forgotten-save",
    "No module named accelerate": LOADING,
    "Impossible to guess which tokenizer to use": "versions/#what-to-install",
    "This tensor does not require grad": "errors/#frozen-weights",
    "CUDA out of memory": "errors/#out-of-memory",
    "how to stop a job": "errors/#stop-a-job",
    "sdpa": "errors/#attention-is-none",
    "%%time": "errors/#time-magic",
    "troubleshooting": "errors/",
    # a goal
    "API key": KEY,
    "how do I get an API key": KEY,
    "where do I get a key": KEY,
    "without a key": "chapters/remote-execution/#when-it-goes-wrong",
    "is my model live": LIVE,
    "which models are available": LIVE,
    "how much memory": MEMORY,
    "GPU": "#how-to-read-this-guide",
    "do I need a GPU": "#how-to-read-this-guide",
    "Colab": "#how-to-read-this-guide",
    "install": "versions/#what-to-install",
    "old notebook": "migration/",
    "several prompts": "chapters/several-prompts/",
    "batch of prompts": "chapters/several-prompts/",
    "predict next token": "chapters/running-the-model/#the-central-example",
    "decode tokens": "chapters/tokenizers/#from-ids-to-text",
    "draw attention": "exercises/attention-patterns/",
    "heatmap": "exercises/attention-patterns/",
    "print inside a trace": "chapters/running-the-model/#modeltransformerh-1output0",
    "shape of a tensor": "chapters/output-versus-input/#shapes-without-running",
    "how to save a value": SAVE,
    "ablate": "chapters/changing-values/",
    "ablate a layer": "chapters/changing-values/",
    "how to change a value": "chapters/changing-values/",
    "GPT-2": "chapters/another-architecture/",
    "another architecture": "chapters/another-architecture/",
    "grouped-query attention": "chapters/another-architecture/#fewer-keys-than-heads",
    "rename": "chapters/another-architecture/#one-code-for-three-architectures",
    "steering": "chapters/writing-text/#steering",
    "what is a token": "chapters/tokenizers/",
    "change a value": "chapters/changing-values/",
    "zero ablation": "chapters/changing-values/#zero-is-not-nothing",
    "skip a layer": "chapters/changing-values/#leave-out-a-layer",
    "model.edit": "chapters/changing-values/#a-model-of-its-own",
    "ablation": "chapters/changing-values/#zero-is-not-nothing",
    "keys and values": SECOND,
    # a word
    "LLaMA": "chapters/another-architecture/",
    "causal": "exercises/attention-patterns/",
    "Ġ": "chapters/tokenizers/#what-a-token-looks-like",
    "attention mask": PADDING,
    "padding": PADDING,
    "gradient": "exercises/where-is-the-fact/#the-same-by-gradients",
    "activation patching": "exercises/where-is-the-fact/",
    "rotary embedding": "glossary/#rotary-embedding",
    "residual stream": "glossary/#residual-stream",
    "hidden states": "glossary/#hidden-state",
    "logit lens": "chapters/logit-lens/",
    "induction head": "exercises/attention-patterns/#induction-heads",
    "what is nnsight": "",
    "demo model": "demo-model/",
    "NDIF": "chapters/remote-execution/",
}

# What is shown first for each of these words: the page, and the section of it that is unfolded.
FIND_ALL = """async queries => {
    const list = document.querySelector(".md-search-result__list");
    const meta = document.querySelector(".md-search-result__meta");
    const input = document.querySelector(".md-search__input");
    const first = async words => {
        list.replaceChildren();
        meta.textContent = "";
        input.value = words;
        input.dispatchEvent(new KeyboardEvent("keyup"));
        const until = performance.now() + 10_000;
        while (!list.children.length && !/^No matching/.test(meta.textContent)) {
            if (performance.now() > until) return "no answer";
            await new Promise(requestAnimationFrame);
        }
        const found = list.querySelectorAll(":scope > :first-child > a");
        const {origin, pathname, hash} = new URL([...found].at(-1)?.href ?? "about:blank");
        return origin + pathname + hash;
    };
    const answers = {};
    for (const words of queries) answers[words] = await first(words);
    return answers;
}"""


@pytest.fixture(scope="module")
def window(browser, guide):
    """One window for all, on the first page, with the search ready for use."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        visit = Visit(page, guide.address)
        page.goto(guide.address)
        settle(page)
        yield page
        assert visit.refused == visit.complaints == []


def test_what_a_newcomer_types_leads_to_the_section_that_answers_it(window, guide):
    search(window, "logits")
    found = window.evaluate(FIND_ALL, list(QUERIES))
    assert {words: url.removeprefix(guide.address) for words, url in found.items()} == QUERIES


def test_the_last_line_of_an_error_leads_to_its_answer(window, guide):
    assert len(MESSAGES) >= 30
    search(window, "logits")
    answers = {message["says"]: message["answer"] for message in MESSAGES}
    found = window.evaluate(FIND_ALL, list(answers))
    assert {says: url.removeprefix(guide.address) for says, url in found.items()} == answers


@pytest.mark.parametrize(
    ("way", "opened"),
    [
        (f"{LOADING}?h=float16", ["Downloading GPT-J: 24 GB or 12 GB"]),
        (
            "exercises/attention-patterns/#the-task?h=attn_dropout",
            ["Hint 1: where to look", "Hint 2: which module"],
        ),
        ("exercises/attention-patterns/#solution?h=dropout", []),
        ("chapters/tokenizers/#check-yourself?h=nothing.of(it 2,", []),
    ],
)
def test_a_fold_opens_if_a_word_stands_in_it_alone(window, guide, way, opened):
    place, _, words = way.partition("?")
    page, _, section = place.partition("#")
    window.goto("about:blank")
    window.goto(f"{guide.address}{page}?{words}#{section}")
    settle(window)
    folds = window.locator("details[open] > summary")
    assert folds.all_text_contents() == opened


def test_a_hit_in_a_fold_is_shown_when_its_page_comes_without_loading(window, guide):
    window.goto(guide.address)
    settle(window)
    window.evaluate("window.sameDocument = true")
    search(window, "float16")
    window.locator(".md-search-result__item:first-child > a").last.click()
    expect(window.locator(".md-content h1")).to_contain_text("The model and its config")
    expect(window.locator("details[open] mark", has_text="float16").first).to_be_visible()
    assert window.evaluate("window.sameDocument") is True
