"""The checker of patching, at work on a right and a wrong answer."""

from snippets.fact_patching import base, patched, restored, source
from snippets.model import REMOTE, model

# %% check
from nnsight_guide.checks import check_patching

check_patching(
    restored, model=model, base=base, source=source, remote=REMOTE
)

# %% not_yet
check_patching(
    patched, model=model, base=base, source=source, remote=REMOTE
)
