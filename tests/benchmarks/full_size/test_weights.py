"""The checkpoint of random weights, with a GPT-J of the same kind that is small."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open

from benchmarks.full_size import weights
from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles, random_weights
from nnsight_guide.run.real_model import record_real_model


def local(folder):
    return profiles.current({"GUIDE_PROFILE": "local", "GUIDE_MODEL": str(folder)})


def copied(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_the_default_config_is_that_of_gpt_j():
    config = weights.gpt_j_config()
    sizes = (config.n_layer, config.n_head, config.n_embd, config.rotary_dim, config.vocab_size)
    assert sizes == (28, 16, 4096, 64, 50_400)
    shapes = weights.shapes_of(config).values()
    assert sum(shape.numel() for shape in shapes) == random_weights.GPT_J_PARAMETERS


def test_each_layer_is_a_shard_and_the_index_names_every_weight(written, config):
    index = json.loads((written / weights.INDEX).read_text())
    shapes = weights.shapes_of(config)
    assert index["weight_map"].keys() == shapes.keys()
    shards = sorted(written.glob("*.safetensors"))
    assert len(shards) == config.n_layer + 1
    found = {}
    for shard in shards:
        with safe_open(shard, "pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no dictionary
                assert index["weight_map"][name] == shard.name
                found[name] = file.get_tensor(name)
    assert {name: tensor.shape for name, tensor in found.items()} == shapes
    assert {str(tensor.dtype) for tensor in found.values()} == {"torch.bfloat16"}
    n_bytes = sum(tensor.nbytes for tensor in found.values())
    assert index["metadata"]["total_size"] == n_bytes


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(written, config, tmp_path):
    for folder, seed in (("same", weights.SEED), ("other", 1)):
        weights.write(tmp_path / folder, config, seed)
    shard = min(written.glob("*.safetensors")).name
    assert (tmp_path / "same" / shard).read_bytes() == (written / shard).read_bytes()
    assert (tmp_path / "other" / shard).read_bytes() != (written / shard).read_bytes()


def test_a_complete_checkpoint_is_taken_as_it_is(written, config):
    before = {path: path.stat().st_mtime_ns for path in written.iterdir()}
    assert not weights.write(written, config)
    assert {path: path.stat().st_mtime_ns for path in written.iterdir()} == before


def test_a_folder_that_holds_something_else_is_left_alone(written, config, tmp_path):
    damaged = copied(written, tmp_path)
    with max(damaged.glob("*.safetensors")).open("ab") as shard:
        shard.write(b"0")
    with pytest.raises(GuideError, match="holds something else: name a folder that is new"):
        weights.write(damaged, config)


def test_too_little_space_or_memory_is_said_before_anything_is_written(
    config, tmp_path, monkeypatch
):
    with pytest.raises(GuideError, match=r"take [\d,.]+ GB, and [\d.]+ GB are free in "):
        weights.check_room(tmp_path / "new" / "folder", 10**18)
    monkeypatch.setattr(weights, "free_bytes", lambda: 10**9)
    monkeypatch.setattr(weights, "free_bytes_of_gpus", lambda: 0)
    with pytest.raises(GuideError, match=r"needs 2\.\d GB of free memory, and 1\.0 GB are free"):
        weights.write(tmp_path / "new", config)
    assert not (tmp_path / "new").exists()


def test_random_weights_are_known_by_their_fingerprint_whatever_the_folder(written, tmp_path):
    copy = copied(written, tmp_path)
    for folder in (written, copy):
        profile = local(folder)
        assert profile.is_random
        assert profile.model_id.startswith("random weights (")
    note = json.loads((written / random_weights.NOTE).read_text())
    assert note["fingerprint"] == profile.fingerprint


def test_other_weights_in_the_same_folder_are_not_taken_for_random(written, tmp_path):
    copy = copied(written, tmp_path)
    shard = min(copy.glob("*.safetensors"))
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    profile = local(copy)
    assert (profile.model_id, profile.is_random) == ("copy", False)


def test_only_the_number_of_gpt_j_is_called_its_size(tmp_path):
    random_weights.write_note(tmp_path, "f", random_weights.GPT_J_PARAMETERS, 0)
    assert random_weights.name_of(tmp_path, "f") == "random weights of GPT-J's size"
    assert random_weights.name_of(tmp_path, "another") == ""
    random_weights.write_note(tmp_path, "f", 1_234, 0)
    assert random_weights.name_of(tmp_path, "f") == "random weights (1,234 parameters)"


def test_random_weights_are_never_recorded_as_the_real_model(written, root):
    with pytest.raises(GuideError, match=r"the real model, and GUIDE_MODEL names random weights"):
        record_real_model(Project(root), local(written))
