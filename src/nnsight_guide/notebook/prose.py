"""What a chapter says → Markdown that Jupyter, JupyterLab and Colab show as it is meant. Pure."""

import re
from collections.abc import Callable
from html import escape

# Where a link of a chapter leads from a notebook, or None where it would lead nowhere.
Link = Callable[[str], str | None]

# Code comes first, since what looks like a link in it is none.
LINK = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?<!!)\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?P<target>[^()\s]+)\)",
    re.DOTALL,
)
ATTRIBUTES = re.compile(r" *\{:? *[#.][^{}]*\} *$", re.MULTILINE)
CODE, EMPHASIS = re.compile(r"`([^`]+)`"), re.compile(r"\*([^*`]+)\*")


def plain_markdown(markdown: str, link: Link) -> str:
    """Return Markdown without what only the site understands; links lead where `link` says."""

    def replaced(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        target = link(found["target"])
        return f"[{found['label']}]({target})" if target else found["label"]

    return LINK.sub(replaced, ATTRIBUTES.sub("", markdown))


def quote(title: str, body: str) -> str:
    """Return a box: what the site shows as an admonition."""
    lines = f"**{title}**\n\n{body}".splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def folded(summary: str, body: str) -> str:
    """Return a box that opens at a click, with Markdown in it: so the empty lines."""
    # In this line, which is HTML, Markdown is not read.
    head = EMPHASIS.sub(r"<em>\1</em>", escape(summary, quote=False))
    head = CODE.sub(r"<code>\1</code>", head)
    return f"<details>\n<summary>{head}</summary>\n\n{body}\n\n</details>"


def fence(language: str, code: str) -> str:
    """Return a block of code that is only shown."""
    return f"```{language}\n{code}\n```"
