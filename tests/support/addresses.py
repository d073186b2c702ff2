"""Every address and anchor of a built site, and what a reader finds there.

`python -m tests.support.addresses site tests/pages/addresses.json` adds those of a site to the
list. What is in the list is never taken out: others link to it.
"""

import json
import re
import sys
from pathlib import Path

from bs4 import BeautifulSoup, Tag

TARGETS = "article :is(h1, h2, h3, h4, h5, h6)[id], article tr[id]"
Pages = dict[str, dict[str, str]]  # page → anchor ("" is its title) → what is read there


def text_of(tag: Tag | None) -> str:
    """Return what is read of a heading or of the first cell of a row, without signs for links."""
    if tag is None:
        return ""
    cell = tag.select_one(".guide-idiom-title") or tag
    strings = [s for s in cell.strings if not s.find_parent("a", class_="headerlink")]
    return " ".join("".join(strings).split())


def of_page(page: BeautifulSoup) -> dict[str, str]:
    """Return the anchors of a page."""
    title = page.select_one("article h1") or page.select_one("title")
    return {"": text_of(title)} | {str(t["id"]): text_of(t) for t in page.select(TARGETS)}


def of_site(site: Path) -> tuple[Pages, list[str]]:
    """Return the anchors of every page, and all other files."""
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    pages = {
        name: of_page(BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser"))
        for name, path in sorted(files.items())
        if name.endswith(".html")
    }
    # The theme's own files have a hash in their names, and the package a number of its content.
    passing = re.compile(r"assets/|.*min\.|.*\.whl")
    others = [name for name in files if name not in pages and not passing.match(name)]
    return pages, sorted(others)


if __name__ == "__main__":
    site, target = map(Path, sys.argv[1:])
    pages, others = of_site(site)
    if target.exists():
        known = json.loads(target.read_text(encoding="utf-8"))
        pages = {name: pages.get(name, {}) | known["pages"].get(name, {}) for name in pages} | {
            name: anchors for name, anchors in known["pages"].items() if name not in pages
        }
        others = sorted({*others, *known["others"]})
    listed = {"pages": pages, "others": others}
    target.write_text(json.dumps(listed, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
