"""What a newcomer meets (`tests/pages/messages.toml`), and where the guide answers it."""

import tomllib

from tests.support.paths import ROOT

MESSAGES: list[dict[str, str]] = tomllib.loads(
    (ROOT / "tests/pages/messages.toml").read_text(encoding="utf-8")
)["message"]
