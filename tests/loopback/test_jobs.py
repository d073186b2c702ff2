"""The queue: one job after another, and none of them, nor any client, holds up the rest."""

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from nnsight_guide.loopback import jobs as module
from nnsight_guide.loopback.workers import Worker

WORKER = Path(__file__).parent / "jobs_without_a_model.py"
SECONDS = 60  # for a worker to come up, on a machine that does much else
posix = pytest.mark.skipif(os.name != "posix", reason="signals and process groups")


@dataclass
class Workers:
    """Starts workers, and remembers how many."""

    arguments: list = field(default_factory=list)
    started: list = field(default_factory=list)

    def new(self):
        arguments = self.arguments.pop(0) if self.arguments else []
        self.started.append(Worker([sys.executable, str(WORKER), *arguments]))
        return self.started[-1]


@pytest.fixture
def workers():
    workers = Workers()
    yield workers
    for worker in workers.started:
        worker.end()


@pytest.fixture
def work(workers):
    """Run a scenario with a queue that is being worked off."""

    def work(scenario, inline_limit=100, job_seconds=60.0, worker_seconds=SECONDS):
        identity = module.Identity("owner/model", "Wrapper")

        async def run():
            arguments = (identity, "http://host", inline_limit, job_seconds, worker_seconds)
            jobs = module.Jobs(workers.new(), workers.new, *arguments)
            working = asyncio.create_task(jobs.work())
            try:
                await asyncio.wait_for(scenario(Client(jobs, identity.key)), 120)
            finally:
                working.cancel()

        asyncio.run(run())

    return work


@dataclass
class Client:
    jobs: module.Jobs
    model_key: str

    def submit(self, name, session=None):
        envelope = json.dumps({"model_key": self.model_key})
        session_id = session.id if session else ""
        status = self.jobs.submit(self.model_key, session_id, envelope, name.encode())
        return json.loads(status)["id"]

    async def end(self, job):
        while True:
            latest = json.loads(self.jobs.latest(job))
            if latest["status"] in ("COMPLETED", "ERROR"):
                return latest
            await asyncio.sleep(0.01)

    async def run(self, name, session=None):
        return await self.end(self.submit(name, session))

    async def result(self, name):
        end = await self.run(name)
        return self.jobs.result(end["data"].removeprefix("http://host/result/")).decode()


