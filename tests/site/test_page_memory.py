"""The preview builds again what has changed, and what it serves is what a build from nothing gives.

Asked of a small site with all that pages have of each other: links to headings, words of a
glossary, cards, cells of snippets, the navigation, the search.
"""

import random
import re
import shutil
from functools import partial
from pathlib import Path

import pytest
from jinja2 import Template
from mkdocs.structure.pages import Page

from nnsight_guide.base.project import Project
from nnsight_guide.run import plan_memory
from tests.support.previews import Author, differing, from_nothing
from tests.support.sites import MATERIAL, block, make_site

EXTENSIONS = ["admonition", {"toc": {"permalink": True}}, "nnsight_guide.chapter.cross_links"]
EXTENSIONS += ["pymdownx.superfences", {"pymdownx.snippets": {"base_path": ["."]}}]
CELLS = '"""{what}"""\n\n# %% one\nprint("{what}")\n\n# %% two\nx = 1  # of {what}\n'
HEAD = '# {title}\n\n*5 minutes.*\n\n!!! abstract "In this chapter"\n\n    - {goal};\n\n'
SOURCE = '"""What is ours."""\n\n\ndef trace():\n    """Run {what}."""\n'
SOURCES = {"enable_inventory": False, "handlers": {"python": {"paths": ["src"]}}}
PLACES = ["chapters/a.md", "chapters/b.md", "chapters/c.md", "glossary.md", "more.md"]
PLACES += ["set-up.md", "sources.md"]


def chapter(letter: str, linked: str) -> str:
    head = HEAD.format(title=f"Chapter {letter}", goal=f"learn *{letter}*")
    shown = block(f'cell("s{letter}", "one")', f'cell("s{letter}", "two")')
    words = f"The logits are many. See [there]({linked}.md#heading-of-{linked})."
    return f"{head}{words}\n\n## Heading of {letter}\n\n{shown}"


@pytest.fixture(scope="module")
def made(module_project: Project) -> Project:
    """A small site whose snippets have run."""
    project = module_project
    for name in ("first", "second"):
        (project.snippets / f"{name}.py").unlink()
    for letter in "abc":
        (project.snippets / f"s{letter}.py").write_text(CELLS.format(what=letter))
    (project.root / "src").mkdir()
    (project.root / "src" / "own.py").write_text(SOURCE.format(what="it"))
    cards = block('chapter_cards("chapters/a.md", "chapters/b.md")')
    pages = {
        "index.md": f"# Home\n\nThe logits.\n\n{cards}",
        **{f"chapters/{a}.md": chapter(a, b) for a, b in ("ab", "bc", "ca")},
        "glossary.md": "# Glossary\n\n## Logits\n\nNumbers.\n\n## Trace\n\n[A run][own.trace].\n",
        "set-up.md": f"# Set-up\n\n{block('setup()')}",
        "sources.md": "# Sources\n\n::: own\n",
        "more.md": '# More\n\nA trace.\n\n--8<-- "docs/part.txt"\n',
    }
    make_site(
        project,
        pages,
        theme={**MATERIAL, "custom_dir": "overrides"},
        plugins=[
            *("search", "nnsight-guide", {"markdown-exec": {"languages": ["python"]}}),
            {"mkdocstrings": SOURCES},
        ],
        markdown_extensions=EXTENSIONS,
        exclude_docs="part.txt",
        validation={"anchors": "warn"},
        nav=["index.md", *PLACES],
    )
    (project.root / "overrides").mkdir()
    (project.root / "overrides" / "main.html").write_text('{% extends "base.html" %}')
    (project.root / "docs" / "part.txt").write_text("Part 0.")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        Author(project).close()
    return project


@pytest.fixture
def author(made, tmp_path, monkeypatch):
    site = shutil.copytree(made.root, tmp_path / "site")
    monkeypatch.chdir(site)
    someone = Author(Project(site))
    yield someone
    someone.close()


