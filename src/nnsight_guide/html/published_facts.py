"""What was published for the real GPT-J-6B, shown as exactly that and never as an output."""

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import yaml

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import did_you_mean
from nnsight_guide.html.render import details_html

FACTS = Path(__file__).with_name("published.yml")


@dataclass(frozen=True)
class ExpectedOutput:
    """What a cell prints if the published facts hold: `text`, as whole lines among its lines.

    `any_model` says that the cell does not depend on the model (but on the tokenizer, say).
    """

    snippet: str
    cell: str
    text: str
    any_model: bool = False


def published_facts() -> dict[str, dict[str, Any]]:
    """Return the published facts: section → name → value."""
    return {section: values for section, values in _file().items() if section != "outputs"}


def expected_outputs() -> list[ExpectedOutput]:
    """Return which cell must print which of the published facts."""
    return [ExpectedOutput(**expected) for expected in _file()["outputs"]]


@cache
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    return loaded


def published_html(section: str) -> str:
    """Return a folded table of one section of the facts.

    Raises:
        GuideError: there is no such section.

    """
    facts = published_facts()
    if section not in facts:
        raise GuideError(f"published.yml has no section '{section}'{did_you_mean(section, facts)}")
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td><code>{escape(str(value))}</code></td></tr>"
        for name, value in facts[section].items()
    )
    return details_html(
        "What was published for GPT-J-6B",
        "<p>Not run here: these are the values that a 2024 tutorial published for "
        "<code>EleutherAI/gpt-j-6b</code>.</p>"
        "<table><thead><tr><th>What</th><th>Published value</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>",
        kind="quote",
    )
