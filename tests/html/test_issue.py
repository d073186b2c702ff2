"""The link with which a reader says that a block fails."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from nnsight_guide.html.issue import CUT, Reported, issue_html, new_issue_url

REPOSITORY = "https://github.com/someone/guide"
MADE = {
    "model": "some/model",
    "profile": "demo",
    "dtype": "bfloat16",
    "device": "cpu",
    "versions": {"nnsight": "0.8.1", "torch": "2.13.0"},
    "date": "2026-01-02",
}
IDIOMS = {name: value for name, value in MADE.items() if name not in ("dtype", "device")}
GITHUB_TAKES = 8000  # characters of an address


def link(code="x = 1\n", runs=((MADE, "0123456789abcdef"),), name="ask", **more):
    block = Reported(name, "snippets/first.py", "docs/a.md", code, runs)
    html = issue_html(more.get("repository", REPOSITORY), block)
    return BeautifulSoup(html, "html.parser").a


def asked(found):
    """Return the title and the body of the issue, as the host reads them from the address."""
    query = parse_qs(urlsplit(found["href"]).query, strict_parsing=True)
    assert query.keys() == {"title", "body"}
    return query["title"][0], query["body"][0]


def test_the_issue_names_the_cell_the_page_and_the_run():
    title, body = asked(link())
    assert title == "ask in snippets/first.py fails"
    assert "`ask` of `snippets/first.py`, as `docs/a.md` shows it:\n\n```python\nx = 1\n```" in body
    assert (
        "- `some/model` in bfloat16 on cpu, nnsight 0.8.1, torch 2.13.0; run on 2026-01-02 "
        "(recording 0123456789abcdef)\n"
    ) in body


def test_each_run_that_the_page_shows_is_named():
    _, body = asked(link(runs=[({**MADE, "model": "the/real"}, "a"), (IDIOMS, "b")]))
    assert "- `the/real` in bfloat16" in body
    assert "- `some/model`, nnsight 0.8.1" in body, "of an idiom, less is known"


@pytest.mark.parametrize(
    "code",
    [
        "a & b == 'é #+%\"<b>&amp;' # 100 %",
        "print('''\n```\n````python\n''')",
        "</a><script>alert(1)</script>",
        "x = 1\n\n\ny = 2",
    ],
)
def test_code_arrives_as_it_is_whatever_is_in_it(code):
    _, body = asked(link(code))
    fence = body[body.index("```") :].split("python", 1)[0]
    assert f"\n{fence}python\n{code}\n{fence}\n" in body
    assert fence not in code


def test_the_address_is_written_as_html_has_it():
    html = issue_html(REPOSITORY, Reported("ask", "snippets/first.py", "docs/a.md", "x", []))
    assert "&amp;body=" in html


def test_a_name_is_words_and_no_markup():
    found = link(name='"><script>')
    assert found.name == "a"
    assert not found.find_all()
    assert asked(found)[0].startswith('"><script> in')


@pytest.mark.parametrize("code", ["é" * 70 + "\n", "x" * 9000, "a = 1\n", "\n"])
def test_a_long_cell_is_cut_to_what_an_address_can_hold(code):
    found = link(code * 3000)
    assert len(found["href"]) < GITHUB_TAKES
    body = asked(found)[1]
    lines = body.split("```")[1].splitlines()[1:]
    assert lines[-1] == CUT
    assert {*lines[:-1]} <= {*(code * 3000).splitlines()}, "whole lines only"


def test_a_reader_is_told_what_the_link_does_and_for_which_cell():
    found = link()
    assert found.text == "Does it fail?"
    assert found["aria-label"] == "Does it fail? Report cell ask of snippets/first.py"
    assert found["aria-label"].startswith(found.text), "who says what they see is understood"
    assert found.has_attr("data-search-exclude"), "the words stand at every block"


@pytest.mark.parametrize(
    ("repository", "form"),
    [
        ("https://github.com/someone/guide", "https://github.com/someone/guide/issues/new"),
        ("https://github.com/someone/guide.git/", "https://github.com/someone/guide/issues/new"),
        ("https://codeberg.org/a/b#readme", "https://codeberg.org/a/b/issues/new"),
        ("http://git.example:3000/a/b", "http://git.example:3000/a/b/issues/new"),
        ("https://name:secret@github.com/a/b", "https://github.com/a/b/issues/new"),
    ],
)
def test_the_form_is_where_hosts_like_github_have_it(repository, form):
    assert new_issue_url(repository) == form


@pytest.mark.parametrize(
    "repository",
    [
        *(None, "", "https://github.com", "https://github.com/someone", "git@github.com:a/b.git"),
        *("https://gitlab.com/a/b", "https://bitbucket.org/a/b", "javascript:alert(1)//a/b"),
    ],
)
def test_where_there_is_no_such_form_there_is_no_link(repository):
    assert new_issue_url(repository) is None
    assert link(repository=repository) is None
