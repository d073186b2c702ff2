"""What a person has set for Python in general, and what a page must not depend on.

Without assertions a snippet that asserts shows less, and without docstrings transformers cannot be
imported; a filter hides the warnings that idioms of 2024 give, or makes errors of them; a file that
runs at the start of a session changes what snippets find, and on a safe path they do not find each
other. To Python an empty value is none.
"""

NONE_OF_IT = dict.fromkeys(
    (
        "PYTHONDEVMODE",
        "PYTHONIOENCODING",
        "PYTHONOPTIMIZE",
        "PYTHONSAFEPATH",
        "PYTHONSTARTUP",
        "PYTHONVERBOSE",
        "PYTHONWARNINGS",
    ),
    "",
)
