"""What the Makefile lets its commands see."""

import os
import sys

from tests.support.processes import succeed

# As `mkdocs` itself, the theme says at its import that its end has a date.
THEME = "import sys; sys.argv[0] = 'mkdocs'; import material.templates"
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "NO_MKDOCS_2_WARNING"}


def test_the_banner_of_the_theme_stays_out_of_what_make_starts(root):
    by_hand = succeed(sys.executable, "-c", THEME, cwd=root, env=ENVIRONMENT)
    assert "end of life" in by_hand.stderr, "what the Makefile switches off is gone"
    recipe = f'theme: ; @{sys.executable} -c "{THEME}"'
    by_make = succeed(
        "make", "--no-print-directory", "--eval", recipe, "theme", cwd=root, env=ENVIRONMENT
    )
    assert by_make.stdout + by_make.stderr == ""
