"""The code on a page: what Python-Markdown runs, what a notebook carries, and what neither does."""

import random

import markdown
import pytest

from nnsight_guide.chapter.page_code import (
    NOT_CARRIED,
    executed_blocks,
    line_of,
    problems,
    shown_snippets,
    without_comments,
)
from nnsight_guide.chapter.text import blocks, calls_in

FENCE = '```python exec="1" html="1"\nprint(cell("first", "{}"))\n```'


def run_by_the_page(text: str) -> list[str]:
    """Return the code of the blocks that the site's own Markdown extensions would run."""
    code: list[str] = []

    def run(source: str, *_: object, **__: object) -> str:
        code.append(source)
        return "<hr>"

    def is_run(_: str, inputs: dict[str, str], options: dict[str, object], *__: object) -> bool:
        options.update(inputs)
        return "exec" in inputs

    fence = {"name": "python", "class": "python", "validator": is_run, "format": run}
    extensions = ["admonition", "pymdownx.details", "pymdownx.superfences", "pymdownx.tabbed"]
    settings = {
        "pymdownx.superfences": {"custom_fences": [fence]},
        "pymdownx.tabbed": {"alternate_style": True},
    }
    markdown.markdown(text, extensions=extensions, extension_configs=settings)
    return code


def carried(text: str) -> list[str]:
    """Return the code of the calls that the notebook of a chapter carries."""
    calls = [call for block in blocks(text) for call in calls_in(block)]
    return [
        f'print({call.function}("{call.arguments[0]}", "{call.arguments[1]}"))' for call in calls
    ]


def indented(text: str, by: str = "    ") -> str:
    return "\n".join(f"{by}{line}".rstrip() for line in text.splitlines())


PLACES = {
    "at the margin": "{}",
    "in an admonition": '!!! note "A note"\n\n{indented}',
    "in what is folded": '??? question "Why?"\n\n{indented}',
    "in a tab": '=== "A"\n\n{indented}',
    "in a list": "1. One\n\n{indented}",
    "in a list of bullets": "- one\n- two\n\n{indented}",
    "in a quotation": "> {quoted}",
    "in a comment": "<!--\n{}\n-->",
    "in a comment beside text": "<!-- for later:\n\n{}\n\nand more --> text",
    "in a fence": "````markdown\n{}\n````",
    "after a comment in code": "Write `<!--` and\n\n{}\n\nthen `-->`.",
    "after a comment in a fence": "```html\n<!-- begins\n```\n\n{}\n",
    "after a comment without an end": "<!-- begins\n\n{}\n",
}


def placed(place: str, text: str) -> str:
    quoted = "\n> ".join(text.splitlines())
    return PLACES[place].format(text, indented=indented(text), quoted=quoted)


def assert_they_agree(text: str) -> None:
    """A page and its notebook show the same, or the build stops at the page."""
    page = without_comments(text)
    if not list(problems(page, is_chapter=True)):
        assert run_by_the_page(page) == carried(page), text
    assert [block.code for block in executed_blocks(page)] == run_by_the_page(page), text


@pytest.mark.parametrize("outer", PLACES)
@pytest.mark.parametrize("inner", PLACES)
def test_page_and_notebook_run_the_same_wherever_a_block_stands(outer, inner):
    assert_they_agree(
        f"# A chapter\n\n{placed(outer, placed(inner, FENCE.format('ask')))}\n\nEnd.\n"
    )


@pytest.mark.parametrize("seed", range(20))
def test_page_and_notebook_run_the_same_whatever_stands_beside_it(seed):
    chance = random.Random(seed)
    parts = []
    for number in range(8):
        part = FENCE.format(f"cell_{number}")
        for _ in range(chance.randrange(3)):
            part = placed(chance.choice([*PLACES]), part)
        parts.append(part)
    assert_they_agree("# A chapter\n\n" + "\n\n".join(parts))


FORMS = {
    "tildes": FENCE.replace("```", "~~~"),
    "more backticks": FENCE.replace("```", "`````"),
    "backticks in its title": FENCE.replace(' html="1"', """ title="a `b`" id='`'"""),
    "one quote of two": FENCE.replace(' html="1"', " title=don't"),
    "after text, without a line between": f"Text\n{FENCE}",
    "indented by two in a list": f"* First\n\n{indented(FENCE, '  ')}",
    "indented by three in a list": f"1. First\n\n{indented(FENCE, '   ')}",
    "code in a line": '```python exec="1"``` and ``` more',
}


@pytest.mark.parametrize("form", FORMS)
def test_page_and_notebook_run_the_same_whatever_form_a_block_has(form):
    assert_they_agree(f"# A chapter\n\n{FORMS[form].format('ask')}\n\nEnd.\n")


@pytest.mark.parametrize("place", ["in a list", "in a list of bullets", "in a quotation"])
def test_what_a_notebook_cannot_carry_is_refused_at_its_line(place):
    text = f"# A chapter\n\n{placed(place, FENCE.format('ask'))}\n"
    line = text[: text.index("```")].count("\n") + 1
    assert list(problems(text, is_chapter=True)) == [(line, NOT_CARRIED)]
    assert list(problems(text, is_chapter=False)) == []


@pytest.mark.parametrize(
    "text",
    [
        "A footnote[^1].",
        "[^1]: Its text.",
        '--8<-- "docs/x.md"',
        "*[MLP]: a network",
        "Word\n\n:   what it means",
        '<div class="x" markdown>',
        "![A picture](../assets/x.png)",
        '<img src="x.png">',
        'See <a href="../x/">this</a>.',
        "[words]: ../x.md",
        "1. One\n\n    !!! note\n\n        Two.",
        "```python exec='1'\nprint(1 + 1)\n```",
        "```python exec='1'\nfor name in ('a', 'b'):\n    print(cell('first', name))\n```",
    ],
)
def test_what_jupyter_does_not_know_is_refused_in_a_chapter_and_nowhere_else(text):
    assert len(list(problems(f"# A chapter\n\n{text}\n", is_chapter=True))) == 1
    assert list(problems(f"# A page\n\n{text}\n", is_chapter=False)) == []


@pytest.mark.parametrize(
    "text",
    ["`[^1]` and `![x](y.png)`", "```html\n<img src='x'>\n```", "    <img src='x'>", "a * b"],
)
def test_what_is_shown_as_code_is_not_refused(text):
    assert list(problems(f"# A chapter\n\n{text}\n", is_chapter=True)) == []


def test_a_comment_leaves_every_other_line_where_it_was():
    assert without_comments("a\n<!-- b\nc --> d\n`<!--`\ne") == "a\n\n d\n`<!--`\ne"


def test_a_call_is_found_by_its_arguments_in_code_and_not_in_prose():
    text = f"# A page\n\nprint(cell('first', 'ask'))\n\n{FENCE.format('ask')}\n"
    assert line_of(text, ("first", "ask")) == 6
    assert shown_snippets(text) == {"first"}
    assert shown_snippets("Call `cell('second', 'x')`.") == set()
