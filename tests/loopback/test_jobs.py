"""The queue: one job after another, and none of them, nor any client, holds up the rest."""

import asyncio
import pickle
import threading
import time
from dataclasses import dataclass, field

import pytest


@pytest.fixture(scope="module")
def module():
    """The module under test; imported late, for the sake of those who run other tests."""
    from nnsight_guide.loopback import jobs

    return jobs


@dataclass
class Executor:
    """Runs functions in place of models; a job's blob is the pickled name of one."""

    outcome: type
    loaded: int = 0
    ran: list = field(default_factory=list)

    def load(self):
        self.loaded += 1

    def run(self, request, blob, log):
        name = pickle.loads(blob)
        self.ran.append((name, threading.get_ident()))
        return getattr(self, name)()

    def quick(self):
        return self.outcome(data=b"12345")

    def endless(self):
        while True:
            pass

    def stubborn(self):
        time.sleep(1.5)

    def broken(self):
        raise RuntimeError("the service's own fault")


@pytest.fixture
def executor(module):
    return Executor(module.JobResult)


@pytest.fixture
def work(module, executor):
    """Run a scenario with a queue that is being worked off."""

    def work(scenario, inline_limit=100, job_seconds=60.0):
        identity = module.Identity("owner/model")
        arguments = (executor, identity, "http://host", inline_limit, job_seconds)

        async def run():
            jobs = module.Jobs(*arguments)
            worker = asyncio.create_task(jobs.work())
            try:
                await asyncio.wait_for(scenario(jobs, Client(jobs, identity.key)), 30)
            finally:
                worker.cancel()

        asyncio.run(run())

    return work


@dataclass
class Client:
    jobs: object
    model_key: str

    def submit(self, name, session=None):
        from nnsight.schema.request import RequestModel

        request = RequestModel(model_key=self.model_key, session_id=session.id if session else "")
        return self.jobs.submit(request, pickle.dumps(name)).id

    async def end(self, job):
        while (latest := self.jobs.latest(job)).status.value not in ("COMPLETED", "ERROR"):
            await asyncio.sleep(0.01)
        return latest


def test_jobs_run_one_after_another_in_the_order_of_their_arrival(work, executor):
    async def scenario(jobs, client):
        ids = [client.submit("quick") for _ in range(5)]
        assert [(await client.end(job)).status.value for job in ids] == ["COMPLETED"] * 5

    work(scenario)
    assert [name for name, _ in executor.ran] == ["quick"] * 5


def test_a_job_that_takes_too_long_is_stopped_and_the_next_one_runs_on_a_new_model(work, executor):
    async def scenario(jobs, client):
        endless, quick = client.submit("endless"), client.submit("quick")
        end = await client.end(endless)
        assert end.description == "Stopped: a job may take 0.2 seconds here."
        assert (await client.end(quick)).status.value == "COMPLETED"

    work(scenario, job_seconds=0.2)
    assert executor.loaded == 1


def test_a_job_that_cannot_be_stopped_is_left_to_itself(work, module, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)

    async def scenario(jobs, client):
        stubborn, quick = client.submit("stubborn"), client.submit("quick")
        begin = time.monotonic()
        assert (await client.end(stubborn)).status.value == "ERROR"
        assert (await client.end(quick)).status.value == "COMPLETED"
        assert time.monotonic() - begin < 1.4
        await asyncio.sleep(1.5)  # it may end after its queue has, but not after its event loop

    work(scenario, job_seconds=0.2)


def test_a_job_whose_client_left_before_its_turn_does_not_run(work, executor):
    async def scenario(jobs, client):
        session = jobs.open_session()
        job = client.submit("quick", session)
        jobs.close_session(session)
        assert (await client.end(job)).description == "Not run: its client is gone."

    work(scenario)
    assert executor.ran == []


def test_a_fault_of_the_service_ends_one_job_only(work, executor):
    async def scenario(jobs, client):
        end = await client.end(client.submit("broken"))
        assert end.description.startswith("The loopback service failed: RuntimeError: ")
        assert (await client.end(client.submit("quick"))).status.value == "COMPLETED"

    work(scenario)
    assert executor.loaded == 1


def test_the_oldest_results_make_way_for_new_ones(work, module, monkeypatch):
    monkeypatch.setattr(module, "RESULT_BYTES_KEPT", 12)

    async def scenario(jobs, client):
        ends = [await client.end(client.submit("quick")) for _ in range(3)]
        kept = [jobs.result(end.data.removeprefix("http://host/result/")) for end in ends]
        assert kept == [None, b"12345", b"12345"]

    work(scenario)
