"""A preview takes the same configuration apart once, and reads in it what it says today."""

import importlib
import io
import re
from importlib.metadata import entry_points

import pytest
import yaml
from mkdocs.config import defaults, load_config
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils import get_themes
from mkdocs.utils.yaml import get_yaml_loader
from mkdocstrings import BaseHandler

from nnsight_guide.site import config_memory

CONFIG = """\
site_name: !ENV [SITE_NAME_OF_TEST, A guide]
plugins: []
extra:
  x: &x {a: 1, c: 3}
  y:
    <<: *x
    c: 4
  b: [2, {d: !ENV HOME_OF_TEST}]
markdown_extensions:
  - toc:
      slugify: !!python/name:keyword.iskeyword
  - pymdownx.snippets:
      base_path: !relative $config_dir
"""


@pytest.fixture
def parsed(monkeypatch):
    """The texts that PyYAML has taken apart, once MkDocs remembers them."""
    compose, texts = yaml.Loader.get_single_node, []

    def counted(loader):
        node = compose(loader)
        texts.append(loader._text)
        return node

    monkeypatch.setattr(defaults, "get_yaml_loader", get_yaml_loader)
    monkeypatch.setattr(yaml.Loader, "get_single_node", counted)
    config_memory._take_apart_once()
    return texts


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME_OF_TEST", "at home")
    (tmp_path / "docs").mkdir()
    path = tmp_path / "mkdocs.yml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def asked(monkeypatch):
    """What packages are asked for, once libraries remember the answers."""
    questions = []

    def counted(**question):
        questions.append(question)
        return entry_points(**question)

    for name in config_memory.ASK_PACKAGES:
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "entry_points", module.entry_points)
    monkeypatch.setattr(config_memory, "entry_points", counted)
    config_memory._ask_packages_once()
    return questions


def said(file) -> dict:
    config = load_config(str(file))
    parts = ("site_name", "extra", "markdown_extensions", "mdx_configs")
    return {part: re.sub(r" at 0x\w+", "", repr(config[part])) for part in parts}


def test_the_same_text_is_taken_apart_once_and_says_the_same(parsed, file):
    first = said(file)
    assert said(file) == said(file) == first
    assert "'y': {'a': 1, 'c': 4}" in first["extra"]
    assert len(parsed) == 1


def test_a_path_is_relative_to_the_configuration_that_is_read(parsed, file):
    load_config(str(file))
    config = load_config(str(file))
    path = config.mdx_configs["pymdownx.snippets"]["base_path"]
    assert path.config is config


def test_what_a_plugin_changes_in_it_is_as_the_file_says_the_next_time(parsed, file):
    load_config(str(file)).extra["b"].append("a plugin's")
    assert "a plugin's" not in said(file)["extra"]


def test_an_edit_is_read(parsed, file):
    said(file)
    file.write_text(CONFIG.replace("a: 1", "a: 5"))
    assert "'y': {'a': 5, 'c': 4}" in said(file)["extra"]


def test_an_environment_variable_is_read_each_time(parsed, file, monkeypatch):
    assert said(file)["site_name"] == "'A guide'"
    monkeypatch.setenv("SITE_NAME_OF_TEST", "Another")
    assert said(file)["site_name"] == "'Another'"


def test_a_file_that_is_inherited_from_is_read_too(parsed, file, tmp_path):
    (tmp_path / "base.yml").write_text("site_description: one\n")
    file.write_text(f"INHERIT: base.yml\n{CONFIG}")
    assert load_config(str(file)).site_description == "one"
    (tmp_path / "base.yml").write_text("site_description: two\n")
    assert load_config(str(file)).site_description == "two"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("site_name: [", "expected the node content"),
        ("site_name: !unknown a", "'!unknown'"),
        ("\tsite_name: a", "cannot start any token"),
        ("site_name: a\x01", "special characters are not allowed"),
    ],
)
def test_what_is_wrong_is_said_each_time_with_its_file(parsed, file, wrong, words):
    file.write_text(f"{wrong}\n")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=re.escape(words)) as said_of_it:
            load_config(str(file))
        assert str(file) in str(said_of_it.value)


@pytest.mark.parametrize("kind", [io.BytesIO, io.StringIO])
def test_a_configuration_that_is_no_file_on_disk_is_read_and_its_errors_are_told(parsed, kind):
    def read(text: str) -> defaults.MkDocsConfig:
        config = defaults.MkDocsConfig()
        config.load_file(kind(text if kind is io.StringIO else text.encode()))
        return config

    assert read("site_name: A").site_name == read("site_name: A").site_name == "A"
    with pytest.raises(ConfigurationError, match='"<file>", line 1'):
        read("site_name: [")


def test_no_more_texts_are_kept_than_there_may_be_files(parsed, file):
    for number in range(2 * config_memory.MOST):
        file.write_text(f"{CONFIG}# {number}\n")
        said(file)
    said(file)
    assert len(parsed) == 2 * config_memory.MOST
    assert len(set(parsed)) == len(parsed)


def test_packages_are_asked_once_for_themes_and_for_templates_of_mkdocstrings(asked):
    for _ in range(2):
        get_themes.cache_clear()  # as MkDocs does for each configuration
        assert "material" in get_themes()
        BaseHandler.get_extended_templates_dirs(BaseHandler, "python")
    assert asked == [{"group": "mkdocs.themes"}, {"group": "mkdocstrings.python.templates"}]
