"""Builds of a small project in which every trace is remote, on the loopback service."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.model import profiles
from nnsight_guide.ndif import retries
from nnsight_guide.recording import recordings
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from tests.support.processes import run_process
from tests.support.services import RESET, UNAVAILABLE, Flaky
from tests.support.sites import REMOTE_TRACE, make_project, make_site, trace_remotely
from tests.support.snippets import printed, undone

SUBSCRIBE, REQUEST = "GET /subscribe", "POST /request"
FAILING_JOB = REMOTE_TRACE.replace("    best", "    none = 1 / 0\n    best")
LOUD = """\
from snippets.model import model

# %% environment
import os
import sys
from urllib.parse import quote

from IPython.display import display

key = os.environ["NDIF_API_KEY"]
print(dict(os.environ))
print("quoted:", quote(key, safe=""), file=sys.stderr)
display({"text/html": f"<b>{key}</b>", "text/plain": key}, raw=True)
display({"key": key})

# %% failure tags=["active-ipynb", "raises-exception"]
# raise ValueError(f"no answer to {key}")
"""
FAILS_LOUDLY = """\
# %% failure
import os

raise ValueError("no answer to " + os.environ["NDIF_API_KEY"])
"""
PAGE = """\
# A page

```python exec="1" html="1"
from nnsight_guide.chapter import cell
print(cell("loud", "environment"), cell("loud", "failure"), cell("first", "ask"))
```

