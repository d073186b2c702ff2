"""The key of a recording: all that its outputs depend on."""

import dataclasses

import pytest

from nnsight_guide.base import libraries
from nnsight_guide.base.errors import GuideError
from nnsight_guide.recording import keys, recordings
from nnsight_guide.recording.readings import content_hash


@pytest.fixture
def key(project, profile):
    """The key of the snippet `first`, as it is now."""
    return lambda profile=profile: keys.digest(recordings.key_parts(project, "first", profile))


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


def test_a_clone_whose_lines_end_as_on_windows_has_the_same_key(key, project):
    before = key()
    for path in (*project.snippets.glob("*.py"), project.lock_file):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert key() == before


def test_what_is_no_text_counts_byte_for_byte():
    assert content_hash(b"\0a\r\nb") != content_hash(b"\0a\nb")
    assert content_hash(b"a\r\nb") == content_hash(b"a\nb")


def test_a_change_to_another_snippet_does_not_change_the_key(key, project):
    before = key()
    (project.snippets / "second.py").write_text("# %% other\nx = 1\n")
    assert key() == before


@pytest.mark.parametrize("part", ["name", "model_id", "fingerprint"])
def test_another_model_changes_the_key(key, profile, part):
    assert key(dataclasses.replace(profile, **{part: "another"})) != key()


@pytest.mark.parametrize("library", libraries.LIBRARIES)
def test_another_version_of_a_library_changes_the_key(key, monkeypatch, library, tmp_path):
    before = key()
    metadata = tmp_path / f"{library}-0.0.1.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert key() != before


def test_a_library_that_is_missing_is_named_with_the_remedy(key, monkeypatch):
    monkeypatch.setattr(libraries, "LIBRARIES", ("torch", "nosight"))
    with pytest.raises(GuideError, match="nosight is not installed: run `make install`"):
        key()


def test_changes_name_what_differs():
    assert keys.changed_parts({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b", "c"]
    assert keys.changed_parts({"a": "1"}, {}) == ["a"]
