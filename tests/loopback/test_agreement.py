"""`remote=True` over the loopback service gives what the same block gives locally."""

import re

import pytest


@pytest.fixture(scope="module")
def found(service, clients):
    return clients.run("agreement", service.environment())


@pytest.mark.parametrize(
    "block",
    ["hidden_and_logits", "generated", "altered", "several_prompts", "patched_in_a_session"],
)
def test_a_remote_block_saves_the_same_tensors_as_the_local_one(found, block):
    assert found[block]


def test_gradients_begin_where_a_block_says_and_are_those_of_the_rehearsal(found):
    assert found["differentiated"]


def test_what_a_remote_block_saves_carries_no_gradient(found):
    assert not found["carries a gradient"]


def test_a_nonblocking_job_is_fetched_by_polling(found):
    assert found["polled"]
    assert found["polled statuses"] == ["RECEIVED", "COMPLETED"]


def test_an_asynchronous_job_passes_through_every_status_in_order(found):
    assert found["asynchronous"]
    statuses = [status for status in found["statuses"] if status != "LOG"]
    assert statuses == ["QUEUED", "DISPATCHED", "RUNNING", "COMPLETED"]


def test_what_a_block_prints_arrives_in_the_log_line_by_line(found):
    assert found["printed"] == ["one 2", "three", "four"]
    assert found["statuses"].index("LOG") > found["statuses"].index("RUNNING")


def test_a_small_result_is_sent_inline_and_a_large_one_by_url(found, service):
    assert found["small result is sent as"] == "bytes"
    assert found["large result"]
    assert re.search(r"completed, 7,\d{3},\d{3} bytes by URL", service.log())


def test_twenty_jobs_at_once_all_come_back_right(found):
    assert found["at once"] == [True] * 20
    assert found["they differ"]


def test_nnsight_finds_the_service_up_and_the_demo_model_live(found, service):
    assert found["service"] == "UP"
    assert found["live"] == [service.repo_id]
    assert found["is running"]
    assert found["in other spelling"]
    assert not found["gpt-j is running"]


def test_nnsight_compares_the_two_environments(found):
    assert found["mismatches"] == {}
    assert found["table"] == "Python Version:"


def test_whoami_knows_the_key_and_no_other(found):
    assert found["who"] == "you@localhost"
    assert found["who with another key"] is None