def is_at_work(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def lines(session):
    """What the client in `session` got to read of its job."""
    frames = []
    while not session._frames.empty():
        frames.append(json.loads(await session._frames.get()))
    return [frame["description"] for frame in frames if frame["status"] == "LOG"]


def test_jobs_run_one_after_another_in_the_order_of_their_arrival(work, workers):
    async def scenario(client):
        ids = [client.submit("process") for _ in range(5)]
        ends = [await client.end(job) for job in ids]
        assert [end["status"] for end in ends] == ["COMPLETED"] * 5

    work(scenario)
    assert len(workers.started) == 1


@pytest.mark.parametrize("job", ["endless"])
def test_a_job_that_takes_too_long_is_stopped_and_the_next_finds_all_in_order(work, workers, job):
    async def scenario(client):
        end = await client.run(job)
        assert end["description"] == "Stopped: a job may take 0.2 seconds here."
        assert (await client.result("process")).endswith(" 1")  # was recovered once

    work(scenario, job_seconds=0.2)
    assert len(workers.started) == 1


def test_a_job_that_cannot_be_stopped_is_ended_with_its_process(work, workers, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)

    async def scenario(client):
        end = await client.run("stubborn")
        assert end["description"].startswith("Stopped: ")
        assert (await client.run("quick"))["status"] == "COMPLETED"

    work(scenario, job_seconds=0.2)
    assert len(workers.started) == 2


def test_a_job_whose_client_left_before_its_turn_does_not_run(work, capsys):
    async def scenario(client):
        session = client.jobs.open_session()
        job = client.submit("quick", session)
        client.jobs.close_session(session)
        assert (await client.end(job))["description"] == "Not run: its client is gone."

    work(scenario)
    assert "running" not in capsys.readouterr().err


def test_a_fault_of_the_service_ends_one_job_only(work, workers):
    async def scenario(client):
        line = (await client.run("broken"))["description"]
        assert line == "The loopback service failed: RuntimeError: the service's own fault"
        assert (await client.run("quick"))["status"] == "COMPLETED"

    work(scenario)
    assert len(workers.started) == 2


def test_the_oldest_results_make_way_for_new_ones(work, monkeypatch):
    monkeypatch.setattr(module, "RESULT_BYTES_KEPT", 12)

    async def scenario(client):
        ends = [await client.run("quick") for _ in range(3)]
        names = [end["data"].removeprefix("http://host/result/") for end in ends]
        assert [client.jobs.result(name) for name in names] == [None, b"12345", b"12345"]

    work(scenario)


# Jobs that end their process, or start others

ENDS = {
    "aborts": "killed by signal 6, SIGABRT",
    "faults": "killed by signal 11, SIGSEGV",
    "exits": "exit status 7",
    "exits_in_silence": "exit status 0",
    "closes_everything": "",  # whatever it dies of
}


@posix
@pytest.mark.parametrize(("job", "cause"), ENDS.items(), ids=ENDS)
def test_a_job_that_ends_its_process_is_told_so_and_the_next_gets_a_new_one(work, job, cause):
    async def scenario(client):
        before = await client.result("process")
        end = await client.run(job)
        assert end["status"] == "ERROR"
        assert end["description"].startswith(
            f"The job has ended the process that it ran in ({cause}"
        )
        assert end["description"].endswith("; the next one gets a new process.")
        begin = time.monotonic()
        assert await client.result("process") != before
        assert time.monotonic() - begin < SECONDS

    work(scenario)


@posix
def test_what_a_job_printed_before_it_ended_its_process_reaches_its_client(work):
    async def scenario(client):
        session = client.jobs.open_session()
        await client.run("aborts", session)
        assert await lines(session) == ["the last line"]

    work(scenario)


def test_after_a_job_that_exited_or_changed_its_process_the_next_gets_a_new_one(work):
    async def scenario(client):
        before = await client.result("process")
        assert (await client.run("spent"))["description"] == "SystemExit: 3"
        assert await client.result("process") != before

    work(scenario)


@posix
def test_a_process_that_is_killed_while_nothing_runs_costs_no_job(work):
    async def scenario(client):
        pid = int((await client.result("process")).split()[0])
        os.kill(pid, 9)
        while not client.jobs.worker.spent:
            await asyncio.sleep(0.01)
        assert (await client.run("quick"))["status"] == "COMPLETED"

    work(scenario)


@posix
@pytest.mark.parametrize(
    ("job", "status"),
    [("children", "COMPLETED"), ("children_for_ever", "ERROR")],
)
def test_what_a_job_has_started_ends_with_it_however_it_ends(work, job, status, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 1)

    async def scenario(client):
        session = client.jobs.open_session()
        assert (await client.run(job, session))["status"] == status
        [line] = await lines(session)
        await client.run("quick")
        assert [pid for pid in map(int, line.split()) if is_at_work(pid)] == []

    work(scenario, job_seconds=2, inline_limit=-1)


@posix
def test_a_job_that_forks_comes_to_one_end(work):
    async def scenario(client):
        assert await client.result("forks") == "the job's"
        assert (await client.run("quick"))["status"] == "COMPLETED"

    work(scenario)


@pytest.mark.parametrize(
    ("start", "line"),
    [
        ("broken", "Not run, since no process for it came up: exit status 1."),
        ("never", "Not run, since no process for it came up: it takes more than 0.5 seconds."),
    ],
)
def test_a_job_for_which_no_process_comes_up_is_told_so_and_the_next_one_tries(
    work, workers, start, line
):
    workers.arguments = [[start]]

    async def scenario(client):
        assert (await client.run("quick"))["description"] == line
        client.jobs.worker_seconds = SECONDS
        assert (await client.run("quick"))["status"] == "COMPLETED"

    work(scenario, worker_seconds=0.5 if start == "never" else SECONDS)
