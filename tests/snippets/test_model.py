"""The set-up: which model it loads."""

import runpy

import nnsight
import pytest

from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("named", "loaded"),
    [(None, "EleutherAI/gpt-j-6b"), ("", "EleutherAI/gpt-j-6b"), ("some/model", "some/model")],
)
def test_an_empty_name_is_none(monkeypatch, named, loaded):
    asked = []
    monkeypatch.setattr(nnsight, "TransformersModel", lambda name, **_: asked.append(name))
    monkeypatch.setenv("GUIDE_MODEL", named or "")
    if named is None:
        monkeypatch.delenv("GUIDE_MODEL")
    runpy.run_path(str(ROOT / "snippets" / "model.py"))
    assert asked == [loaded]


def test_nothing_else_that_is_copied_takes_an_empty_name_for_one():
    reading = [
        line
        for path in (ROOT / "snippets").rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if "GUIDE_MODEL" in line and "environ" in line
    ]
    assert len(reading) > 3
    assert all('os.environ.get("GUIDE_MODEL") or ' in line for line in reading)
