"""The files beside the README: each can be found from it, and says what is so."""

import re
import tomllib

import pytest
import yaml

from nnsight_guide import __version__
from nnsight_guide.base.project import HOST
from tests.support.paths import ROOT

DOCUMENTS = ("SECURITY.md", "CHANGELOG.md", "CITATION.cff", "LICENSE")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_readme_leads_to_it(name):
    assert f"]({name})" in (ROOT / "README.md").read_text()
    assert (ROOT / name).is_file()


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    released = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert {project["version"], str(citation["version"]), released[0]} == {__version__}


def test_the_citation_has_what_its_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation.keys() >= {"cff-version", "message", "title", "authors"}
    assert citation["cff-version"] == "1.2.0"
    known = {
        *("cff-version", "message", "title", "abstract", "type", "authors", "version", "license"),
        *("keywords", "references"),
    }
    assert citation.keys() <= known, "a key that the format does not know makes it invalid"
    assert citation["type"] in {"software", "dataset"}
    assert citation["license"] == "MIT"
    for cited in (citation, *citation["references"]):
        for author in cited["authors"]:
            assert author.keys() in ({"name"}, {"given-names", "family-names"})
            assert all(isinstance(part, str) and part for part in author.values())
    for cited in citation["references"]:
        assert cited.keys() >= {"type", "title", "authors"}


def test_the_changelog_begins_with_what_is_unreleased_and_goes_back_in_time():
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == "Unreleased"
    numbers = [tuple(map(int, head.split()[0].split("."))) for head in heads[1:]]
    assert numbers == sorted(numbers, reverse=True)


def test_the_security_policy_answers_each_question_and_names_what_is_there():
    text = (ROOT / "SECURITY.md").read_text()
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert heads == [
        "What a build executes",
        "What the loopback service executes",
        "How the key is handled",
        "Reporting",
    ]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets
    workflows = {path.name for path in ROOT.glob(".github/workflows/*.yml")}
    assert set(re.findall(r"`([\w-]+\.yml)`", text)) <= workflows


def test_what_it_says_of_the_loopback_service_and_of_the_key_is_what_the_code_does():
    from nnsight_guide.base import redaction
    from nnsight_guide.model import profiles

    text = (ROOT / "SECURITY.md").read_text()
    assert f"listens on {HOST} only" in text
    assert f"`{redaction.API_KEY_VARIABLE}`" in text
    assert profiles.current({}).environment[redaction.API_KEY_VARIABLE] == ""
