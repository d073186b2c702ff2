"""A checkpoint of random weights, and how it is told from one that was trained.

Whoever writes one leaves a file beside the weights that says what they are, and which
fingerprint the other files have. It is believed only where they still have it: weights that
are put in their place later do not inherit what was said of these.
"""

import json
from pathlib import Path

NOTE = "random_weights.json"
GPT_J_PARAMETERS = 6_050_882_784


def write_note(folder: Path, fingerprint: str, parameters: int, seed: int) -> None:
    """Say of the checkpoint in `folder`, whose fingerprint this is, that its weights are random."""
    note = {"fingerprint": fingerprint, "parameters": parameters, "seed": seed}
    (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def name_of(folder: Path, fingerprint: str) -> str:
    """Return what to call the checkpoint in `folder` if its weights are random, else ""."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        if note["fingerprint"] != fingerprint:
            return ""
        parameters = int(note["parameters"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if parameters == GPT_J_PARAMETERS:
        return "random weights of GPT-J's size"
    return f"random weights ({parameters:,} parameters)"
