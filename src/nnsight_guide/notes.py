"""The notes at the head of a page: which model, and which service, its outputs come from. Pure."""

from __future__ import annotations

from collections.abc import Collection
from html import escape

from nnsight_guide.profiles import GPT_J, Profile


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
    return _note("Which model ran here", text)


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
    return _note("Which service ran the jobs", text)


def _names(models: Collection[str]) -> str:
    return " and ".join(f"<code>{escape(model)}</code>" for model in sorted(models))


def _note(title: str, text: str) -> str:
    return (
        f'<div class="admonition info guide-model"><p class="admonition-title">{title}</p>'
        f"<p>{text}</p></div>"
    )
