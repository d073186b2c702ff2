"""The exercise's checker, at work on a right map and a wrong one."""

from snippets.model import REMOTE, model
from snippets.which_heads import lost, prompts, rights, wrongs

# %% check
from nnsight_guide.checks import check_head_ablation

answers = list(zip(rights, wrongs, strict=True))

check_head_ablation(
    lost, model=model, prompts=prompts, answers=answers, remote=REMOTE
)

# %% not_yet
check_head_ablation(
    lost.flatten(),
    model=model,
    prompts=prompts,
    answers=answers,
    remote=REMOTE,
)
