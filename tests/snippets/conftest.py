"""What the guide's own snippets printed when they ran, as a build records it."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from nnsight_guide.base.project import Project
from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.html.render import output_text
from nnsight_guide.model.profiles import Profile
from nnsight_guide.recording import cells
from nnsight_guide.recording.freshness import freshness
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan
from tests.support.blocks import hidden_states


@pytest.fixture(scope="session")
def recording(
    root: Path, profile: Profile, ran_again: Callable[..., Path]
) -> Callable[[str], Recording]:
    """The fresh recording of one of the guide's snippets; if any is stale, all run first."""
    project = Project(root)
    if Plan(project, profile).stale_snippets:
        project = Project(ran_again(*project.snippet_names()))

    def load(snippet: str) -> Recording:
        found = freshness(project, snippet, profile).recorded
        assert found is not None
        return found

    return load


STATUS = re.compile(r"^\S \[job\] (?!LOG )[A-Z]+ .*\n?", re.MULTILINE)
PRINTED_THERE = re.compile(r"^ℹ \[job\] LOG {10}", re.MULTILINE)


@pytest.fixture(scope="session")
def recorded(root: Path, recording: Callable[[str], Recording]) -> Callable[[str, str], str]:
    """What a cell printed; unless the snippet is about jobs, without what tells of its jobs."""

    def text(snippet: str, cell: str) -> str:
        found = recording(snippet).cell(cell)
        assert found is not None
        shown = "\n".join(output_text(output) for output in found["outputs"])
        if cells.is_remote(root / "snippets" / f"{snippet}.py"):
            return shown
        return PRINTED_THERE.sub("", STATUS.sub("", shown)).rstrip("\n")

    return text


@pytest.fixture(scope="session")
def module_here() -> Any:
    """The same model, loaded by Hugging Face alone, wherever nnsight's traces run."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(checkpoint(), dtype=torch.bfloat16).eval()


@pytest.fixture(scope="session")
def second_here(second: Path) -> Any:
    """The second model, loaded by Hugging Face alone."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(second, dtype=torch.float32).eval()


@pytest.fixture(scope="session")
def states_here(module_here: Any) -> Callable[[Any], list[Any]]:
    """What each layer returns for ids, (batch, seq_len, d_model), found by hooks of PyTorch's."""
    import torch

    @torch.no_grad()
    def states(input_ids: Any) -> list[Any]:
        caught: list[Any] = []

        def keep(module: Any, inputs: Any, output: Any) -> None:
            caught.append(hidden_states(output))

        with ExitStack() as hooks:
            for layer in module_here.transformer.h:
                hooks.enter_context(layer.register_forward_hook(keep))
            module_here(input_ids)
        return caught

    return states


@pytest.fixture(scope="session")
def recorded_cells(recording: Callable[[str], Recording]) -> Callable[[str], list[str]]:
    """The names of the cells of a snippet, in order."""
    return lambda snippet: recording(snippet).cell_names()