@pytest.fixture
def rendered(monkeypatch):
    """The pages whose Markdown was rendered, in order."""
    names = []
    render = Page.render

    def counted(page, *arguments):
        names.append(page.file.src_uri)
        render(page, *arguments)

    monkeypatch.setattr(Page, "render", counted)
    return names


ALL = ["index.md", *PLACES]


@pytest.mark.parametrize(
    ("place", "again"),
    [
        ("docs/chapters/b.md", ["chapters/b.md"]),
        ("docs/chapters/b.md: a goal", ["chapters/b.md", "index.md"]),
        ("docs/chapters/c.md: a goal", ["chapters/c.md"]),
        ("snippets/sb.py", ["chapters/b.md"]),
        ("snippets/model.py", ALL),
        ("src/own.py", ["sources.md"]),
        ("docs/part.txt", ["more.md"]),
        ("overrides/main.html", []),
        ("docs/glossary.md", ALL),
        ("mkdocs.yml", ALL),
    ],
)
def test_an_edit_renders_the_pages_that_it_changes(author, rendered, place, again):
    author.served()
    rendered.clear()
    place, _, of_card = place.partition(":")
    comment = "\n# edited\n" if place.endswith((".py", ".yml")) else "\nEdited.\n"
    author.write(
        place, lambda text: text.replace("learn", "know", 1) if of_card else text + comment
    )
    author.served()
    assert sorted(rendered) == sorted(again)


def test_an_edit_fills_the_template_of_no_page_that_comes_out_as_it_was(author, monkeypatch):
    filled = []
    render = Template.render

    def counted(template, context):
        if context.get("page"):
            filled.append(context["page"].file.src_uri)
        return render(template, context)

    monkeypatch.setattr(Template, "render", counted)
    author.served()
    filled.clear()
    author.write("docs/chapters/b.md", lambda text: text + "\nEdited.\n")
    author.served()
    assert filled == ["chapters/b.md"]
    author.write("docs/chapters/b.md", lambda text: text.replace("# Chapter", "# Another", 1))
    author.served()
    assert sorted({*filled}) == sorted(["index.md", *PLACES]), "the navigation shows its title"


@pytest.mark.parametrize(
    ("page", "is_kept"),
    [
        ('--8<-- "docs/part.txt"', True),
        ('--8<-- "part.txt"', True),
        ('--8<-- "docs/part.txt"\n\n--8<-- "docs/part.txt"', True),
        ('--8<-- "docs/part.txt:1:1"', False),
        ("--8<--\ndocs/part.txt\n--8<--", False),
        ('--8<-- "docs/whole.txt"', False),
        ('--8<-- "docs/shows.txt"', False),
    ],
)
def test_a_page_is_kept_only_if_it_is_known_which_files_it_includes(
    author, rendered, page, is_kept
):
    docs = author.project.root / "docs"
    (docs / "whole.txt").write_text('--8<-- "docs/part.txt"\n')
    (docs / "shows.txt").write_text(block('cell("sa", "one")'))
    bases = {"pymdownx.snippets": {"base_path": [".", "docs"]}}
    author.configure(lambda config: config["markdown_extensions"].__setitem__(4, bases))
    author.write("docs/more.md", lambda _: f"# More\n\n{page}\n")
    assert isinstance(author.served(), dict)
    rendered.clear()
    assert isinstance(author.served(), dict)
    assert rendered == ([] if is_kept else ["more.md"])


def test_a_file_that_is_appended_to_every_page_renders_all_of_them(author, rendered):
    # https://github.com/squidfunk/mkdocs-material/issues/5526
    appended = {"pymdownx.snippets": {"base_path": ".", "auto_append": ["docs/part.txt"]}}
    author.configure(lambda config: config["markdown_extensions"].__setitem__(4, appended))
    assert b"Part 0." in author.served()[Path("chapters/a/index.html")]
    rendered.clear()
    author.write("docs/part.txt", lambda _: "Part one.")
    assert b"Part one." in author.served()[Path("chapters/a/index.html")]
    assert sorted(rendered) == sorted(ALL)


