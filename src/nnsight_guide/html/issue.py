"""The link with which a reader says that a block fails: a new issue, most of it written. Pure.

What it says is what the page knows: the code, and which run gave the outputs. Of the reader's
machine it says nothing, since the link is the same for all; it asks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from nnsight_guide.html.provenance import in_issue

OTHER_FORMS = ("gitlab", "bitbucket")  # hosts that take a new issue at another address
CODE_CHARACTERS = 4000  # of an address; GitHub takes about 8000 in all
CUT = "# … and so on"
BODY = """\
The block `{name}` of `{file}`, as `{page}` shows it:

{fence}python
{code}
{fence}

What the page shows came from

{runs}

**What happened instead** (the last line of the error will do; leave out keys and paths):


**Where it ran** (a laptop, Colab, NDIF …), and what `pip list` says of nnsight and transformers:

"""


@dataclass(frozen=True)
class Reported:
    """A block that may fail.

    Attributes:
        name: of the cell.
        file: that it stands in, in the repository.
        page: that shows it: its file in the repository.
        code: the cell.
        runs: the provenance and the key of each recording that the page shows of it.

    """

    name: str
    file: str
    page: str
    code: str
    runs: Iterable[tuple[Mapping[str, Any], str]]


def issue_html(repository: str | None, block: Reported) -> str:
    """Return the link, or "" where the repository has no such form, or there is none."""
    form = new_issue_url(repository)
    if not form:
        return ""
    href = escape(f"{form}?{_query(block)}")
    words = escape(f"Does it fail? Report cell {block.name} of {block.file}")
    return (
        f'<a class="guide-issue" data-search-exclude aria-label="{words}" href="{href}">'
        "Does it fail?</a>"
    )


def new_issue_url(repository: str | None) -> str | None:
    """Return where a repository takes a new issue, or None if it is not like GitHub."""
    url = urlsplit(repository or "")
    path = url.path.strip("/").removesuffix(".git")
    host = url.hostname or ""
    is_web_page = url.scheme in ("http", "https") and "/" in path
    if not is_web_page or any(name in host for name in OTHER_FORMS):
        return None
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}/{quote(path)}/issues/new"


def _query(block: Reported) -> str:
    code = _begin(block.code)
    longest = max(map(len, re.findall(r"`+", code)), default=0)
    body = BODY.format(
        name=block.name,
        file=block.file,
        page=block.page,
        fence="`" * max(3, longest + 1),
        code=code,
        runs="\n".join(f"- {in_issue(made)} (recording {key})" for made, key in block.runs),
    )
    title = f"{block.name} in {block.file} fails"
    return urlencode({"title": title, "body": body}, quote_via=quote)


def _begin(code: str) -> str:
    """Return the code, or as many of its first lines as an address has room for."""
    kept: list[str] = []
    room = CODE_CHARACTERS
    for line in code.splitlines():
        room -= len(quote(f"{line}\n"))
        if room < 0:
            return "\n".join([*kept, CUT])
        kept.append(line)
    return "\n".join(kept)
