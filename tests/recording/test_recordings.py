"""How a recording is kept."""

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.recording.recordings import Recording

RECORDING = Recording(
    {
        "cells": [{"metadata": {"title": "ask"}, "source": "print(1)", "outputs": []}],
        "metadata": {"guide": {"key_parts": {"a": "1"}, "provenance": {"seconds": {"ask": 0.5}}}},
    }
)


def test_a_recording_is_read_back_as_it_was_saved(tmp_path):
    path = tmp_path / "folder" / "first.ipynb"
    RECORDING.save(path)
    assert Recording.load(path) == RECORDING
    assert [file.name for file in path.parent.iterdir()] == ["first.ipynb"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"metadata": {}}'])
def test_a_damaged_recording_is_none(tmp_path, content):
    path = tmp_path / "first.ipynb"
    path.write_bytes(content)
    assert Recording.load(path) is None


def test_a_truncated_recording_is_none(tmp_path):
    path = tmp_path / "first.ipynb"
    RECORDING.save(path)
    path.write_bytes(path.read_bytes()[:-40])
    assert Recording.load(path) is None


@pytest.mark.parametrize(("old", "new"), [("print(1)", "print(2)"), ("0.5", "0.6"), ('"a"', '"b"')])
def test_a_recording_that_was_edited_by_hand_is_none(tmp_path, old, new):
    path = tmp_path / "first.ipynb"
    RECORDING.save(path)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert Recording.load(path) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GuideError, match="cannot write"):
        RECORDING.save(tmp_path / "file" / "first.ipynb")