```python exec="1"
import os
print(os.environ["NDIF_API_KEY"])
```
"""
OTHERS_KEY = "the-users-other-key"
USERS_CONFIG = f"API:\n  APIKEY: {OTHERS_KEY}\nAPP:\n  DEBUG: true\n"


def remote_project(folder):
    project = trace_remotely(make_project(folder))
    (project.snippets / "first.py").write_text(REMOTE_TRACE)
    (project.snippets / "second.py").write_text(REMOTE_TRACE.replace("argmax", "argmin"))
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return remote_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(autouse=True)
def _nothing_is_recorded(project):
    """Each test starts without recordings, and leaves no snippet of its own."""
    with undone(project):
        yield
    shutil.rmtree(project.cache, ignore_errors=True)


@pytest.fixture(scope="module")
def proxy(service):
    with closing(Flaky(service.url)) as flaky:
        yield flaky


@pytest.fixture
def remote(service, proxy, monkeypatch):
    """The remote profile, on the service behind the flaky proxy; attempts follow at once."""
    environment = {**service.environment(), "NDIF_HOST": proxy.url}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retries, "WAITS", (0.1, 0.1))
    return profiles.current(
        {**environment, "GUIDE_PROFILE": "remote", "GUIDE_MODEL": service.repo_id}
    )


@pytest.fixture(scope="module")
def runner(project):
    with closing(Runner(project)) as runner:
        yield runner


def test_every_trace_runs_on_the_service(project, runner, remote, service):
    ran = service.log().count("completed")
    assert runner.run_stale(Plan(project, remote)).snippets == ["first", "model", "second"]
    assert service.log().count("completed") == ran + 2
    assert printed(project, remote, "first") == "6342\n"
    path = recordings.recording_path(project, "first", remote)
    made = Recording.load(path).provenance
    assert (made["profile"], made["model"]) == ("remote", service.repo_id)
    assert made["device"] == "service"


def test_a_service_that_is_missing_is_named_before_anything_runs(project, remote, monkeypatch):
    monkeypatch.setenv("NDIF_HOST", "http://127.0.0.1:9")
    monkeypatch.setattr("nnsight_guide.ndif.client.WAITS_TO_ASK", ())
    runner = Runner(project)
    with pytest.raises(GuideError, match=r"^http://127\.0\.0\.1:9 cannot be reached"):
        runner.run_stale(Plan(project, remote))
    assert runner.kernels.running == {}
    assert not project.cache.exists()


def test_where_nothing_is_stale_the_service_may_be_gone(project, runner, remote, monkeypatch):
    runner.run_stale(Plan(project, remote))
    monkeypatch.setenv("NDIF_HOST", "http://127.0.0.1:9")
    assert Runner(project).run_stale(Plan(project, remote)).snippets == []


def test_a_service_that_fails_for_a_moment_is_asked_again(project, runner, remote, proxy, capsys):
    proxy.trouble = [(SUBSCRIBE, RESET), (REQUEST, UNAVAILABLE)]
    runner.run_stale(Plan(project, remote))
    assert proxy.trouble == []
    assert printed(project, remote, "first") == "6342\n"
    told = [line for line in capsys.readouterr().err.splitlines() if "; attempt" in line]
    assert [line.partition("cell 'ask': ")[2] for line in told] == [
        "ConnectionResetError: [Errno 104] Connection reset by peer; attempt 2 of 3 in 0.1 s",
        "RemoteError: Failed to send request: Too busy right now.; attempt 3 of 3 in 0.1 s",
    ]


def test_a_build_that_breaks_in_the_middle_continues_where_it_stopped(
    project, runner, remote, proxy
):
    runner.run_stale(Plan(project, remote, ["first"]))
    proxy.trouble = [(REQUEST, UNAVAILABLE)] * 3
    with pytest.raises(GuideError) as caught:
        runner.run_stale(Plan(project, remote))
    assert str(caught.value) == (
        "snippets/second.py, line 4, cell 'ask': RemoteError: Failed to send request: "
        "Too busy right now. (3 attempts; what had finished is kept: build again later)"
    )
    assert runner.run_stale(Plan(project, remote)).snippets == ["second"]


def test_a_job_that_fails_is_not_sent_again(project, runner, remote, service, capsys):
    (project.snippets / "first.py").write_text(FAILING_JOB)
    failed = service.log().count("failed")
    with pytest.raises(GuideError, match="RemoteError: ZeroDivisionError: division by zero"):
        runner.run_stale(Plan(project, remote))
    assert service.log().count("failed") == failed + 1
    assert "attempt" not in capsys.readouterr().err


def test_the_settings_that_a_snippet_changes_end_with_it(project, runner, remote):
    (project.snippets / "astray.py").write_text(
        "# %% astray\nfrom nnsight import CONFIG\n\nCONFIG.API.HOST = 'http://127.0.0.1:9'\n"
    )
    assert runner.run_stale(Plan(project, remote)).snippets == [
        "astray",
        "first",
        "model",
        "second",
    ]


def test_what_runs_here_is_not_given_the_key(project, runner, profile, monkeypatch):
    monkeypatch.setenv("NDIF_API_KEY", "a-key-of-the-users-own")
    text = "# %% ask\nimport os\n\nprint(os.environ.get('NDIF_API_KEY') or 'none')\n"
    (project.snippets / "curious.py").write_text(text)
    runner.run_stale(Plan(project, profile, ["curious"]))
    assert printed(project, profile, "curious") == "none\n"


def test_a_key_in_a_snippet_is_refused(project, runner, remote, service):
    (project.snippets / "first.py").write_text(f"# %% ask\nkey = '{service.key}'\n")
    with pytest.raises(GuideError, match=r"^snippets/first\.py holds your API key: "):
        runner.run_stale(Plan(project, remote, ["first"]))


@pytest.fixture(scope="module")
def build(service, tmp_path_factory):
    """All that is left of a build and of one that fails, by a user with a config of their own."""
    folder = tmp_path_factory.mktemp("everything")
    home, temporary = folder / "home", folder / "tmp"
    config = home / ".config" / "nnsight" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(USERS_CONFIG)
    temporary.mkdir()
    (folder / "project").mkdir()
    project = remote_project(folder / "project")
    make_site(project, {"index.md": PAGE}, plugins=["search", "markdown-exec", "nnsight-guide"])
    (project.snippets / "loud.py").write_text(LOUD)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XDG_")},
        **service.environment(),
        "GUIDE_PROFILE": "remote",
        "GUIDE_MODEL": service.repo_id,
        "HOME": str(home),
        "TMPDIR": str(temporary),
    }
    del environment["NNSIGHT_CONFIG"]

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = run_process(sys.executable, "-m", *arguments, cwd=project.root, env=environment)
        (folder / f"{name}.out").write_text(done.stdout)
        (folder / f"{name}.err").write_text(done.stderr)
        return done

    built = run("build", "mkdocs", "build", "--strict")
    assert built.returncode == 0, built.stderr
    assert run("status", "nnsight_guide", "status", "--json").returncode == 0
    (project.snippets / "fails.py").write_text(FAILS_LOUDLY)
    for name, arguments in {
        "broken build": ("mkdocs", "build"),
        "broken run": ("nnsight_guide", "run", "fails"),
    }.items():
        done = run(name, *arguments)
        assert done.returncode != 0
        assert "cell 'failure': ValueError: no answer to [API key]" in done.stderr
    return folder


def test_nothing_that_a_remote_build_writes_or_says_holds_the_key(build, service):
    files = [path for path in build.rglob("*") if path.is_file()]
    assert {"index.html", "search_index.json", "loud.ipynb", "build.err"} <= {p.name for p in files}
    for path in files:
        assert service.key.encode() not in path.read_bytes(), path


def test_where_the_key_was_the_page_says_so(build):
    page = (build / "project" / "site" / "index.html").read_text()
    assert "no answer to [API key]" in page
    assert "quoted: [API key]" in page
    assert "6342" in page


def test_the_users_own_config_is_neither_read_nor_changed(build):
    home = build / "home"
    assert (home / ".config" / "nnsight" / "config.yaml").read_text() == USERS_CONFIG
    recorded = (build / "project" / ".cache").rglob("*.ipynb")
    texts = [path.read_text() for path in recorded]
    assert len(texts) == 4
    for text in texts:
        assert OTHERS_KEY not in text
        assert "[remote] payload" not in text, "DEBUG, which only the user's config sets, is on"


def test_temporary_files_are_gone(build):
    assert not list(Path(build / "tmp").glob("nnsight-guide-*"))
