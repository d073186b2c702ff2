"""Chapter 1: every remote job ran, and gave what the same code gives on this machine."""

import json
import os
import sys

import pytest
import torch

from nnsight_guide import loopback
from snippets.model import model
from tests.support import warm
from tests.support.blocks import hidden_states
from tests.support.processes import succeed

PROMPT = "The Eiffel Tower is in the city of"
VALUES = """
import json
from snippets import remote_execution as chapter

print(json.dumps({
    "token_id": chapter.token_id.item(),
    "token": chapter.model.tokenizer.decode(chapter.token_id),
    "all_logits": chapter.all_logits.float().tolist(),
    "best_tokens": chapter.best_tokens.tolist(),
    "inside": chapter.inside,
    "outside": chapter.outside,
    "carries gradient": chapter.best_logit.requires_grad,
    "gradient": chapter.gradient.item(),
    "not_waited_for": chapter.result["token_id"].item(),
    "rehearsed": chapter.rehearsed.item(),
}))
"""


LOADED = """
from snippets.model import model

with model.trace("The", remote=True):
    model.lm_head.output.save()
print("after a remote trace:", model.dispatched)
with model.trace("The", remote="local"):
    model.lm_head.output.save()
print("after a rehearsal:", model.dispatched)
"""


@pytest.fixture(scope="module")
def remote(root):
    """What the chapter's names stand for, in a process of its own with the service's variables."""
    with loopback.start() as service:
        done = succeed(
            *(sys.executable, "-c", VALUES),
            cwd=root,
            env=service.environment(),
            GUIDE_MODEL=service.repo_id,
            PATH="",
            HOME=str(service.folder),
        )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def here():
    """The logits of every position, and the norm after each layer, computed on this machine."""
    with model.trace(PROMPT):
        states = [hidden_states(layer.output)[0, -1] for layer in model.transformer.h]
        norms = torch.stack([state.norm() for state in states]).save()
        logits = model.lm_head.output.save()
    return logits.detach(), norms.detach()


@pytest.mark.local
def test_remote_results_equal_the_local_ones(remote, here):
    logits, norms = here
    assert torch.equal(torch.tensor(remote["all_logits"]), logits.float())
    assert remote["best_tokens"] == logits.argmax(dim=-1).tolist()
    assert remote["inside"] == norms.tolist()
    assert remote["token_id"] == remote["not_waited_for"] == remote["rehearsed"] == 6342
    assert remote["token"] == " Paris"


def test_weights_are_loaded_only_for_what_runs_on_this_machine(service, root, tmp_path):
    script = tmp_path / "loaded.py"
    script.write_text(LOADED)
    names = {"GUIDE_MODEL": service.repo_id, "PYTHONPATH": str(root)}
    done = warm.run(script, cwd=tmp_path, env={**os.environ, **service.environment(), **names})
    assert "after a remote trace: False" in done.stdout, done.stderr
    assert "after a rehearsal: True" in done.stdout


def test_a_list_from_outside_comes_back_empty(remote):
    assert remote["outside"] == []


def test_remote_tensors_carry_no_gradient(remote):
    assert remote["carries gradient"] is False


@pytest.mark.local
def test_a_remote_gradient_equals_the_local_one(remote):
    with model.trace(PROMPT):
        hidden = hidden_states(model.transformer.h[1].output)
        loss = model.lm_head.output[0, -1].max()
        with loss.backward():
            gradient = hidden.grad.norm().save()
    assert remote["gradient"] == gradient.item() > 0


def test_the_page_shows_what_came_back(recorded):
    assert recorded("remote_execution", "is_it_live") == "False\nTrue"
    assert recorded("remote_execution", "first_job").endswith("' Paris'")
    assert recorded("remote_execution", "no_gradient").endswith("False")
    assert float(recorded("remote_execution", "gradient").splitlines()[-1]) > 0
    assert recorded("remote_execution", "rehearsal") == "' Paris'"
    assert "{'token_id': tensor(6342)}" in recorded("remote_execution", "not_waiting")
    assert "seen on the server: 4" in recorded("remote_execution", "prints_and_lists")
    assert recorded("remote_execution", "prints_and_lists").endswith("inside:  4\noutside: 0")


def test_the_log_of_a_job_is_shown_from_received_to_completed(recorded):
    log = recorded("remote_execution", "much")
    steps = [line.split()[2] for line in log.splitlines() if "[job]" in line]
    assert steps == ["RECEIVED", "QUEUED", "DISPATCHED", "RUNNING", "COMPLETED"]


def test_little_is_far_less_than_much(recorded):
    def came_back(cell):
        last = recorded("remote_execution", cell).splitlines()[-1]
        return int(last.removeprefix("[remote] result: ").removesuffix(" bytes").replace(",", ""))

    assert came_back("much") > 20 * came_back("little")


def test_the_service_is_up_and_its_versions_are_ours(recorded):
    assert "NDIF Service: Up" in recorded("remote_execution", "status")
    assert recorded("remote_execution", "versions").count("✓") == 3


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("no_key", "RemoteError: Failed to send request: Missing or invalid API key"),
        ("wrong_key", "RemoteError: Failed to send request: Missing or invalid API key"),
        ("not_live", "RemoteError: Model not live: nnsight-guide/gptj-demo, task feature-extr"),
        ("service_down", "ConnectionRefusedError: "),
    ],
)
def test_what_goes_wrong_is_one_line(recorded, cell, line):
    assert recorded("remote_execution", cell).splitlines()[-1].startswith(line)


def test_the_jobs_ran_on_a_service_and_the_page_says_which(recording, profile):
    service = "remote" if profile.is_remote else "loopback"
    assert recording("remote_execution").provenance["profile"] == service
    assert recording("model").provenance["profile"] == profile.name
