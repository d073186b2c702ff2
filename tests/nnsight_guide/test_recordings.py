"""The key of a recording, and how it is kept."""

from __future__ import annotations

import dataclasses

import pytest

from nnsight_guide import recordings
from nnsight_guide.errors import GuideError
from nnsight_guide.recordings import Recording


@pytest.fixture
def key(project, profile):
    """The key of the snippet `first`, as it is now."""
    return lambda profile=profile: recordings.key(recordings.key_parts(project, "first", profile))


def test_the_same_sources_give_the_same_key(key):
    assert key() == key()


@pytest.mark.parametrize(
    "name", ["snippets/first.py", "snippets/model.py", "snippets/__init__.py", "requirements.lock"]
)
def test_a_change_to_anything_that_it_depends_on_changes_the_key(key, project, name):
    before = key()
    path = project.root / name
    path.write_text(path.read_text() + "\n# changed")
    assert key() != before


def test_a_change_to_another_snippet_does_not_change_the_key(key, project):
    before = key()
    (project.snippets / "second.py").write_text("# %% other\nx = 1\n")
    assert key() == before


@pytest.mark.parametrize("part", ["name", "model_id", "fingerprint"])
def test_another_model_changes_the_key(key, profile, part):
    assert key(dataclasses.replace(profile, **{part: "another"})) != key()


@pytest.mark.parametrize("library", recordings.LIBRARIES)
def test_another_version_of_a_library_changes_the_key(key, monkeypatch, library, tmp_path):
    before = key()
    metadata = tmp_path / f"{library}-0.0.1.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert key() != before


def test_a_library_that_is_missing_is_named_with_the_remedy(key, monkeypatch):
    monkeypatch.setattr(recordings, "LIBRARIES", ("torch", "nosight"))
    with pytest.raises(GuideError, match="nosight is not installed: run `make install`"):
        key()


def test_changes_name_what_differs():
    assert recordings.changes({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b", "c"]
    assert recordings.changes({"a": "1"}, {}) == ["a"]


RECORDING = Recording(
    {
        "cells": [{"metadata": {"title": "ask"}, "source": "print(1)", "outputs": []}],
        "metadata": {"guide": {"key_parts": {"a": "1"}, "provenance": {"seconds": {"ask": 0.5}}}},
    }
)


def test_a_recording_is_read_back_as_it_was_saved(tmp_path):
    path = tmp_path / "folder" / "first.ipynb"
    recordings.save(RECORDING, path)
    assert recordings.load(path) == RECORDING
    assert [file.name for file in path.parent.iterdir()] == ["first.ipynb"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"metadata": {}}'])
def test_a_damaged_recording_is_none(tmp_path, content):
    path = tmp_path / "first.ipynb"
    path.write_bytes(content)
    assert recordings.load(path) is None


def test_a_truncated_recording_is_none(tmp_path):
    path = tmp_path / "first.ipynb"
    recordings.save(RECORDING, path)
    path.write_bytes(path.read_bytes()[:-40])
    assert recordings.load(path) is None


@pytest.mark.parametrize(("old", "new"), [("print(1)", "print(2)"), ("0.5", "0.6"), ('"a"', '"b"')])
def test_a_recording_that_was_edited_by_hand_is_none(tmp_path, old, new):
    path = tmp_path / "first.ipynb"
    recordings.save(RECORDING, path)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert recordings.load(path) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GuideError, match="cannot write"):
        recordings.save(RECORDING, tmp_path / "file" / "first.ipynb")
