"""Each job runs as if it were the first, whatever the jobs before it have been or done."""

import os

import pytest


@pytest.fixture(scope="module")
def found(service, clients):
    return clients.run("first", service.environment())


def test_two_traces_with_an_invoke_each_can_stand_in_one_script(found):
    assert found["two invokes"]
    assert found["they differ"]


@pytest.mark.parametrize("block", ["invoke", "session", "backward", "function", "source"])
def test_after_an_edit_the_new_code_runs(found, block):
    assert found[f"edited {block}"] == [1, 2]


def test_what_a_job_set_in_a_class_of_its_client_s_is_not_there_for_the_next(found):
    assert found["a class"] == [0, 0]


def test_every_source_of_random_numbers_begins_anew(found):
    assert found["random numbers"]


def test_what_a_job_has_patched_in_a_library_is_as_it_was(found):
    assert found["after a patch"]


def test_what_an_object_in_a_circle_changes_as_it_goes_is_changed_by_its_own_job(found):
    assert found["after an object has gone"] == ["prod"]


def test_what_a_job_left_in_its_surroundings_is_gone(found):
    assert found["surroundings"][0] == found["surroundings"][1]
    assert found["surroundings"][0][:2] == [None, []]


@pytest.mark.skipif(os.name != "posix", reason="signals and process groups")
def test_after_a_job_that_crashed_or_exited_the_next_one_runs_in_another_process(service, clients):
    found = clients.run("crash", service.environment())
    cause = "The job has ended the process that it ran in (killed by signal 6, SIGABRT); "
    assert found["aborts"] == f"{cause}the next one gets a new process."
    assert found["exits"].startswith("SystemExit: 3 (crash.py, line ")
    assert found["aborts, and then"]
    assert found["exits, and then"]
    assert found["children"] == []  # what it had started has ended with it
