"""The preview: where it is served, and what an author sees while a build is broken."""

import contextlib
import logging
import shutil
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import Abort, ConfigurationError
from mkdocs.livereload import LiveReloadServer

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import HOST
from nnsight_guide.site import preview
from nnsight_guide.site.page_memory import PageMemory
from nnsight_guide.site.preview import (
    Preview,
    look_often,
    port_number,
    require_free,
)

LOG = logging.getLogger("mkdocs.commands.build")
LINE = "docs/a.md, line 3: there is no snippet '<frist>'"


@pytest.fixture
def taken():
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_said_with_one_that_is_free(taken):
    with pytest.raises(GuideError) as refused:
        require_free(HOST, taken)
    line, _, command = str(refused.value).partition(": take another port with ")
    assert line == f"cannot serve on 127.0.0.1:{taken} (Address already in use)"
    found = int(command.removeprefix("`make serve PORT=").removesuffix("`"))
    require_free(HOST, found)


def test_a_port_is_free_again_as_soon_as_its_server_has_ended(taken):
    with socket.create_connection((HOST, taken)):
        pass
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((HOST, port)), listener.accept()[0]:
            pass
    require_free(HOST, port)


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80a", "8e3", "٨٠٠٠", "8000\n"])
def test_what_is_no_port_is_said(text):
    with pytest.raises(GuideError, match=r"set it to a number from 1 to 65535, such as 8001"):
        port_number(text)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """MkDocs' server, which watches a file and a folder, as in a real preview."""
    monkeypatch.setattr(preview, "SECONDS_BETWEEN_LOOKS", 0.02)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("one")
    (tmp_path / "mkdocs.yml").write_text("one")
    docs, file = str(tmp_path / "docs"), str(tmp_path / "mkdocs.yml")
    server = LiveReloadServer(lambda: server.work(), HOST, 0, str(tmp_path))
    server.work = lambda: None
    for path in (docs, file):
        server.watch(path)
    look_often(server, SimpleNamespace(docs_dir=docs, config_file_path=file, watch=[]))
    server.observer.start()
    yield server
    server.observer.stop()
    server.observer.join()
    server.server_close()


@pytest.fixture
def sees(server):
    """Asks whether MkDocs sees an edit."""

    def sees(edit):
        time.sleep(0.2)  # until all that came before is seen
        server._want_rebuild = False
        edit()
        end = time.monotonic() + 5
        while not server._want_rebuild and time.monotonic() < end:
            time.sleep(0.02)
        return server._want_rebuild

    return sees


def test_an_edit_is_seen(tmp_path, sees):
    assert sees(lambda: (tmp_path / "docs" / "a.md").write_text("two, and more"))
    assert sees(lambda: (tmp_path / "docs" / "new.md").write_text("new"))
    assert sees(lambda: (tmp_path / "mkdocs.yml").write_text("two, and more"))


@pytest.mark.parametrize("error", [None, ValueError, SystemExit])
def test_nobody_looks_while_a_build_goes_on_and_an_edit_meanwhile_is_seen_then(
    tmp_path, server, sees, error
):
    def edit_and_wait():
        (tmp_path / "docs" / "a.md").write_text("two, and more")
        time.sleep(0.3)
        seen.append(server._want_rebuild)
        if error:
            raise error

    def build():
        with contextlib.suppress(ValueError, SystemExit):
            server.builder()

    seen = []
    server.work = edit_and_wait
    assert sees(build)
    assert seen == [False]


def test_many_edits_at_once_are_one_build(tmp_path, server):
    builds = []
    server.builder = lambda: builds.append(time.monotonic())
    building = threading.Thread(target=server._build_loop)
    building.start()
    (tmp_path / "chapters").mkdir()
    for number in range(200):
        (tmp_path / "chapters" / f"{number}.md").touch()
    shutil.move(tmp_path / "chapters", tmp_path / "docs" / "chapters")
    end = time.monotonic() + 30
    while not builds and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.5)
    with server._rebuild_cond:
        server._shutdown = True
        server._rebuild_cond.notify_all()
    building.join()
    assert len(builds) == 1, "not one for each file"


