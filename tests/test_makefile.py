"""What the Makefile lets its commands see, and what it says of itself."""

import os
import re
import sys

import pytest

from tests.support.paths import ROOT
from tests.support.processes import run_process, succeed

# As `mkdocs` itself, the theme says at its import that its end has a date.
THEME = "import sys; sys.argv[0] = 'mkdocs'; import material.templates"
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "NO_MKDOCS_2_WARNING"}

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
# Where variables of the guide's own are read, by their names.
READ_IN = [
    *ROOT.glob("src/**/*.py"),
    *ROOT.glob("snippets/*.py"),
    *(ROOT / "mkdocs.yml", ROOT / "tests/conftest.py"),
]
OWN = re.compile(r"\bGUIDE_[A-Z_]+\b")
# Those that others read: NDIF's key, and what a person may want to set for pip and the system.
OTHERS = {"NDIF_API_KEY", "PIP_EXTRA_INDEX_URL", "XDG_CACHE_HOME", "CHROME"}


def make(*arguments):
    return run_process(*("make", "--no-print-directory", *arguments), cwd=ROOT, env=ENVIRONMENT)


def told():
    """Return each variable that `make` tells of."""
    return re.findall(r"^([A-Z_]+)=\S+ +\S", make().stdout, re.MULTILINE)


def test_the_banner_of_the_theme_stays_out_of_what_make_starts(root):
    by_hand = succeed(sys.executable, "-c", THEME, cwd=root, env=ENVIRONMENT)
    assert "end of life" in by_hand.stderr, "what the Makefile switches off is gone"
    recipe = f'theme: ; @{sys.executable} -c "{THEME}"'
    by_make = make("--eval", recipe, "theme")
    assert by_make.stdout + by_make.stderr == ""


def test_make_tells_of_every_variable_that_it_or_the_guide_reads_and_of_no_other():
    fixed = {*re.findall(r"^([A-Z_]+) :=", MAKEFILE, re.MULTILINE), "MAKEFILE_LIST"}
    taken = {*re.findall(r"\$\([^()]*?\b([A-Z_]+)\)", MAKEFILE)} - fixed
    own = {name for path in READ_IN for name in OWN.findall(path.read_text("utf-8"))}
    assert sorted(told()) == sorted(taken | own | OTHERS)


def test_make_tells_of_every_target():
    targets = re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^([a-z-]+)  ", make().stdout, re.MULTILINE) == targets


@pytest.mark.parametrize(
    ("given", "asked"), [("", "serve"), ("PORT=", "serve"), ("PORT=8001", 'serve --port "8001"')]
)
def test_make_serve_hands_on_the_port(given, asked):
    recipe = make("--dry-run", "serve", *filter(None, [given])).stdout.splitlines()[-1]
    assert recipe.strip().endswith(f"-m nnsight_guide {asked}")
