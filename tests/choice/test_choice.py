"""One line chooses the model."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from nnsight_guide import choice
from nnsight_guide.base.errors import GuideError


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    left = {"GUIDE_MODEL": "left/over", "GUIDE_REMOTE": "left over"}
    monkeypatch.setattr(os, "environ", {**os.environ, **left, "NDIF_API_KEY": ""})


def chosen():
    return os.environ["GUIDE_MODEL"], os.environ["GUIDE_REMOTE"]


def test_the_demo_is_the_folder_of_its_checkpoint_here(capsys):
    choice.use("demo")
    assert (Path(os.environ["GUIDE_MODEL"]) / "model.safetensors").is_file()
    assert os.environ["GUIDE_REMOTE"] == ""
    assert "demo model" in capsys.readouterr().out


def test_gpt_j_is_what_the_set_up_names_by_itself():
    choice.use("gpt-j")
    assert chosen() == ("", "")


def test_on_ndif_a_missing_key_is_told(capsys):
    choice.use("ndif")
    assert chosen() == ("", "1")
    assert "NDIF_API_KEY is not set" in capsys.readouterr().out
    os.environ["NDIF_API_KEY"] = "a-key"
    choice.use("ndif")
    assert "NDIF_API_KEY" not in capsys.readouterr().out


def test_a_misspelt_choice_changes_nothing_and_names_the_nearest():
    with pytest.raises(GuideError, match="no model 'dmeo': did you mean 'demo'"):
        choice.use("dmeo")
    assert chosen() == ("left/over", "left over")


def test_the_stand_in_is_refused_to_a_process_that_is_led_to_ndif_already(monkeypatch):
    monkeypatch.setitem(sys.modules, "nnsight", ModuleType("nnsight"))
    with pytest.raises(GuideError, match="restart, and choose first"):
        choice.use("loopback")


def test_a_process_that_is_led_to_the_stand_in_stays_there(monkeypatch, service):
    monkeypatch.setattr(choice, "_services", [service])
    choice.use("loopback")
    assert chosen() == (service.repo_id, "1")
    assert os.environ["NDIF_HOST"] == service.url
    with pytest.raises(GuideError, match="restart, and choose again"):
        choice.use("ndif")
