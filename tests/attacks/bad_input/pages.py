"""What a page's block, an extension or a hook does to a build: it never ends as a success."""

from textwrap import indent

from tests.attacks.bad_input.case import Case, page
from tests.attacks.bad_input.conftest import BLOCK

EXEC = '```python exec="1" html="1"\n'
CELL = "from nnsight_guide.chapter import cell\n"
REMEDY = "let it raise an exception, or take it out"
NO_END = "docs/{}, line {}: this block of Python has no end: close it with the same backticks"
BUILD, SERVE = "nnsight_guide build", "nnsight_guide serve --port 47321"
CONFIG = """\
site_name: A small guide
plugins: [nnsight-guide, markdown-exec]
markdown_extensions: [pymdownx.superfences]
"""
THEMED = f"{CONFIG}theme: {{name: material, custom_dir: overrides}}\n"
EXTENSION = """\
import sys

from markdown.extensions import Extension


class Exits(Extension):
    def extendMarkdown(self, _):
        sys.exit()


def makeExtension():
    return Exits()
"""
ONCE = """\
from nnsight_guide.chapter.page import current_page
assert len(current_page().blocks) == 1"""
REMOVES = """\
import shutil


def on_post_build(config):
    shutil.rmtree(config.site_dir)
"""


def chapter(broken: str, command: str, code: str, line: str) -> Case:
    """Return the case of a chapter with a block, of which there is a notebook, too."""
    where = "docs/chapters/odd.md, line "
    files = {"docs/chapters/odd.md": f"# Odd\n\n{EXEC}{code}"}
    return Case(f"{broken}, in {command}", command, where + line, files)


def ending(what: str, command: str, code: str, line: int) -> Case:
    """Return the case of a page with a block that wants to end the build."""
    said = f"docs/index.md, line {line}: a block of Python ends the build with SystemExit: {REMEDY}"
    files = {"docs/index.md": f"# A page\n\n{EXEC}{code}\n```\n"}
    return Case(f"a block that {what}, in {command}", command, said, files)


def hook(when: str, command: str, code: str, line: int, call: str) -> Case:
    """Return the case of a hook that wants to end the build."""
    said = f"hook.py, line {line}, ends the build (`{call}`): {REMEDY}"
    files = {"mkdocs.yml": f"{CONFIG}hooks: [hook.py]\n", "hook.py": code}
    return Case(f"a hook that exits {when}, in {command}", command, said, files)


def template(broken: str, line: str, said: str, command: str = BUILD) -> Case:
    """Return the case of a site's own part of the theme, with something wrong in its third line."""
    main = f"{{% extends 'base.html' %}}\n\n{line}\n"
    files = {"mkdocs.yml": THEMED, "overrides/main.html": main}
    return Case(f"a template {broken}, in {command}", command, said, files)


