"""The files in the package: small, and checked before they are used."""

import shutil

import pytest

from nnsight_guide.demo_model import shipped
from nnsight_guide.demo_model.checkpoint import checkpoint


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name in (*shipped.NAMES, "SHA256SUMS"):
        shutil.copy(shipped.FOLDER / name, tmp_path)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    return tmp_path


def test_they_take_two_and_a_half_megabytes_at_most():
    size = sum((shipped.FOLDER / name).stat().st_size for name in shipped.NAMES)
    print(f"shipped: {size:,} bytes")
    assert size <= 2_500_000


def test_their_source_and_licence_are_named():
    notice = (shipped.FOLDER / "NOTICE").read_text()
    assert shipped.MERGES in notice
    assert "MIT" in notice


def test_sound_files_are_accepted_wherever_they_are(package, tmp_path):
    assert checkpoint(tmp_path / "cache").is_dir()


@pytest.mark.parametrize("name", [*shipped.NAMES, "SHA256SUMS"])
def test_a_damaged_file_is_named_with_its_remedy_in_one_line(package, tmp_path, name, damage):
    damage(package / name)
    with pytest.raises(shipped.ShippedFileError) as caught:
        checkpoint(tmp_path / "cache")

    message = str(caught.value)
    assert str(package) in message
    assert ("damaged" if (package / name).exists() else "missing") in message
    assert "git restore" in message
    assert "reinstall" in message
    assert "\n" not in message
    assert not (tmp_path / "cache").exists()
