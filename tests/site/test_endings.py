"""How a build ends: a preview that goes on, and what wants to end it told in one line."""

import logging
import os
import sys
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import Abort

from nnsight_guide.site import endings
from nnsight_guide.site.plugin import GuidePlugin


def leave():
    sys.exit()


@pytest.fixture
def rebuild():
    """Return the builder of a preview, which builds so."""

    def rebuild(build):
        server = SimpleNamespace(builder=build)
        return GuidePlugin().on_serve(server, config=None, builder=build).builder

    return rebuild


def test_what_ends_a_rebuild_is_an_error_that_the_preview_outlives(rebuild, caplog):
    with caplog.at_level(logging.ERROR, "mkdocs"), pytest.raises(Abort):
        rebuild(leave)()
    (record,) = caplog.records
    line = leave.__code__.co_firstlineno + 1
    assert f"test_endings.py, line {line}, ends the build (`sys.exit()`)" in record.getMessage()


def test_an_error_of_mkdocs_itself_is_told_as_it_is(rebuild, caplog):
    def fail():
        raise Abort("Aborted with a BuildError!")

    with pytest.raises(Abort, match="with a BuildError"):
        rebuild(fail)()
    assert not caplog.records


def test_the_process_can_be_ended_again_when_mkdocs_is_done():
    before = os._exit
    with endings._no_way_out():
        with pytest.raises(SystemExit):
            os._exit(0)
        with pytest.raises(SystemExit):
            os.execv(sys.executable, [sys.executable])
    assert os._exit is before


def test_a_copy_of_the_process_may_end():
    with endings._no_way_out():
        child = os.fork()
        if child == 0:
            os._exit(7)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


def test_the_end_of_mkdocs_itself_is_not_raised_again_before_it_has_tidied_up():
    plugin = GuidePlugin()
    plugin.rendered = None
    try:
        raise Abort("Aborted with a BuildError!")
    except Abort:
        plugin.on_shutdown()
