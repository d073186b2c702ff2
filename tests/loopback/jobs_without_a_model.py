"""A worker whose jobs are the functions below: it needs no torch, and comes up at once."""

import ctypes
import multiprocessing
import os
import subprocess
import sys
import time

from nnsight_guide.loopback.running import JobResult
from nnsight_guide.loopback.worker import run_jobs

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


class Executor:
    wrapper = "Wrapper"

    def __init__(self):
        self.recovered = 0

    def recover(self):
        self.recovered += 1
        return JobResult()

    def environment(self):
        return {"packages": {}}

    def run(self, job, blob, log):
        return getattr(self, blob.decode())(log)

    def quick(self, log):
        return JobResult(b"12345", size=5)

    def process(self, log):
        data = f"{os.getpid()} {self.recovered}".encode()
        return JobResult(data, size=len(data))

    def endless(self, log):
        while True:
            log("again")

    def stubborn(self, log):
        while True:
            try:
                time.sleep(0.1)
            except BaseException:
                continue

    def broken(self, log):
        raise RuntimeError("the service's own fault")

    def spent(self, log):
        return JobResult(error="SystemExit: 3", spent="it exited")

    def aborts(self, log):
        log("the last line")
        os.abort()

    def faults(self, log):
        ctypes.string_at(0)

    def exits(self, log):
        os._exit(7)

    def exits_in_silence(self, log):
        os._exit(0)

    def closes_everything(self, log):
        os.closerange(0, 64)

    def forks(self, log):
        data = b"the job's" if os.fork() else b"its child's"
        return JobResult(data, size=len(data))

    def _start_children(self):
        child = subprocess.Popen(SLEEP)
        orphan = subprocess.Popen(["sh", "-c", "setsid sleep 600 & echo $!"], stdout=-1)
        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
        process.start()
        return f"{child.pid} {int(orphan.stdout.readline())} {process.pid}"

    def children(self, log):
        log(self._start_children())
        return JobResult(b"12345", size=5)

    def children_for_ever(self, log):
        log(self._start_children())
        time.sleep(600)


if __name__ == "__main__":
    if sys.argv[1:] == ["never"]:
        time.sleep(600)
    if sys.argv[1:] == ["broken"]:
        sys.exit("no model")
    sys.exit(run_jobs(Executor))
