"""Send jobs that end the process that they run in, and write down what is left."""

import json
import os
import sys
from pathlib import Path

import psutil
from nnsight import TransformersModel

found = {}
REPO_ID = "nnsight-guide/gptj-demo"
model = TransformersModel(REPO_ID, task="text-generation", tokenizer=REPO_ID)


def process():
    with model.trace("Hello", remote=True):
        pid = os.getpid().save()
    return [pid]


def aborts():
    with model.trace("Hello", remote=True):
        import subprocess

        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        orphan = subprocess.Popen(["sh", "-c", "setsid sleep 600 & echo $!"], stdout=-1)
        print(child.pid, int(orphan.stdout.readline()), file=open(pids, "w"), flush=True)  # noqa
        os.abort()


def exits():
    with model.trace("Hello", remote=True):
        sys.exit(3)


pids = str(Path(sys.argv[1]).with_name("pids.txt"))
for job in (aborts, exits):
    before = process()
    try:
        job()
    except Exception as error:
        found[job.__name__] = str(error)
    found[f"{job.__name__}, and then"] = before != process()
started = map(int, Path(pids).read_text().split())
found["children"] = [pid for pid in started if psutil.pid_exists(pid)]

Path(sys.argv[1]).write_text(json.dumps(found))
