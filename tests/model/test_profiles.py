"""Which model runs, and what it takes."""

import re

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.model import profiles


def test_without_a_word_the_demo_model_runs():
    profile = profiles.current({})
    assert (profile.name, profile.model_id) == ("demo", "nnsight-guide/gptj-demo")
    assert profile.environment["HF_HUB_OFFLINE"] == "1"


def test_a_misspelt_profile_is_refused_with_the_nearest_name():
    with pytest.raises(GuideError, match="no profile 'locla': did you mean 'local'"):
        profiles.current({"GUIDE_PROFILE": "locla"})


def test_remote_without_a_key_is_refused_with_the_remedy():
    with pytest.raises(GuideError, match="set NDIF_API_KEY"):
        profiles.current({"GUIDE_PROFILE": "remote"})


def test_remote_runs_gpt_j_or_the_model_that_is_named():
    environ = {"GUIDE_PROFILE": "remote", "NDIF_API_KEY": "a-key", "NDIF_HOST": "anywhere"}
    assert profiles.current(environ).model_id == "EleutherAI/gpt-j-6b"
    profile = profiles.current({**environ, "GUIDE_MODEL": "some/model"})
    assert (profile.model_id, profile.fingerprint) == ("some/model", "ndif:some/model@main")
    assert profile.environment == {"GUIDE_MODEL": "some/model", "GUIDE_REMOTE": "1"}


def test_only_the_remote_profile_hands_on_the_key(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    local = {"GUIDE_PROFILE": "local", "GUIDE_MODEL": str(tmp_path)}
    for environ in ({}, local):
        environ["NDIF_API_KEY"] = "a-key"
        assert profiles.current(environ).environment["NDIF_API_KEY"] == ""


def test_local_runs_the_checkpoint_in_a_folder_and_calls_it_by_the_folders_name(tmp_path):
    folder = tmp_path / "my-gptj"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    profile = profiles.current({"GUIDE_PROFILE": "local", "GUIDE_MODEL": str(folder)})
    assert (profile.model_id, profile.folder, profile.is_random) == ("my-gptj", folder, False)
    assert profile.environment["GUIDE_MODEL"] == str(folder)
    assert profile.environment["GUIDE_REMOTE"] == ""


def test_local_without_weights_is_refused_with_the_remedy():
    with pytest.raises(GuideError, match="hf download nobody/nothing"):
        profiles.current({"GUIDE_PROFILE": "local", "GUIDE_MODEL": "nobody/nothing"})


@pytest.mark.parametrize("name", ["/nowhere", "./gptj", "~/gptj", "C:\\gptj", "gpt j", "a/b/c"])
def test_what_can_be_no_name_on_the_hub_is_a_folder_without_a_model(name):
    with pytest.raises(GuideError, match=f"GUIDE_MODEL: {re.escape(name)} is neither a folder"):
        profiles.current({"GUIDE_PROFILE": "local", "GUIDE_MODEL": name})


def test_the_fingerprint_is_of_the_files_not_of_their_folder(tmp_path):
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.safetensors").write_bytes(b"weights")
    here, there = (profiles.fingerprint(tmp_path / folder) for folder in ("here", "there"))
    assert here == there


def test_one_changed_byte_changes_the_fingerprint(tmp_path, monkeypatch):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    before = profiles.fingerprint(tmp_path)
    weights.write_bytes(b"wEights")
    assert profiles.fingerprint(tmp_path) != before


def test_of_a_very_large_file_size_time_and_ends_count(tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "WHOLE_FILE_BYTES", 10)
    monkeypatch.setattr(profiles, "END_BYTES", 4)
    weights = tmp_path / "model.safetensors"
    seen = set()
    for content in (b"0123456789ABCDEF", b"x123456789ABCDEF", b"0123456789ABCDEx", b"0" * 17):
        weights.write_bytes(content)
        seen.add(profiles.fingerprint(tmp_path))
    assert len(seen) == 4
