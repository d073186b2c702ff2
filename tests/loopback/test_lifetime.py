"""The service listens here only, ends with its parent, and says so when it ended by itself."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nnsight_guide import loopback
from nnsight_guide.__main__ import main as command_line
from nnsight_guide.loopback import launch, server
from nnsight_guide.loopback.launch import instructions
from tests.support.processes import succeed

COMMAND = "import sys; from nnsight_guide.loopback import serve; sys.exit(serve())"


def is_listening(url):
    port = int(url.rpartition(":")[2])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [("loopback", {"torch", "starlette"}), ("loopback.app", {"torch", "nnsight"})],
)
def test_torch_is_loaded_by_the_worker_alone(module, not_loaded):
    code = f"import sys, nnsight_guide.{module}; print({not_loaded} & {{*sys.modules}})"
    printed = succeed(sys.executable, "-c", code)
    assert printed.stdout.strip() == "set()"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "localhost", "::1", "127.0.0.2", ""])
def test_every_address_but_127_0_0_1_is_refused(host, capsys):
    line = rf"executes what it is sent: it listens on 127\.0\.0\.1 only, never on '{host}'"
    with pytest.raises(loopback.LoopbackError, match=line), loopback.start(host=host):
        pass
    with pytest.raises(loopback.LoopbackError, match=line):
        server.listen(host, 0)
    assert command_line(["loopback", "--host", host]) == 1
    assert re.search(line, capsys.readouterr().err)


def test_no_other_address_of_this_machine_leads_to_the_service(service):
    port = int(service.url.rpartition(":")[2])
    with socket.socket() as probe:
        probe.settimeout(5)
        with pytest.raises(OSError, match=r"refused|assign|timed out"):
            probe.connect(("127.0.0.2", port))


def test_the_startup_line_says_that_it_executes_what_it_is_sent_and_is_no_ndif(service):
    line = service.log().splitlines()[0]
    assert service.url in line
    assert "EXECUTES WHAT IT IS SENT" in line
    assert "is no NDIF" in line


def test_nothing_of_the_stand_in_goes_where_the_reader_keeps_his_own(service):
    variables = service.environment({})
    for name in ("HF_HUB_CACHE", "NNSIGHT_CONFIG"):
        assert Path(variables[name]).is_relative_to(service.folder)
    assert service.folder.stat().st_mode & 0o077 == 0


def test_a_proxy_is_told_to_leave_the_service_alone(service):
    inherited = {"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "intra.net"}
    assert service.environment(inherited)["no_proxy"] == "intra.net,127.0.0.1"
    assert "no_proxy" not in service.environment({})


def test_the_variables_can_be_pasted_into_powershell(service):
    lines = instructions(service, powershell=True).splitlines()
    assert f"$env:NDIF_API_KEY = '{service.key}'" in lines


DID_NOT_START = "^the loopback service did not start: "


def test_a_port_that_is_taken_is_named_with_the_way_to_another_one():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = rf"{DID_NOT_START}port {port} of 127\.0\.0\.1 is taken by another program: .*--port"
        with pytest.raises(loopback.LoopbackError, match=line), loopback.start(port=port):
            pass


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_not_called_taken(port):
    line = rf"{DID_NOT_START}port {port} of 127\.0\.0\.1 cannot be had \(.*0-65535"
    with pytest.raises(loopback.LoopbackError, match=line), loopback.start(port=port):
        pass


def test_a_port_is_taken_from_the_start_and_not_only_once_the_model_is_loaded():
    with server.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(loopback.LoopbackError, match="is taken"):
            server.listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("import os; os.kill(os.getpid(), 9)", r"killed by signal 9, SIGKILL; .*: nothing$"),
        ("raise SystemExit('no memory')", r"exit status 1; the last it reported: no memory$"),
        ("import time; time.sleep(60)", r"it was not ready after 1 seconds; .*: nothing$"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_service_that_dies_or_hangs_at_its_start_is_told_from_a_taken_port(
    command, line, monkeypatch
):
    monkeypatch.setattr(launch, "SERVER", ["-c", command])
    if "sleep" in command:
        monkeypatch.setattr(launch, "STARTUP_SECONDS", 1)
    with pytest.raises(loopback.LoopbackError, match=DID_NOT_START + line), loopback.start():
        pass


def test_a_checkpoint_that_does_not_load_is_a_line_not_a_traceback(tmp_path):
    line = rf"{DID_NOT_START}\w+: .*{tmp_path.name}"
    with pytest.raises(loopback.LoopbackError, match=line), loopback.start(tmp_path):
        pass


def test_killing_the_service_in_the_middle_of_a_job_is_told_on_both_sides(
    service, clients, wait_until
):
    ended = r"ended by itself \(killed by signal 9, SIGKILL\) and its jobs are lost"
    line = rf"{ended}; .*: job \w+: running$"
    with (  # noqa: PT012 - what raises is the end of the block
        pytest.raises(loopback.LoopbackError, match=line),
        loopback.start() as victim,
    ):
        assert victim.key != service.key
        client = clients.start("endless", victim.environment())
        wait_until(lambda: "running" in victim.log())
        victim.process.kill()
        errors = client.communicate(timeout=60)[1]
    assert errors.strip().splitlines()[-1].endswith("Connection to remote host was lost.")
    assert not victim.folder.exists()


@pytest.fixture
def parent():
    """The command, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def read_variables(parent):
    pasted = []
    while not (pasted and pasted[-1].startswith("export NNSIGHT_CONFIG=")):
        pasted.append(parent.stdout.readline())
        assert pasted[-1], parent.stderr.read()
    return "".join(pasted)


def value(pasted, name):
    return shlex.split(re.search(rf"^export {name}=(.*)$", pasted, re.MULTILINE)[1])[0]


@pytest.mark.skipif(os.name != "posix", reason="pastes into a POSIX shell")
def test_the_printed_variables_are_all_it_takes_and_ctrl_c_ends_the_service(parent):
    pasted = read_variables(parent)
    client = Path(__file__).parent / "clients" / "one.py"
    script = f"{pasted}\n{shlex.quote(sys.executable)} {shlex.quote(str(client))}"
    bare = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("HF_", "NDIF_", "NNSIGHT"))
    }
    client = succeed("sh", "-c", script, env=bare)
    assert "shape [1, 1, 50400]" in client.stdout

    parent.send_signal(signal.SIGINT)
    assert parent.wait(30) == 0
    assert not is_listening(value(pasted, "NDIF_HOST"))
    assert not Path(value(pasted, "NNSIGHT_CONFIG")).parent.exists()


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_the_service_ends_with_its_parent_however_that_ends(parent, wait_until):
    pasted = read_variables(parent)
    url, folder = value(pasted, "NDIF_HOST"), Path(value(pasted, "NNSIGHT_CONFIG")).parent
    assert is_listening(url)
    assert folder.is_dir()

    parent.kill()
    wait_until(lambda: not is_listening(url))
    wait_until(lambda: not folder.exists())
