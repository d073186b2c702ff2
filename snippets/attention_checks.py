"""The exercise's checkers, at work on right answers and a wrong one."""

from snippets.attention_patterns import (
    attention,
    pattern,
    prompt,
    tokens,
)
from snippets.model import REMOTE, model
from snippets.rotary_attention import mine

# %% check
from nnsight_guide.checks import check_attention_patterns

check_attention_patterns(
    attention, tokens, model=model, prompt=prompt, remote=REMOTE
)

# %% not_yet
check_attention_patterns(
    pattern, tokens, model=model, prompt=prompt, remote=REMOTE
)

# %% check_rotary
from nnsight_guide.checks import check_rotary_attention

check_rotary_attention(mine, model=model, prompt=prompt, remote=REMOTE)
