"""Do the addresses outside of the site still answer? `python -m nnsight_guide.external_links site`.

This asks the network, and what others take down is not an error of the guide: so no build and no
test depends on it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

import httpx

# Some sites refuse what does not look like a browser, or ask it to sign in: they are there.
THERE = {401, 403, 405, 429}
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; nnsight-guide link check)"}


class _Links(HTMLParser):
    """Collects where the links of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("http://", "https://")):
            self.found.add(urldefrag(href).url)


def external_links(site: Path) -> dict[str, list[str]]:
    """Return every address outside of the site, with the pages that name it."""
    pages: dict[str, list[str]] = defaultdict(list)
    for path in sorted(site.rglob("*.html")):
        links = _Links()
        links.feed(path.read_text(encoding="utf-8"))
        for url in links.found:
            pages[url].append(path.relative_to(site).as_posix())
    return dict(sorted(pages.items()))


def fault(url: str, client: httpx.Client) -> str | None:
    """Return what is wrong with an address, or None if something is there."""
    try:
        with client.stream("GET", url) as answer:
            gone = answer.status_code >= 400 and answer.status_code not in THERE
            return f"answers {answer.status_code}" if gone else None
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"


def faults(urls: Iterable[str]) -> dict[str, str]:
    """Return what is wrong with each address with which something is."""
    urls = list(urls)
    with (
        httpx.Client(follow_redirects=True, timeout=20, headers=HEADERS) as client,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):
        found = pool.map(lambda url: fault(url, client), urls)
        return {url: wrong for url, wrong in zip(urls, found, strict=True) if wrong}


def main(folder: str) -> int:
    """Report on the addresses of a built site; return 1 if one does not answer."""
    site = Path(folder)
    if not (site / "index.html").is_file():
        print(f"there is no site in {folder}: `make site` builds it")
        return 1
    pages = external_links(site)
    wrong = faults(url for url in pages if not url.startswith("http://127.0.0.1"))
    for url, what in wrong.items():
        print(f"{url}: {what} (on {', '.join(pages[url])})")
    print(f"{len(pages)} addresses outside of the site, {len(wrong)} do not answer")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
