"""What the folders of this machine are called on a page, and what only looks like one of them."""

import sysconfig
import tempfile
from pathlib import Path

import pytest

from nnsight_guide.base.machine_paths import called, machine_paths

ROOT = Path("/home/somebody/guide")
NAMES = machine_paths(ROOT)
PACKAGES = sysconfig.get_path("purelib")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PACKAGES}/torch/nn.py:3", "torch/nn.py:3"),
        (f"{sysconfig.get_path('stdlib')}/argparse.py", "argparse.py"),
        (f"{ROOT}/snippets/model.py", "snippets/model.py"),
        (f"PosixPath('{ROOT}')", "PosixPath('.')"),
        (f"{Path.home()}/models", "~/models"),
        (f"{Path.home()}", "~"),
        (f"{Path.home()}, {ROOT}/a:{ROOT}/b", "~, a:b"),
        (f"file://{ROOT}/a", "file://a"),
        (f"{tempfile.gettempdir()}/x.npy", "<tmp>/x.npy"),
    ],
)
def test_a_folder_of_this_machine_is_called_what_it_is_everywhere(text, expected):
    assert called(text, NAMES) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{ROOT}s/snippets/model.py",
        f"{ROOT}-old",
        f"/mnt{ROOT}/model.py",
        f"{Path.home()}work/models",
        "/opt/site-packages/torch/nn.py:3",
        "see https://nnsight.net/docs/a and a/b or 1/2",
    ],
)
def test_what_only_looks_like_one_stays_as_it_is(text):
    assert called(text, NAMES) == text


def test_the_name_of_a_folder_within_another_is_the_nearer_one():
    names = machine_paths(ROOT) | {f"{ROOT}/.cache/model": "some/model"}
    assert called(f"{ROOT}/.cache/model/config.json", names) == "some/model/config.json"


def test_a_home_that_is_the_root_of_all_is_no_home(monkeypatch):
    monkeypatch.setenv("HOME", "/")
    assert "/" not in machine_paths(ROOT)
