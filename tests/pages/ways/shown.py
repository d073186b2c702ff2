"""The commands that a page shows for a shell, as they are printed and in the order of the page."""

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from tests.support.paths import ROOT

SHELLS = ("bash", "console", "sh", "shell", "powershell")
IN_HTML = ", ".join(f"article .language-{name} > pre > code" for name in SHELLS)
IN_MARKDOWN = re.compile(rf"^```(?:{'|'.join(SHELLS)})\n(.*?)^```", re.MULTILINE | re.DOTALL)
README = "README.md"


@dataclass(frozen=True)
class Shown:
    """A block of commands; `tab` is the label of what it is an alternative in, if it is one."""

    page: str
    text: str
    tab: str = ""

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]


def on_page(path: str, page: BeautifulSoup) -> list[Shown]:
    return [Shown(path, code.get_text(), tab_of(code)) for code in page.select(IN_HTML)]


def in_readme() -> list[Shown]:
    text = (ROOT / README).read_text(encoding="utf-8")
    return [Shown(README, found) for found in IN_MARKDOWN.findall(text)]


def tab_of(code: Tag) -> str:
    if (block := code.find_parent(class_="tabbed-block")) is None:
        return ""
    tabs = block.find_parent(class_="tabbed-set")
    labels = tabs.select(":scope > .tabbed-labels > label")
    blocks = tabs.select(":scope > .tabbed-content > .tabbed-block")
    return labels[[id(each) for each in blocks].index(id(block))].get_text()
