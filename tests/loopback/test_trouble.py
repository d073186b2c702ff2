"""A job that fails or does harm gets one clear line, and the next job never notices."""

from pathlib import Path

import httpx
import pytest

CLIENT = Path(__file__).parent / "clients" / "trouble.py"


def place_of(code):
    lines = CLIENT.read_text().splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if code in line]
    return f"{CLIENT.name}, line {number}"


@pytest.fixture(scope="module")
def found(service, clients):
    return clients.run("trouble", service.environment())


@pytest.mark.parametrize(
    ("job", "line"),
    [
        ("raises", f"ValueError: boom and more ({place_of('raise ValueError')})"),
        ("exits", f"SystemExit: 3 ({place_of('raise SystemExit')})"),
        ("unsendable", "What was saved cannot be sent: TypeError: cannot pickle '_thread.lock'"),
    ],
)
def test_a_job_that_raises_gets_one_line_that_names_its_place(found, job, line):
    kind, text = found[job]
    assert kind == "RemoteError"
    assert text.startswith(line)
    assert "\n" not in text


def test_an_error_of_torch_names_the_line_of_the_block(found):
    assert found["shapes"][1].startswith("RuntimeError: ")
    assert found["shapes"][1].endswith(f" ({place_of('torch.ones(3, 3)')})")


def test_the_weights_are_frozen_and_a_gradient_without_a_beginning_is_told_so(found):
    assert found["frozen"][1].startswith("NotImplementedError: This tensor does not require grad")


def test_after_jobs_that_failed_the_next_one_comes_back_right(found):
    assert found["after failures"]


def test_a_job_that_changes_the_model_changes_it_for_no_other(found, service):
    assert found["changes"] == ["", ""]
    assert found["after changes"]
    assert found["after all"]
    [line] = [line for line in service.log().splitlines() if "changed the model" in line]
    assert line.endswith(" s)")
    for name in ("transformer.h.0.mlp.fc_in.bias", "transformer.h.1.ln_1.weight", "training mode"):
        assert name in line


def test_a_model_that_is_not_live_is_named_together_with_the_one_that_is(found, service):
    assert found["not live"] == [
        "RemoteError",
        "Model not live: EleutherAI/gpt-j-6b, task text-generation (TransformersModel). "
        f"The loopback service runs {service.repo_id} only, as a TransformersModel, "
        "task text-generation.",
    ]


def test_a_wrong_key_runs_nothing_and_is_told_so(found):
    assert found["wrong key"] == [
        "RemoteError",
        "Failed to send request: Missing or invalid API key: the loopback service knows only "
        "the NDIF_API_KEY of its latest start.",
    ]
    assert found["wrong key for polling"][0] == "HTTPStatusError"
    assert "401" in found["wrong key for polling"][1]


def test_without_a_key_nothing_runs(service):
    ran = service.log().count("running")
    reply = httpx.post(f"{service.url}/request", data={"data": "{}"}, files={"blob": b"x"})
    assert reply.status_code == 401
    assert service.log().count("running") == ran


def test_the_hub_has_the_demo_model_and_nothing_else(found, service):
    assert found["unknown repository"][0] == "RepositoryNotFoundError"
    assert found["unknown revision"][0] == "RevisionNotFoundError"
    assert found["unknown file"][0] == "RemoteEntryNotFoundError"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(found["files"])


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({}, "A job consists of the fields 'data' and 'blob'."),
        ({"data": "nonsense"}, "The field 'data' is no request: "),
        ({"data": '{"model_key": "m", "session_id": "gone"}'}, "The session that the job"),
    ],
)
def test_a_request_that_is_none_is_refused_in_one_line(service, fields, detail):
    reply = httpx.post(
        f"{service.url}/request",
        data=fields,
        files={"blob": b"x"},
        headers={"ndif-api-key": service.key},
    )
    assert reply.status_code == 400
    assert reply.json()["detail"].startswith(detail)


def test_another_version_of_nnsight_is_refused(service):
    headers = {"ndif-api-key": service.key, "nnsight-version": "0.5.0"}
    reply = httpx.post(f"{service.url}/request", headers=headers)
    assert reply.status_code == 400
    assert "the client 0.5.0" in reply.json()["detail"]


def test_a_page_in_a_browser_does_not_get_in_by_another_name(service):
    reply = httpx.get(f"{service.url}/status", headers={"Host": "example.org"})
    assert reply.status_code == 400


def test_when_a_client_disconnects_its_job_is_stopped_and_the_next_one_runs(found, service):
    assert found["abandoned"] == ["", ""]
    assert found["after an abandoned job"]
    assert "failed: Stopped: its client is gone." in service.log()