def test_a_page_that_warned_warns_again(author):
    author.write("docs/chapters/a.md", lambda text: text + "\n[nowhere](nowhere.md)\n")
    assert "nowhere.md" in author.served()
    author.write("docs/chapters/b.md", lambda text: text + "\nEdited.\n")
    assert "nowhere.md" in author.served()


def test_what_broke_and_was_mended_breaks_again_if_it_comes_again(author):
    for _ in range(2):
        author.write("docs/chapters/a.md", lambda text: text + "\n[nowhere](nowhere.md)\n")
        assert "nowhere.md" in author.served()
        author.write(
            "docs/chapters/a.md", lambda text: text.replace("\n[nowhere](nowhere.md)\n", "")
        )
        assert author.served()[Path("chapters/a/index.html")]


def test_a_link_to_a_heading_that_is_gone_is_found_on_a_page_that_is_as_it_was(author):
    author.served()
    author.write("docs/chapters/b.md", lambda text: text.replace("Heading of b", "Another one"))
    assert "does not contain an anchor '#heading-of-b'" in author.served()


def test_a_new_link_is_held_against_the_headings_of_a_page_that_is_as_it_was(author):
    author.served()
    author.write("docs/chapters/a.md", lambda text: text + "\n[no](c.md#no)\n")
    assert "does not contain an anchor '#no'" in author.served()


def test_a_link_to_a_file_that_is_gone_is_found_on_a_page_that_is_as_it_was(author):
    data = author.project.root / "docs" / "data.csv"
    data.write_text("1,2")
    author.write("docs/chapters/a.md", lambda text: text + "\n[data](../data.csv)\n")
    author.served()
    data.unlink()
    assert "contains a link '../data.csv'" in author.served()


def test_the_search_forgets_words_that_are_taken_out(author):
    def find_by(words):
        plugin = {"nnsight-guide": {"search_words": words}}
        author.configure(lambda config: config["plugins"].__setitem__(1, plugin))

    def index():
        return author.served()[Path("search/search_index.json")]

    find_by({"chapters/b.md": ["oddity"]})
    author.write("docs/chapters/b.md", lambda text: text + "\nNew.\n")
    assert b"oddity" in index(), "of a page that is new to the search"
    assert b"oddity" in index(), "of a page that it knows"
    find_by({})
    assert b"oddity" not in index()


def test_a_file_that_is_new_in_the_themes_own_folder_is_served(author):
    author.served()
    style = author.project.root / "overrides" / "new.css"
    style.write_text("p {}")
    assert author.served()[Path("new.css")] == b"p {}"
    style.unlink()
    assert Path("new.css") not in author.served()


