"""What a notebook says of itself: where it is from, what it needs, and which model ran. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nnsight_guide import demo_model
from nnsight_guide.profiles import GPT_J
from nnsight_guide.recordings import Recording

INSTALLED = ("nnsight", "transformers", "accelerate", "circuitsvis")
YOUR_TURN = 'raise NotImplementedError("Your turn: replace the dots, delete this line")'
SETUP = "**Run this first:** every cell of this notebook uses it."
DEMO = (
    "a small GPT-J that runs anywhere, of the same architecture and with the same tokenizer, but "
    "with far smaller numbers.\n\nTo run on it yourself, and not on 12 GB of weights, start "
    "Jupyter from a checkout of the guide with "
    '`GUIDE_MODEL="$(python -m nnsight_guide demo)"` in its environment.'
)


def origin(home: str | None, *, worksheet: bool) -> str:
    """Return the line under the title; `home` is the address of the chapter, if it has one."""
    guide = f"[the nnsight guide]({home})" if home else "the nnsight guide"
    what = f"*A notebook of {guide}: the text of a chapter, its code, and what the code gave.*"
    if worksheet:
        what += (
            "\n\nThis is the worksheet: the solutions are left out. From top to bottom, it runs as "
            "far as the cell that is yours to fill in."
        )
    return what


def installation(recordings: Iterable[Recording]) -> str:
    """Return the cell that installs what the recordings were made with; it is commented out."""
    versions: dict[str, str] = {}
    for recording in recordings:
        versions |= recording.provenance["versions"]
    pins = " ".join(f"{name}=={versions[name]}" for name in INSTALLED if name in versions)
    return (
        "# Not installed (in Colab, say)? Take away the # and run this cell.\n"
        f"# %pip install {pins}"
    )


def which_model(made: Collection[Mapping[str, Any]]) -> str:
    """Return the note on the models that gave the outputs, from their provenance."""
    models = {provenance["model"] for provenance in made}
    if models == {GPT_J}:
        return f"The outputs in this notebook were produced by `{GPT_J}`."
    text = f"The code is for `{GPT_J}`. The outputs in this notebook were produced by "
    others = sorted(models - {demo_model.MODEL_ID})
    names = [demo_model.MODEL_ID, *others] if demo_model.MODEL_ID in models else others
    text += " and ".join(f"`{name}`" for name in names)
    if demo_model.MODEL_ID not in models:
        return text + "."
    which = ", the guide's demo model" if not others else ". The first is the guide's demo model"
    return f"{text}{which}: {DEMO}"


def which_service(made: Collection[Mapping[str, Any]]) -> str:
    """Return the note on the service that ran the jobs."""
    if all(provenance["profile"] != "loopback" for provenance in made):
        text = "The jobs in this notebook ran on NDIF."
    else:
        text = (
            "The outputs in this notebook are those of jobs that really ran, with the real client, "
            "against the guide's *loopback stand-in* for NDIF, with its small demo model."
        )
    return (
        f"{text} To run it yourself you need an API key, in the environment variable "
        f"`NDIF_API_KEY`, and `{GPT_J}` live on NDIF."
    )


def provenance(made: Iterable[Mapping[str, Any]]) -> str:
    """Return the last lines of a notebook: what its outputs were produced with, and when."""
    dates: dict[str, str] = {}
    for each in made:
        versions = ", ".join(f"{name} {number}" for name, number in each["versions"].items())
        where = (
            "the loopback stand-in for NDIF" if each["profile"] == "loopback" else each["device"]
        )
        line = f"`{each['model']}` in {each['dtype']} on {where}, {versions}"
        dates[line] = max(each["date"], dates.get(line, ""))
    return "\n\n".join(f"*Outputs: {line}; run on {date}.*" for line, date in dates.items())
