"""What a person types: names, settings, blocks on a page."""

from tests.attacks.bad_input.case import SOMETHING, Case, page
from tests.attacks.bad_input.conftest import BLOCK
from tests.support.sites import IDIOM, block

WITHOUT_THE_PLUGIN = """\
site_name: A small guide
plugins: [markdown-exec]
markdown_extensions: [pymdownx.superfences]
"""

CASES = [
    Case(
        "a misspelt snippet",
        "nnsight_guide run frist",
        "there is no snippet 'frist': did you mean 'first'?",
        kept=True,
    ),
    Case(
        "the misspelt folder of some idioms",
        "nnsight_guide run form_2024",
        "there is no snippet 'form_2024': did you mean 'from_2024'?",
        kept=True,
    ),
    Case(
        "a misspelt profile",
        "nnsight_guide status",
        "GUIDE_PROFILE: there is no profile 'dmeo': did you mean 'demo'?",
        environment={"GUIDE_PROFILE": "dmeo"},
        kept=True,
    ),
    Case(
        "a profile with a blank after it",
        "mkdocs build",
        "GUIDE_PROFILE: there is no profile 'demo ': did you mean 'demo'?",
        environment={"GUIDE_PROFILE": "demo "},
    ),
    Case(
        "a local model that is not there",
        "nnsight_guide run",
        "the weights of no/such are not in the Hugging Face cache: fetch them with "
        "`hf download no/such`, or build with GUIDE_PROFILE=demo",
        environment={"GUIDE_PROFILE": "local", "GUIDE_MODEL": "no/such"},
        kept=True,
    ),
    Case(
        "the remote profile without a key",
        "mkdocs build",
        "GUIDE_PROFILE=remote needs an API key: set NDIF_API_KEY (login.ndif.us gives one), or "
        "build with GUIDE_PROFILE=demo",
        environment={"GUIDE_PROFILE": "remote"},
    ),
    Case(
        "the demo model, recorded as if it were the real one",
        "nnsight_guide record",
        "records the real model: set PROFILE=local or PROFILE=remote",
        kept=True,
    ),
    Case(
        "a service for the whole network",
        "nnsight_guide loopback --host 0.0.0.0",
        "the loopback service executes what it is sent: it listens on 127.0.0.1 only, never on "
        "'0.0.0.0'",
    ),
    Case(
        "a limit that is no number",
        "nnsight_guide run odd",
        "GUIDE_CELL_SECONDS is 'ten': set it to the seconds that a cell may run, such as 600",
        SOMETHING,
        environment={"GUIDE_CELL_SECONDS": "ten"},
        kept=True,
    ),
    Case(
        "a port that is no number",
        "nnsight_guide serve --port 80a",
        "PORT is '80a': set it to a number from 1 to 65535, such as 8001",
        kept=True,
    ),
    Case(
        "an address without its beginning",
        "nnsight_guide build",
        "GUIDE_SITE_URL is 'example.org': set it to an address such as https://example.org/guide/",
        environment={"GUIDE_SITE_URL": "example.org"},
        kept=True,
    ),
    Case(
        "a repository that is no page of the web",
        "nnsight_guide serve",
        "GUIDE_REPO_URL is 'git@github.com:someone/guide.git': set it to an address such as "
        "https://github.com/someone/guide",
        environment={"GUIDE_REPO_URL": "git@github.com:someone/guide.git"},
        kept=True,
    ),
    Case(
        "a switch that is neither on nor off",
        "nnsight_guide build",
        "GUIDE_OFFLINE is 'maybe': set it to true or false, or leave it away",
        environment={"GUIDE_OFFLINE": "maybe"},
        kept=True,
    ),
    page(
        "a misspelt cell on a page",
        BLOCK.replace("ask", "aks"),
        "docs/index.md, line 3: snippets/first.py has no cell 'aks': did you mean 'ask'?",
    ),
    page(
        "a misspelt snippet on a page",
        BLOCK.replace("first", "frist"),
        "docs/index.md, line 3: there is no snippet 'frist': did you mean 'first'?",
    ),
    Case(
        "a misspelt idiom on a page",
        "mkdocs build",
        "docs/index.md, line 3: there is no idiom 'smae': did you mean 'same'?",
        {
            "docs/index.md": block('idioms_table("smae")'),
            "snippets/from_2024/same.py": IDIOM,
            ".cache/nnsight-guide/recordings/demo/from_2024/same.json": None,  # it runs
        },
    ),
    page(
        "a block that fails on a page",
        BLOCK.replace("(cell(", "(cel("),
        "docs/index.md, line 3: a block of Python fails: NameError: name 'cel' is not defined",
    ),
    Case(
        "a site without the plugin",
        "mkdocs build",
        "this block runs only while the site is built: use `mkdocs build`, with the plugin "
        "nnsight-guide in mkdocs.yml",
        {"mkdocs.yml": WITHOUT_THE_PLUGIN},
    ),
]