class Editing:
    """Edits of every kind, drawn by a seed."""

    def __init__(self, author: Author, seed: int) -> None:
        self.author, self.draw = author, random.Random(seed)
        self.kinds = [
            *(self.prose, self.heading, self.title, self.snippet, self.asset, self.override),
            *(self.page, self.nav, self.glossary, self.part, self.configuration, self.broken_link),
            *(self.source, self.set_up, self.front_matter, self.goal),
        ]
        self.n_pages = 0

    def one(self, number: int) -> str:
        mends = self.author.preview.broken and self.draw.random() < 0.5
        kind = self.broken_link if mends else self.draw.choice(self.kinds)
        kind(number)
        return f"edit {number}: {kind.__name__}"

    def _chapter(self) -> str:
        return f"docs/chapters/{self.draw.choice('abc')}.md"

    def prose(self, number):
        self.author.write(self._chapter(), lambda text: f"{text}\nEdit {number}, with a trace.\n")

    def heading(self, number):
        """Rename a heading, and the link to it on another page."""
        letter, other = self.draw.choice(["ba", "cb", "ac"])
        for name in (letter, other):
            self.author.write(
                f"docs/chapters/{name}.md",
                lambda text: text.replace(
                    f"Heading of {letter}", f"Number {number} of {letter}"
                ).replace(f"#heading-of-{letter}", f"#number-{number}-of-{letter}"),
            )

    def title(self, number):
        self.author.write(
            self._chapter(), lambda text: text.replace("# Chapter", f"# {number}:", 1)
        )

    def snippet(self, number):
        name = self.draw.choice("abc")
        self.author.write(f"snippets/s{name}.py", lambda text: f"{text}print({number})\n")

    def asset(self, number):
        (self.author.project.root / "docs" / "style.css").write_text(f"/* {number} */")

    def override(self, number):
        block = f"{{% block footer %}}<p>{number}</p>{{% endblock %}}"
        text = f'{{% extends "base.html" %}}\n{block}'
        self.author.write("overrides/main.html", lambda _: text)

    def page(self, number):
        """Add a page to the end of the navigation, or take away the last one that was added."""
        name = f"new-{self.n_pages}.md"
        path = self.author.project.root / "docs" / name
        if self.n_pages and self.draw.random() < 0.5:
            self.n_pages -= 1
            name = f"new-{self.n_pages}.md"
            (path.parent / name).unlink()
            self.author.configure(lambda config: config["nav"].remove(name))
        else:
            self.n_pages += 1
            path.write_text(f"# New {number}\n\nThe logits of a [chapter](chapters/a.md).\n")
            self.author.configure(lambda config: config["nav"].append(name))

    def nav(self, number):
        self.author.configure(lambda config: self.draw.shuffle(config["nav"]))

    def glossary(self, number):
        word = f"Edit {number}" if self.draw.random() < 0.5 else "Chapter"
        self.author.write("docs/glossary.md", lambda text: f"{text}\n## {word}\n\nA word.\n")

    def part(self, number):
        self.author.write("docs/part.txt", lambda _: f"Part {number}.")

    def source(self, number):
        self.author.write("src/own.py", lambda _: SOURCE.format(what=f"for the {number}th time"))

    def front_matter(self, number):
        """Give a chapter a description, and a status, which the navigation of all pages shows."""
        status = self.draw.choice(["new", "deprecated"])
        head = f"---\ndescription: Number {number}\nstatus: {status}\n---\n"
        without = partial(re.compile(r"\A---\n.*?\n---\n", re.DOTALL).sub, "")
        self.author.write(self._chapter(), lambda text: head + without(text))

    def goal(self, number):
        """Let a chapter promise something else, on its card as well."""
        goal = re.compile("- .*;")
        self.author.write(self._chapter(), lambda text: goal.sub(f"- goal *{number}*;", text, 1))

    def set_up(self, number):
        self.author.write("snippets/model.py", lambda text: f"{text}# edit {number}\n")

    def configuration(self, number):
        """Name the site anew, find a section by other words, and give headings links or none."""
        words = {"chapters/b.md": [f"word {number}"]} if self.draw.random() < 0.5 else {}

        def change(config):
            config["site_name"] = f"Number {number}"
            config["plugins"][1] = {"nnsight-guide": {"search_words": words}}
            config["markdown_extensions"][1] = {"toc": {"permalink": bool(words)}}

        self.author.configure(change)

    def broken_link(self, number):
        """Break a page or, if it is broken, mend it."""
        broken = "\n[nowhere](nowhere.md)\n"
        self.author.write(
            "docs/chapters/c.md",
            lambda text: text.replace(broken, "") if broken in text else text + broken,
        )


@pytest.mark.parametrize(
    "number", [20, pytest.param(200, marks=pytest.mark.long, id="200, which takes minutes")]
)
def test_after_any_edit_what_is_served_is_what_a_build_from_nothing_gives(
    author, number, report_count, monkeypatch
):
    monkeypatch.setattr(plan_memory, "COARSEST_CLOCK", 0)  # else edits come too fast for it
    editing = Editing(author, seed=number)
    n_broken = 0
    for each in range(number):
        what = editing.one(each)
        served, right = author.served(), from_nothing(author.project)
        if isinstance(served, str) or isinstance(right, str):
            n_broken += 1
            assert isinstance(served, str), what
            assert isinstance(right, str), (what, served)
            continue
        assert not differing(served, right), what
    assert n_broken < number / 2
    report_count(f"{number} edits under a preview, {n_broken} of them while a page was broken")
