"""What is not of the guide's making: disks, installations, a kernel, a person at the keyboard."""

from functools import partial

from tests.attacks.bad_input import means
from tests.attacks.bad_input.case import SOMETHING, Case
from tests.attacks.bad_input.files import IDIOM
from tests.support.paths import ROOT

MAKEFILE = ROOT / "Makefile"
CACHE = ".cache/nnsight-guide"
REMEDY = "make room there, or let it be written, and run this again"
REMEDY_FOR_USERS = (
    "make room there, let it be written, or set XDG_CACHE_HOME to a folder that can be, and run "
    "this again"
)
TAKEN = (
    "cannot serve on 127.0.0.1:8000 (Address already in use): take another port with "
    "`make serve PORT=80…`"
)
WAITING = "# %% odd\nimport pathlib, time\n\npathlib.Path('begun').touch()\ntime.sleep(100)\n"

CASES = [
    Case(
        "a cache that is a file",
        "nnsight_guide run odd",
        f"cannot write …/.cache/nnsight-guide: File exists; {REMEDY}",
        SOMETHING,
        means=means.file_for_cache,
    ),
    Case(
        "a cache that cannot be written",
        "mkdocs build",
        f"cannot write …/.cache/nnsight-guide: Read-only file system; {REMEDY}",
        means=partial(means.small_disk, at=CACHE, is_read_only=True),
    ),
    Case(
        "a full disk",
        "nnsight_guide run odd",
        f"cannot write …/.cache/nnsight-guide/recordings/demo: No space left on device; {REMEDY}",
        SOMETHING,
        means=partial(means.small_disk, at=CACHE, is_full=True),
        kept=True,
    ),
    Case(
        "a full disk for the site",
        "mkdocs build",
        "[Errno 28] No space left on device…",
        means=partial(means.small_disk, at="site", is_full=True),
    ),
    Case(
        "a kernel that does not start",
        "nnsight_guide run odd",
        "the kernel did not start: ImportError: it is broken",
        SOMETHING,
        means=means.broken_kernel,
    ),
    Case(
        "a user's cache that is a file",
        "nnsight_guide demo",
        f"cannot write …/nnsight-guide: Not a directory; {REMEDY_FOR_USERS}",
        means=means.file_for_users_cache,
    ),
    Case(
        "a home that cannot be written",
        "mkdocs build",
        f"cannot write /dev/null/…/nnsight-guide: Not a directory; {REMEDY_FOR_USERS}",
        environment={"HOME": "/dev/null", "XDG_CACHE_HOME": ""},
    ),
    Case(
        "a port that is taken",
        "nnsight_guide serve",
        TAKEN,
        means=means.taken_port,
        kept=True,
    ),
    Case("a port that is taken, for MkDocs itself", "mkdocs serve", TAKEN, means=means.taken_port),
    Case(
        "a demo model without its weights",
        "nnsight_guide demo",
        "The demo model cannot be made: …weights.safetensors is missing. Restore it with `git "
        "restore` in a clone, or else reinstall nnsight-guide.",
        means=partial(means.shipped_weights, content=None),
    ),
    Case(
        "a demo model whose weights are damaged",
        "mkdocs build",
        "The demo model cannot be made: …weights.safetensors is damaged (it differs from its "
        "SHA256SUMS). Restore it with `git restore` in a clone, or else reinstall nnsight-guide.",
        means=partial(means.shipped_weights, content=b"\0"),
    ),
    Case(
        "a missing accelerate",
        "nnsight_guide status",
        "accelerate is not installed: run `make install`",
        means=partial(means.without, name="accelerate"),
    ),
    Case(
        "a transformers that nnsight does not go with",
        "nnsight_guide run odd",
        "transformers 5.24.0 does not go together with the rest (nnsight 0.8.1, torch …, "
        "transformers 5.24.0, accelerate …, circuitsvis …, plotly …): the guide needs "
        "transformers<5.24,>=5; `make install` brings it",
        SOMETHING,
        means=partial(means.installed, name="transformers", version="5.24.0"),
    ),
    Case(
        "an nnsight that the guide does not go with",
        "mkdocs build",
        "nnsight 0.9.0 does not go together with the rest (nnsight 0.9.0, …): the guide needs "
        "nnsight==0.8.1; `make install` brings it",
        SOMETHING,
        means=partial(means.installed, name="nnsight", version="0.9.0"),
    ),
    Case(
        "an installation with too old a Python",
        f"make -f {MAKEFILE} install",
        "The guide needs Python 3.11.5 or newer, not 3.…: run make with PYTHON=/path/to/python3.11",
        {"pyproject.toml": ""},
        means=means.older_python,
        status=2,
    ),
    Case(
        "a command with too old a Python",
        "nnsight_guide status",
        "needs Python 3.11.5 or newer, not 3.…: run make with PYTHON=/path/to/python3.11",
        means=means.older_python,
    ),
    Case(
        "Ctrl-C in the middle of a cell",
        "nnsight_guide run",
        "stopped; what had finished is kept",
        {"snippets/odd.py": WAITING},
        is_interrupted=True,
        status=130,
    ),
    Case(
        "Ctrl-C in the middle of a build",
        "mkdocs build",
        "Aborted!",
        {"snippets/odd.py": WAITING},
        is_interrupted=True,
    ),
    Case(
        "Ctrl-C in the middle of `make site`",
        "nnsight_guide build",
        "Aborted!",
        {"snippets/odd.py": WAITING},
        is_interrupted=True,
    ),
    Case(
        "Ctrl-C in the middle of an idiom",
        "nnsight_guide run from_2024",
        "stopped; what had finished is kept",
        {"snippets/from_2024/odd.py": IDIOM.format(now=WAITING.partition("\n")[2])},
        is_interrupted=True,
        status=130,
    ),
]