CASES = [
    *[
        template(
            broken, f"{{% block extrahead %}}{line}", f"overrides/main.html, line 3: {said}", how
        )
        for how in (BUILD, SERVE)
        for broken, line, said in (
            ("with a block that has no end", "", "Unexpected end of template. …"),
            (
                "with a tag that there is not",
                "{% nothing %}",
                "Encountered unknown tag 'nothing'.…",
            ),
            (
                "that takes in what there is not",
                "{% include 'nowhere.html' %}{% endblock %}",
                "there is no template 'nowhere.html'",
            ),
            (
                "that asks nothing for something",
                "{{ nothing.at_all }}{% endblock %}",
                "UndefinedError: 'nothing' is undefined",
            ),
            (
                "that adds a word to a number",
                "{{ 1 + 'word' }}{% endblock %}",
                "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
            ),
        )
    ],
    page(
        "a block that is no Python",
        f"# A page\n\nText.\n\n{EXEC}x = 1\nprint(cell('first', 'ask')\n```\n",
        "docs/index.md, line 7: a block of Python fails: SyntaxError: '(' was never closed",
    ),
    page(
        "a block that is no Python, in a list",
        f"# A page\n\n- one\n\n    {EXEC}    x = = 1\n    ```\n",
        "docs/index.md, line 6: a block of Python fails: SyntaxError: invalid syntax",
    ),
    page(
        "a block that fails on its second line",
        f"# A page\n\n{EXEC}x = 0\nprint(1 / x)\n```\n",
        "docs/index.md, line 5: a block of Python fails: ZeroDivisionError: division by zero",
    ),
    page(
        "the second of two equal blocks, which fails",
        "# A page\n\n" + 2 * f"{EXEC}{ONCE}\n```\n\n",
        "docs/index.md, line 10: a block of Python fails: AssertionError",
    ),
    page(
        "a block without an end",
        f"# A page\n\n{EXEC}print(1)\n\nMore text.\n",
        NO_END.format("index.md", 3),
    ),
    page(
        "a block whose end is that of the next",
        f"# A page\n\n{EXEC}print(1)\n\nMore text.\n\n{BLOCK}",
        NO_END.format("index.md", 3),
    ),
    *(
        chapter(
            "a chapter's block that is no Python",
            command,
            "print(\n```\n",
            "4: a block of Python fails: SyntaxError: '(' was never closed",
        )
        for command in (BUILD, SERVE)
    ),
    *(
        chapter(
            "a chapter's block without an end",
            command,
            "print(1)\n",
            "3: this block of Python has no end: close it with the same backticks",
        )
        for command in (BUILD, SERVE)
    ),
    chapter(
        "a chapter's call that no notebook can make",
        BUILD,
        f"{CELL}name = 'first'\nprint(cell(name, 'ask'))\n```\n",
        "5: a chapter's notebook carries calls such as `cell(…)`, and no other code: print them, "
        "with their arguments in quotes",
    ),
    *(
        Case(
            f"a chapter with {what}",
            BUILD,
            f"docs/chapters/odd.md, line 5: the chapter's notebook cannot carry {why}",
            {"docs/chapters/odd.md": f"# Odd\n\nText.\n\n{markdown}\n"},
        )
        for what, markdown, why in (
            ("a footnote", "Text[^1].", "a footnote: say it in the text"),
            (
                "a box in a quotation",
                "> !!! note",
                "this here: start it at the margin, or in a box",
            ),
        )
    ),
    Case(
        "a chapter with a block in a list",
        BUILD,
        "docs/chapters/odd.md, line 5: the chapter's notebook cannot carry this here: start it at "
        "the margin, or in a box",
        {"docs/chapters/odd.md": "# Odd\n\n1. One\n\n" + indent(BLOCK, "    ")},
    ),
    chapter(
        "a chapter's call with a word too few",
        BUILD,
        f"{CELL}print(cell('first'))\n```\n",
        "5: cell(…) takes the names of a snippet and of one of its cells",
    ),
    *(ending("exits", command, "import sys\nsys.exit()", 5) for command in (BUILD, SERVE)),
    ending("exits in a plain build", "mkdocs build", "exit()", 4),
    ending("exits with a status", BUILD, "import sys\nsys.exit(3)", 5),
    ending("raises SystemExit", BUILD, "raise SystemExit('Well done')", 4),
    ending("ends the process", BUILD, "import os\nos._exit(0)", 5),
    ending("becomes another program", BUILD, "import os\nos.execv('/bin/true', ['true'])", 5),
    *(
        hook("as it is imported", command, "import sys\n\nsys.exit()\n", 3, "sys.exit()")
        for command in (BUILD, SERVE)
    ),
    hook(
        "at a page",
        "mkdocs build",
        "def on_page_content(html, **_):\n    raise SystemExit(0)\n",
        *(2, "raise SystemExit(0)"),
    ),
    hook(
        "when all is done",
        BUILD,
        "import os\n\n\ndef on_post_build(**_):\n    os._exit(0)\n",
        *(5, "os._exit(0)"),
    ),
    Case(
        "an extension that exits",
        BUILD,
        f"extension.py, line 8, ends the build (`sys.exit()`): {REMEDY}",
        {
            "mkdocs.yml": CONFIG.replace("[pym", "[extension, pym"),
            "extension.py": EXTENSION,
        },
    ),
    Case(
        "a hook that removes the site",
        BUILD,
        "MkDocs is done, and site/ holds no page: look for a plugin or a hook that removes it",
        {
            "mkdocs.yml": f"{CONFIG}hooks: [hook.py]\n",
            "hook.py": REMOVES,
        },
    ),
]
