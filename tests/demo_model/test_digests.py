"""Digests of files: each is read once, and again when it has changed, however soon."""

import hashlib

import pytest

from nnsight_guide.demo_model import digests


@pytest.fixture
def n_read(monkeypatch):
    """How often a file has been read through."""
    read = []
    through = hashlib.file_digest

    def counted(stream, name):
        read.append(stream.name)
        return through(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    return lambda: len(read)


def right(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_is_read_once(tmp_path, monkeypatch, n_read):
    monkeypatch.setattr(digests, "COARSEST_CLOCK", 0)  # else it would have to be two seconds old
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    assert digests.file_digest(file) == digests.file_digest(file) == right(b"one")
    assert n_read() == 1


def test_a_file_of_another_size_or_time_is_read_again(tmp_path, monkeypatch, n_read):
    monkeypatch.setattr(digests, "COARSEST_CLOCK", 0)
    file = tmp_path / "weights"
    for content in (b"one", b"three"):
        file.write_bytes(content)
        assert digests.file_digest(file) == right(content)
    assert n_read() == 2


def test_a_file_that_was_written_just_now_is_read_each_time(tmp_path):
    file = tmp_path / "weights"
    for content in (b"one", b"two", b"six") * 100:  # faster than its times can tell
        file.write_bytes(content)
        assert digests.file_digest(file) == right(content)


def test_a_file_in_the_place_of_another_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "COARSEST_CLOCK", 0)
    file, other = tmp_path / "weights", tmp_path / "other"
    file.write_bytes(b"one")
    digests.file_digest(file)
    other.write_bytes(b"two")
    other.replace(file)
    assert digests.file_digest(file) == right(b"two")
