"""The notes on which model gave the outputs, and which service ran the jobs. Pure.

A page has them as HTML at its head, a notebook as Markdown; what the two say differs, since a page
shows outputs in tabs and a notebook tells how to run it oneself.
"""

from collections.abc import Collection, Mapping
from html import escape
from typing import Any

from nnsight_guide import demo_model
from nnsight_guide.model.profiles import GPT_J, LOOPBACK, Profile
from nnsight_guide.model.second_model import ORIGIN, SMOLLM2

MODEL_TITLE = "Which model ran here"
SERVICE_TITLE = "Which service ran the jobs"
DEMO_MODEL = (
    "a small GPT-J that runs anywhere, of the same architecture and with the same tokenizer, but "
    "with far smaller numbers.\n\nTo run on it yourself, and not on 12 GB of weights, install "
    "the guide's package and choose the model, in the two cells at the top."
)


def which_model_html(
    profile: Profile, recorded: Collection[str], demo_page: str, *, is_complete: bool = False
) -> str:
    """Return the note on the model that produced the outputs of a page.

    Args:
        profile: what the site is built with.
        recorded: the models of the committed recordings that the page shows.
        demo_page: the link from here to the page on the demo model.
        is_complete: whether each snippet of the page has a committed recording.

    """
    demo = f'the guide\'s <a href="{demo_page}">demo model</a>, a small GPT-J that runs '
    demo += "anywhere: same architecture, same tokenizer, far smaller numbers"
    if profile.model_id == GPT_J:
        text = f"The outputs on this page were produced by <code>{GPT_J}</code>."
    elif profile.name == "demo" and recorded:
        alone = "" if is_complete else ", or the demo model's alone"
        text = (
            f"Where an output has two tabs, the first was recorded with {_names(recorded)}, the "
            f"second produced by {demo}. An output without tabs is the same for both{alone}. "
            "What you choose holds on every page."
        )
    elif profile.name == "demo":
        text = f"The code is for <code>{GPT_J}</code>. The outputs below were produced by {demo}."
    elif profile.is_random:
        text = (
            f"The outputs on this page were produced by {escape(profile.model_id)}: a checkpoint "
            "of GPT-J's architecture that nobody has trained. The shapes are those of a model of "
            f"this size, and the predictions mean nothing. The code is for <code>{GPT_J}</code>."
        )
    else:
        model = escape(profile.model_id)
        text = f"The outputs on this page were produced by the checkpoint <code>{model}</code>."
    return _note(MODEL_TITLE, text)


def which_second_model_html(section: str) -> str:
    """Return the note on the second model; `section` is the link to what it takes to have it."""
    text = (
        "The outputs on this page were produced by a pretrained model that a laptop runs: "
        f"{ORIGIN}. The code loads the hub's, a download of 270 MB, or does "
        f'<a href="{section}">without the hub</a>.'
    )
    return _note(MODEL_TITLE, text)


def out_of_date_html(recorded: Mapping[str, str]) -> str:
    """Return the note in the place of an output that was recorded, and of which `why` is told."""
    return (
        '<p class="guide-out-of-date">This output is out of date, and not shown: '
        f"{escape(recorded['why'])}.</p>"
    )


def which_service_html(profile: Profile, recorded: Collection[str], demo_page: str) -> str:
    """Return the note on the service that ran the jobs of a page; arguments as above."""
    if profile.is_remote:
        text = f"The jobs on this page ran on NDIF, with <code>{escape(profile.model_id)}</code>."
    else:
        text = (
            "The jobs on this page really ran, with the real client, over HTTP and a websocket. "
            "The service that answered is not NDIF but the guide's <em>loopback stand-in</em>: a "
            f'small server on the building machine that runs the <a href="{demo_page}">'
            "demo model</a>. On NDIF you wait longer, and more models are live."
        )
        if recorded:
            text += (
                " Where an output has two tabs, the first was recorded on NDIF, with "
                f"{_names(recorded)}."
            )
    return _note(SERVICE_TITLE, text)


def which_model_markdown(made: Collection[Mapping[str, Any]]) -> str:
    """Return the note on the models that gave the outputs, from their provenance."""
    models = {provenance["model"] for provenance in made}
    if SMOLLM2 in models:
        return (
            f"The outputs in this notebook were produced by `{SMOLLM2}`: {ORIGIN}. What runs here "
            "are the hub's, a download of 270 MB, unless you choose otherwise in the two cells at "
            "the top."
        )
    if models == {GPT_J}:
        return f"The outputs in this notebook were produced by `{GPT_J}`."
    text = f"The code is for `{GPT_J}`. The outputs in this notebook were produced by "
    others = sorted(models - {demo_model.MODEL_ID})
    names = [demo_model.MODEL_ID, *others] if demo_model.MODEL_ID in models else others
    text += " and ".join(f"`{name}`" for name in names)
    if demo_model.MODEL_ID not in models:
        return text + "."
    which = ", the guide's demo model" if not others else ". The first is the guide's demo model"
    return f"{text}{which}: {DEMO_MODEL}"


def which_service_markdown(made: Collection[Mapping[str, Any]]) -> str:
    """Return the note on the service that ran the jobs."""
    if all(provenance["profile"] != LOOPBACK for provenance in made):
        text = "The jobs in this notebook ran on NDIF."
    else:
        text = (
            "The outputs in this notebook are those of jobs that really ran, with the real client, "
            "against the guide's *loopback stand-in* for NDIF, with its small demo model."
        )
    return (
        f"{text} To run it yourself on NDIF you need an API key, in the environment variable "
        f"`NDIF_API_KEY`, and `{GPT_J}` live there. Without a key, the two cells at the top bring "
        "the stand-in."
    )


def _names(models: Collection[str]) -> str:
    return " and ".join(f"<code>{escape(model)}</code>" for model in sorted(models))


def _note(title: str, text: str) -> str:
    return (
        f'<div class="admonition info guide-model"><p class="admonition-title">{title}</p>'
        f"<p>{text}</p></div>"
    )
