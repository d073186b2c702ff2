"""A page's HTML, made ready to become Markdown for tools; mkdocs-llmstxt calls `preprocess`.

What a browser shows by its style sheet or by a click (which text is output, which tab is which,
what a figure shows) has to stand there as text, and a map as its table. The table of the idioms of
2024, with code in its cells, becomes sections: Markdown has no such tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only mkdocs-llmstxt needs it, and brings it
    from bs4 import BeautifulSoup, Tag

FURNITURE = ["headerlink", "doc-labels", "guide-issue"]
LIVE = "Figure: the demo model, which runs in a browser that has this page open."


def preprocess(soup: BeautifulSoup, output: str) -> None:
    """Change the tree of one page in place; `output` is the file that it will be."""
    # Most of a page's tags colour words of code. Without them, all that follows has little to do.
    # (And `select` would take three times as long to find a class.)
    for block in soup.find_all("pre"):
        for code in block.find_all("code"):
            code.string = code.get_text()
    for tag in soup.find_all(class_=FURNITURE):
        tag.decompose()
    for figure in soup.find_all(class_="guide-live"):
        figure.replace_with(_paragraph(soup, LIVE))
    for figure in soup.find_all(class_=["guide-figure", "guide-picture"]):
        picture = figure.select_one("[role=img]")
        words = str(picture["aria-label"]) if picture else ""
        figure.replace_with(_paragraph(soup, f"Figure: {words}"))
    for figure in soup.find_all(class_="guide-map"):
        _tell(soup, figure)
    for block in soup.find_all(class_="guide-output"):
        block.insert(0, _paragraph(soup, "Output:"))
    for table in soup.find_all(class_="guide-idioms"):
        _spread(soup, table)
    for name in soup.find_all(class_="filename"):
        name.name = "p"
    for tabs in soup.find_all(class_="tabbed-set"):
        labels = tabs.select(":scope > .tabbed-labels > label")
        blocks = tabs.select(":scope > .tabbed-content > .tabbed-block")
        for label, block in zip(labels, blocks, strict=True):
            block.insert(0, _paragraph(soup, label.get_text(), strong=True))
        for control in tabs.select(":scope > input, :scope > .tabbed-labels"):
            control.decompose()
    for title in [*soup.find_all("summary"), *soup.find_all(class_="admonition-title")]:
        title.replace_with(_paragraph(soup, title.get_text(), strong=True))
    for picture in soup.find_all(["svg", "img"]):
        picture.decompose()


def _tell(soup: BeautifulSoup, figure: Tag) -> None:
    """Put in the place of a map its words and its table, which has one head and no spans."""
    table = figure.table
    assert table is not None
    columns_are, head = table.select("thead > tr")
    corner = head.select("th")[0]
    corner.string = f"{corner.get_text()} ↓ {columns_are.get_text()} →"
    columns_are.decompose()
    (words,) = figure.select(".guide-map-words")
    title = table.select("caption")[0].extract()
    figure.insert_before(_paragraph(soup, f"Figure: {title.get_text()}. {words.get_text()}"))
    figure.replace_with(table)


def _spread(soup: BeautifulSoup, table: Tag) -> None:
    """Put in the place of a table a section for each row, whose cells say what they are."""
    columns = [cell.get_text() for cell in table.select("thead th")]
    for row in table.select("tbody > tr"):
        first, *others = row.find_all(["th", "td"], recursive=False)
        if title := first.select_one(".guide-idiom-title"):
            title.name = "h3"
        for column, cell in zip(columns[1:], others, strict=True):
            cell.insert(0, _paragraph(soup, column, strong=True))
        for cell in row.select(".filename"):
            cell.decompose()  # it says the same as the column
        for part in (row, first, *others):
            part.name = "div"
    for head in table.select("thead"):
        head.decompose()
    for part in (table, *table.select("tbody")):
        part.name = "div"


def _paragraph(soup: BeautifulSoup, text: str, *, strong: bool = False) -> Tag:
    paragraph = soup.new_tag("p", string=None if strong else text)
    if strong:
        paragraph.append(soup.new_tag("strong", string=text))
    return paragraph
