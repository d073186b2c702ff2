"""What the tests of the built site read from the checkout to know what to expect."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def chapter_pages() -> list[str]:
    """Return the paths, in the built site, of the chapters and exercises."""
    sources = [*ROOT.glob("docs/chapters/*.md"), *ROOT.glob("docs/exercises/*.md")]
    return sorted(f"{path.parent.name}/{path.stem}/index.html" for path in sources)
