"""Sites with figures, and with tabs, in the guide's own style but without its pages."""

import math
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config

from nnsight_guide.html.figures import COMPONENT
from nnsight_guide.site.scripts import figure_script
from tests.support.browser import Site, served
from tests.support.paths import ROOT

TOKENS = ["The", " E", "iff", "el", " Tower", " is", " in", " the", " city", " of"]
COLOURS = {"primary": "white", "accent": "custom"}
SCHEMES = {"light": "default", "dark": "slate"}


def patterns(n_heads: int, n_tokens: int, seed: int = 0) -> list[list[list[float]]]:
    """Causal attention as a model might have it: rows that sum to 1, nothing ahead."""
    dice = random.Random(seed)
    heads = []
    for _ in range(n_heads):
        weights = [
            [math.exp(dice.gauss(0, 1.5)) for _ in range(i + 1)] + [0.0] * (n_tokens - i - 1)
            for i in range(n_tokens)
        ]
        heads.append([[round(w / sum(row), 4) for w in row] for row in weights])
    return heads


def drawing(n_heads: int = 16, tokens: list[str] = TOKENS, seed: int = 0) -> dict[str, object]:
    """What the kernel hands out for one figure."""
    return {
        "component": COMPONENT,
        "props": {"tokens": tokens, "attention": patterns(n_heads, len(tokens), seed)},
    }


@contextmanager
def site_of(root: Path, pages: Mapping[str, str]) -> Iterator[Site]:
    """Build a site of these pages with the guide's assets, and serve it."""
    docs = root / "docs"
    shutil.copytree(ROOT / "docs" / "assets", docs / "assets")
    shutil.copy(figure_script(), docs / "assets" / "circuitsvis.js")
    for name, text in pages.items():
        (docs / name).write_text(text, encoding="utf-8")
    with served(root / "site") as address:
        palette = [
            {"media": f"(prefers-color-scheme: {name})", "scheme": scheme, **COLOURS}
            for name, scheme in SCHEMES.items()
        ]
        features = ["content.tabs.link", "navigation.instant"]
        theme = {"name": "material", "font": False, "features": features, "palette": palette}
        config = {
            "site_name": "Figures",
            "site_url": address,
            "theme": theme,
            "extra": {"generator": False},
            "extra_css": [f"assets/{name}.css" for name in ("theme", "guide", "figure", "map")],
            "extra_javascript": [
                {"path": f"assets/{name}.js", "defer": True} for name in ("access", "figure", "map")
            ],
            "nav": [*pages],
        }
        (root / "mkdocs.yml").write_text(yaml.safe_dump(config))
        build(load_config(str(root / "mkdocs.yml")))
        yield Site(root / "site", address)
