"""What the tests of the built site read: the checkout, to know what to expect, and the site."""

import re
from pathlib import Path

from tests.support.paths import ROOT

# What a page says of the time of its making. (MkDocs' own theme says it to the microsecond.)
DATES = re.compile(rb"\d{4}-\d\d-\d\d( [\d:.]+\+00:00)?")
# The time of the build is in its head.
COMPRESSED = ".gz"


def chapter_pages() -> list[str]:
    """Return the paths, in the built site, of the chapters and exercises."""
    sources = [*ROOT.glob("docs/chapters/*.md"), *ROOT.glob("docs/exercises/*.md")]
    return sorted(f"{path.parent.name}/{path.stem}/index.html" for path in sources)


def contents(site: Path) -> dict[str, bytes]:
    """Return every file of a site, but for what tells when it was built."""
    return {
        path.relative_to(site).as_posix(): DATES.sub(b"DATE", path.read_bytes())
        for path in site.rglob("*")
        if path.is_file() and path.suffix != COMPRESSED
    }


def is_for_second_model(page: str) -> bool:
    """Whether what a page of the site shows is for the second model."""
    source = ROOT / "docs" / f"{page.removesuffix('index.html').rstrip('/') or 'index'}.md"
    return 'setup("second_model")' in source.read_text(encoding="utf-8")
