"""The first cells of a notebook: where it is from, and what it needs. Pure."""

from collections.abc import Iterable

from nnsight_guide.recording.recordings import Recording

INSTALLED = ("nnsight", "transformers", "accelerate", "circuitsvis")
YOUR_TURN = 'raise NotImplementedError("Your turn: replace the dots, delete this line")'
SETUP = "**Run this first:** every cell of this notebook uses it."


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