def test_what_is_watched_may_be_away_for_a_moment(tmp_path, sees):
    file, docs = tmp_path / "mkdocs.yml", tmp_path / "docs"
    file.unlink()
    shutil.move(docs, tmp_path / "elsewhere")
    time.sleep(0.2)
    assert sees(lambda: file.write_text("back again"))
    assert sees(lambda: shutil.move(tmp_path / "elsewhere", docs) and (docs / "b.md").touch())
    assert sees(lambda: (docs / "a.md").write_text("edited after that"))
    assert sees(lambda: file.write_text("edited after that, too"))


class Server(SimpleNamespace):
    """What MkDocs' server is to a preview."""

    def _inject_js_into_html(self, html, epoch):
        return html + b"<script>reload()</script>"


@pytest.fixture
def built(tmp_path):
    """A preview whose first build went well, and how to build again."""
    shown = Preview(PageMemory())
    shown.folder(str(tmp_path))
    server = Server(builder=lambda work: work(), root=str(tmp_path), error_handler=None)
    shown.attach(server)

    def build(work=lambda: None):
        folder = shown.folder(str(tmp_path))
        server.builder(work)
        return folder

    yield SimpleNamespace(server=server, build=build, preview=shown)
    shown.close()


def page(server):
    return server._inject_js_into_html(b"<p>Hello</p>", 1).decode()


def broken(error, *lines, level=logging.ERROR):
    def work():
        for line in lines:
            LOG.log(level, line)
        raise error

    return work


def test_a_build_that_breaks_takes_nothing_away_and_every_page_says_why(built, caplog):
    good = built.build()
    assert built.server.root == good
    assert built.build(broken(Abort("Aborted with a BuildError!"), LINE)) != good
    assert built.server.root == good
    assert "there is no snippet &#x27;&lt;frist&gt;&#x27;" in page(built.server)
    assert 'role="alert"' in page(built.server)
    later = built.build()
    assert built.server.root == later != good
    assert page(built.server) == "<p>Hello</p><script>reload()</script>"


def test_of_many_lines_the_first_is_shown_and_the_others_are_counted(built):
    built.build(broken(Abort("Aborted!"), "Error reading page 'a.md':", f"{LINE}\nsecond\nthird"))
    assert "(and 2 more: see the terminal)" in page(built.server)
    assert "second" not in page(built.server)


def test_a_warning_that_ends_a_strict_build_is_the_reason(built):
    reason = "Doc file 'a.md' contains a link to 'b.md'"
    built.build(broken(Abort("Aborted with 1 warnings!"), reason, level=logging.WARNING))
    assert "contains a link" in page(built.server)


@pytest.mark.parametrize(
    ("error", "story"),
    [(ConfigurationError("mkdocs.yml: no such\nthing"), ""), (ValueError("a hook"), "broken(")],
)
def test_what_nobody_has_said_yet_is_said_in_the_terminal_too(built, caplog, capsys, error, story):
    built.build(broken(error))
    line = str(error).replace("\n", " ")
    assert line in page(built.server)
    assert line in caplog.text
    assert ("Traceback" in capsys.readouterr().err) == bool(story)


def test_a_key_is_not_shown(built, monkeypatch):
    monkeypatch.setenv("NDIF_API_KEY", "a-secret-key")
    built.build(broken(Abort("Aborted!"), "no a-secret-key"))
    assert "no [API key]" in page(built.server)


def test_a_page_that_is_not_there_says_it_too(built):
    good = Path(built.build())
    good.mkdir()
    (good / "404.html").write_text("Nothing here")
    built.build(broken(Abort("Aborted!"), LINE))
    assert built.server.error_handler(404).startswith(b"Nothing here<style>")
    assert b"there is no snippet" in built.server.error_handler(404)
    assert built.server.error_handler(500) is None


def test_of_all_builds_only_the_one_that_is_served_stays_on_the_disk(built, tmp_path):
    def writes(*arguments):
        def work():
            page = Path(built.preview.folder(str(tmp_path)), "chapters", "index.html")
            page.parent.mkdir(parents=True)
            page.write_text("Hello")
            if arguments:
                raise arguments[0]

        return work

    for work in (writes(), writes(Abort("Aborted!")), writes(), writes(Abort("Aborted!"))):
        built.server.builder(work)
        assert Path(built.server.root, "chapters", "index.html").read_text() == "Hello"
    built.preview.close()
    assert [str(folder) for folder in tmp_path.iterdir()] == [built.server.root]


def test_ctrl_c_ends_the_preview_whatever_is_being_built(built):
    with pytest.raises(KeyboardInterrupt):
        built.build(broken(KeyboardInterrupt()))
