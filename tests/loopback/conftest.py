import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import warm

CLIENTS = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class Clients:
    """Runs a file of `clients/` in a process of its own, with a service's environment only."""

    folder: Path

    def start(self, name: str, environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, CLIENTS / f"{name}.py", self.folder / f"{name}.json"],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, name: str, environment: dict[str, str]) -> dict:
        script, told = CLIENTS / f"{name}.py", self.folder / f"{name}.json"
        env = {**os.environ, **environment}
        client = warm.run(script, told, cwd=self.folder, env=env)
        assert client.returncode == 0, client.stderr
        return json.loads(told.read_text())


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Clients:
    return Clients(tmp_path_factory.mktemp("clients"))
