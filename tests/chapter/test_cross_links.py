"""Glossary words and modules of GPT-J become links by themselves."""

import re

import pytest
from bs4 import BeautifulSoup
from markdown import Markdown

from nnsight_guide.chapter import gptj_source
from nnsight_guide.chapter.page import ChapterPage, open_page

ENTRIES = ("Head", "Attention pattern", "d_model", "Logit lens", "Logits", "Token")
GLOSSARY = "# Glossary\n\n" + "\n\n".join(f"## {word}" for word in ENTRIES) + "\n"


@pytest.fixture
def render(tmp_path, profile):
    """Render Markdown as the page of that path, and hand it back parsed."""
    (tmp_path / "glossary.md").write_text(GLOSSARY)
    extensions = ["admonition", "tables", "toc", "nnsight_guide.chapter.cross_links"]
    extensions += ["pymdownx.details", "pymdownx.inlinehilite", "pymdownx.superfences"]
    settings = {
        "toc": {"permalink": True},
        "nnsight_guide.chapter.cross_links": {"docs": tmp_path},
    }

    def rendered(text: str, path: str = "docs/chapters/a.md") -> BeautifulSoup:
        open_page(ChapterPage(path, text, "../..", profile, {}))
        markdown = Markdown(extensions=extensions, extension_configs=settings)
        return BeautifulSoup(markdown.convert(text), "html.parser")

    return rendered


def terms(page: BeautifulSoup) -> list[tuple[str, str]]:
    return [(link.text, link["href"]) for link in page.select("a.guide-term")]


def sources(page: BeautifulSoup) -> list[str]:
    return [link.text for link in page.select("a.guide-source")]


def test_only_the_first_use_of_a_word_is_linked(render):
    page = render("One token, two\n\n- a token\n\nand Logits, logits.")
    assert terms(page) == [
        ("token", "../glossary.md#token"),
        ("Logits", "../glossary.md#logits"),
    ]
    assert " ".join(page.text.split()) == "One token, two a token and Logits, logits."


def test_a_word_in_a_longer_one_is_no_use_of_it_however_often_the_longer_one_stands_there(render):
    page = render("A logit lens, another logit lens,\n\ntwo logit lenses and a logit.")
    assert terms(page) == [
        ("logit lens", "../glossary.md#logit-lens"),
        ("logit", "../glossary.md#logits"),
    ]


@pytest.mark.parametrize(
    ("used", "anchor"),
    [
        ("tokens", "token"),
        ("Token", "token"),
        ("logit", "logits"),
        ("attention\npatterns", "attention-pattern"),
        ("d_model", "d_model"),
        ("`d_model`", "d_model"),
        ("**heads**", "head"),
    ],
)
def test_any_form_of_a_word_is_a_use_of_it(render, used, anchor):
    [(text, href)] = terms(render(f"Here: {used}."))
    assert text == used.strip("`*")
    assert href.endswith(f"#{anchor}")


@pytest.mark.parametrize("other", ["tokenizer", "lm_head", "`my.head`", "`d_model = 3`", "ahead"])
def test_a_part_of_another_word_is_no_use(render, other):
    assert terms(render(f"Here: {other}.")) == []


@pytest.mark.parametrize(
    "text",
    [
        "# A token",
        "### A `d_model`",
        "[a token](a.md)",
        "```text\na token\n```",
        "    a token",
        '!!! note "A token"\n\n    Text.',
        '??? note "A token"\n\n    Text.',
        "| token |\n|---|\n| a |",
        "<figure>a token</figure>",
        "<div>a token</div>",
        "See `#!python token`",
    ],
)
def test_what_is_not_prose_is_left_alone(render, text):
    assert terms(render(text)) == []
    assert terms(render(f"{text}\n\nA token and a `d_model`.")) == [
        ("token", "../glossary.md#token"),
        ("d_model", "../glossary.md#d_model"),
    ]


@pytest.mark.parametrize("kind", ["!!!", "???", "???+"])
def test_what_is_folded_or_set_apart_is_prose(render, kind):
    page = render(f'{kind} note "Title"\n\n    A token and `q_proj`.\n\nA token.')
    assert terms(page) == [("token", "../glossary.md#token")]
    assert sources(page) == ["q_proj"]


def test_a_table_is_prose(render):
    page = render("| Name |\n|---|\n| a head with `attn` |")
    assert (terms(page), sources(page)) == ([("head", "../glossary.md#head")], ["attn"])


def test_the_way_to_the_glossary_is_that_of_the_file(render):
    assert terms(render("A head.", "docs/index.md")) == [("head", "glossary.md#head")]


def test_the_glossary_does_not_link_to_itself(render):
    page = render("## Head\n\nA head of `attn`.", "docs/glossary.md")
    assert (terms(page), sources(page)) == ([], ["attn"])


def test_the_table_of_contents_and_escaped_text_stay_as_they_were(render):
    page = render("# Head & `attn`\n\n5 < 6 heads \\* & <kbd>token</kbd> `a<b>`")
    assert page.h1.text == "Head & attn¶"
    assert page.p.text == "5 < 6 heads * & token a<b>"


@pytest.mark.parametrize(
    "mention",
    [
        *gptj_source.MODULES,
        *gptj_source.CLASSES,
        "transformer.h[0].attn.q_proj",
        "model.transformer.h[1].mlp.fc_in",
        "model.transformer.h[-1]",
        "attn.attn_dropout",
    ],
)
def test_every_mention_of_a_module_leads_to_the_line_that_makes_it(render, mention):
    page = render(f"First `{mention}`, then **`{mention}`**.")
    assert sources(page) == [mention, mention]
    name = mention.removesuffix("[-1]").split(".")[-1]
    for link in page.select("a.guide-source"):
        assert link.code.text == mention
        address, _, line = link["href"].partition("#L")
        assert address == gptj_source.file_url()
        made = gptj_source.source_file().read_text().splitlines()[int(line) - 1]
        assert re.match(rf"(class {name}\(| +self\.{name} = )", made)


@pytest.mark.parametrize(
    "code",
    ["attn_dropout.input", "h[0].output[0]", "q_proj.weight", "GPTJConfig", "hh", "mlp(x)", "a b"],
)
def test_what_is_not_a_module_is_not_linked(render, code):
    assert sources(render(f"A `{code}`.")) == []


@pytest.mark.parametrize(
    "text", ["# `attn`", "[the `attn`](a.md)", "```python\nattn\n```", "attn", '!!! note "`attn`"']
)
def test_a_module_is_linked_as_inline_code_in_prose_only(render, text):
    assert sources(render(text)) == []


def test_the_version_is_the_installed_one():
    import transformers

    assert f"/blob/v{transformers.__version__}/src/" in gptj_source.file_url()


def test_every_module_of_gpt_j_is_known():
    import torch
    from transformers import GPTJConfig, GPTJForCausalLM

    with torch.device("meta"):
        model = GPTJForCausalLM(GPTJConfig(n_layer=1, n_embd=64, n_head=4, rotary_dim=8))
    names = {path.split(".")[-1] for path, _ in model.named_modules()} - {"", "0"}
    assert names == set(gptj_source.MODULES)
