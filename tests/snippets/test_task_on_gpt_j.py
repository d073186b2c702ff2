"""The lines that the page names for GPT-J are all that the cells need there, as jobs as well.

The demo model knows no opposites, so that only the way to the numbers is looked at.
"""

import json
import re
import sys

import pytest
import torch

from tests.support.processes import succeed

pytestmark = pytest.mark.local  # it starts what is remote itself

VALUES = """
import json
import head_outputs, task_heads, task_vector

print(json.dumps({
    "best": task_vector.best,
    "antonyms": task_vector.antonyms.float().tolist(),
    "n_said": [len(said) for said, _ in task_vector.results.values()],
    "means": task_heads.means.float().tolist(),
    "written": head_outputs.vector_of([(0, 1), (3, 2)], task_heads.means).tolist(),
    "by_head": task_heads.by_head.tolist(),
}))
"""
SNIPPETS = ("task_states", "task_vector", "head_outputs", "task_heads")
SET_UP = "from snippets.second_model import model\n"


def for_gpt_j(name, root):
    """A snippet with the lines of the page in the place of those that say the same of a Llama."""
    page = (root / "docs" / "exercises" / "a-task-as-a-vector.md").read_text(encoding="utf-8")
    lines = page.partition("## On GPT-J-6B")[2].split("```")[1]
    layers, hidden_states, out_projs = (
        re.search(pattern, lines, re.MULTILINE)[0]
        for pattern in (r"^layers = .*$", r"^    return .*$", r"^out_projs = .*$")
    )
    text = (root / "snippets" / f"{name}.py").read_text(encoding="utf-8")
    text = text.replace(SET_UP, "from snippets.model import REMOTE, model\n")
    for other in SNIPPETS:
        text = text.replace(f"from snippets.{other} import", f"from {other} import")
    text = text.replace("layers = model.model.layers", layers)
    text = text.replace("    return layer.output", hidden_states)
    return text.replace("out_projs = [layer.self_attn.o_proj for layer in layers]", out_projs)


def with_remote(text):
    """Give `remote=REMOTE` to each session, and to each trace that stands in none."""
    found, session = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if session is not None and line.strip() and indent <= session:
            session = None
        if "model.session()" in line:
            session, line = indent, line.replace("session()", "session(remote=REMOTE)")
        elif "model.trace(" in line and session is None:
            line = line.replace("logits_to_keep=1", "logits_to_keep=1, remote=REMOTE")
        found.append(line)
    return "\n".join(found)


@pytest.fixture
def values(root, tmp_path):
    def values(**variables):
        for name in SNIPPETS:
            text = for_gpt_j(name, root)
            assert "second_model import" not in text
            assert "model.model" not in text
            assert "self_attn" not in text
            (tmp_path / f"{name}.py").write_text(with_remote(text), encoding="utf-8")
        path = f"{tmp_path}:{root}:{root / 'src'}"
        done = succeed(sys.executable, "-c", VALUES, cwd=tmp_path, PYTHONPATH=path, **variables)
        return json.loads(done.stdout.splitlines()[-1])

    return values


def test_the_cells_run_on_a_gpt_j_and_as_jobs_give_the_same(values, profile, service):
    here = values(GUIDE_MODEL=profile.model_id)
    as_jobs = values(env=service.environment(), GUIDE_MODEL=service.repo_id, GUIDE_REMOTE="1")
    for name, value in here.items():
        # Of words that it does not know, the model is so unsure that effects are mere rounding.
        close = {"rtol": 1e-3, "atol": 1e-5 if name == "by_head" else 1e-3}
        torch.testing.assert_close(torch.tensor(as_jobs[name]), torch.tensor(value), **close)
    assert torch.tensor(here["antonyms"]).shape == torch.tensor(here["means"]).shape == (4, 128)
    assert torch.tensor(here["by_head"]).shape == (4, 16)
    assert here["n_said"] == [14, 14]
    assert torch.tensor(here["written"]).norm() > 1
