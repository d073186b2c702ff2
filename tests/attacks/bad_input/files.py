"""What a person saves: snippets that are none, idioms, what belongs to a checkout."""

from tests.attacks.bad_input.case import SOMETHING, Case, Folder, Link, snippet

IDIOM = '"""Odd\n\nIt changed.\n"""\n\n# %% then\nprint(1)\n\n# %% now\n{now}\n'

CASES = [
    snippet(
        "an empty snippet", "", "snippets/odd.py has no cell: start one with a line '# %% name'"
    ),
    snippet(
        "a binary snippet",
        b"\x7fELF\x02\x01\x01\0",
        "snippets/odd.py, line 1: source code string cannot contain null bytes",
    ),
    snippet(
        "a snippet that is not UTF-8",
        "# %% odd\nprint('é')\n".encode("latin-1"),
        "snippets/odd.py is not UTF-8 text: byte 16 is wrong; save it as UTF-8",
    ),
    snippet(
        "a snippet with a byte order mark",
        b"\xef\xbb\xbf# %% odd\nprint(1)\n",
        "snippets/odd.py, line 1: invalid non-printable character U+FEFF",
    ),
    snippet(
        "a snippet that is no Python",
        "# %% odd\nprint(\n",
        "snippets/odd.py, line 2: '(' was never closed",
    ),
    snippet(
        "two cells with one name",
        "# %% odd\nprint(1)\n# %% odd\nprint(2)\n",
        "snippets/odd.py has two cells named 'odd': rename one",
    ),
    snippet(
        "a cell with a name of two words",
        "# %% very odd\nprint(1)\n",
        "snippets/odd.py has a cell named 'very odd': use letters, digits and _ only",
    ),
    snippet(
        "a folder that is called like a snippet",
        Folder(),
        "snippets/odd.py is a folder: a snippet is a file, so remove it",
    ),
    snippet(
        "a snippet that is a link to nowhere",
        Link("nowhere.py"),
        "snippets/odd.py is a link that leads nowhere: a snippet is a file, so remove it",
    ),
    Case(
        "a snippet that no module can be called like",
        "mkdocs build",
        "snippets/very-odd.py has no name for a module: use letters, digits and _",
        {"snippets/very-odd.py": "# %% odd\nprint(1)\n"},
    ),
    Case(
        "a snippet that holds the key",
        "nnsight_guide run odd",
        "snippets/odd.py holds your API key: take it out of the file",
        {"snippets/odd.py": "# %% odd\nkey = 'a-key-of-mine'\n"},
        environment={"NDIF_API_KEY": "a-key-of-mine"},
        kept=True,
    ),
    Case(
        "no lock file",
        "nnsight_guide status",
        "cannot read requirements.lock: No such file or directory; `git restore requirements.lock` "
        "brings it back",
        {"requirements.lock": None},
        kept=True,
    ),
    Case(
        "no model.py",
        "nnsight_guide run odd",
        "there is no snippets/model.py: `git restore` it, or write one",
        {"snippets/model.py": None, **SOMETHING},
        kept=True,
    ),
    Case(
        "an idiom without a word on what changed",
        "nnsight_guide run from_2024",
        "from_2024/odd.py needs a docstring (a title, a blank line, what changed) and two cells, "
        "'# %% then' and '# %% now'",
        {"snippets/from_2024/odd.py": "# %% then\nprint(1)\n\n# %% now\nprint(1)\n"},
        kept=True,
    ),
    Case(
        "an idiom whose new code fails",
        "nnsight_guide run from_2024",
        "from_2024/odd.py: today's code fails: NameError: name 'x' is not defined",
        {"snippets/from_2024/odd.py": IDIOM.format(now="print(x)")},
        kept=True,
    ),
    Case(
        "an idiom whose new code fails in a build",
        "mkdocs build",
        "from_2024/odd.py: today's code fails: NameError: name 'x' is not defined",
        {"snippets/from_2024/odd.py": IDIOM.format(now="print(x)")},
    ),
    Case(
        "a damaged recording among the committed",
        "mkdocs build",
        "snippets/recordings/gpt-j-6b/first.ipynb is damaged: `git restore snippets/recordings/"
        "gpt-j-6b/first.ipynb` brings it back, or remove it",
        {"snippets/recordings/gpt-j-6b/first.ipynb": "<<<<<<< HEAD\n"},
    ),
]
