"""What pages need whatever stands on them is there when the kernel is done."""

import threading
from pathlib import Path

import pytest
from jinja2 import Environment
from mkdocs.config import load_config

from nnsight_guide.demo_model.packed import packed
from nnsight_guide.run.plan import Plan
from nnsight_guide.site.beforehand import made_ready
from nnsight_guide.site.scripts import LOADER
from nnsight_guide.site.template_memory import TemplateMemory
from tests.support.sites import MATERIAL, make_site

BROKEN = "{% extends 'base.html' %}{% block content %}"


@pytest.fixture
def config(project):
    """The configuration of a small site, whose theme has a folder of its own."""
    (project.root / "overrides").mkdir()
    make_site(project, {"index.md": "# Home\n"}, theme={**MATERIAL, "custom_dir": "overrides"})
    return load_config(str(project.root / "mkdocs.yml"))


@pytest.fixture
def plan(project, profile):
    """What is to run of a project that has never been built: all of it."""
    return Plan(project, profile)


@pytest.fixture
def compiled(monkeypatch):
    """The names of the templates that are compiled from now on."""
    names = []
    compile_one = Environment.compile

    def compile_and_tell(self, source, name=None, *arguments, **named):
        names.append(name)
        return compile_one(self, source, name, *arguments, **named)

    monkeypatch.setattr(Environment, "compile", compile_and_tell)
    return names


def environment_of(config, templates):
    environment = config.theme.get_env()
    templates.reuse(environment)
    return environment


def test_a_build_compiles_no_template_again_that_was_compiled_beside_the_kernel(
    config, plan, compiled
):
    templates = TemplateMemory()
    with made_ready(config, templates, plan):
        pass
    assert {"main.html", "base.html", "404.html", "partials/header.html"} <= {*compiled}
    assert len(compiled) == len({*compiled}) > 30
    ready = [*compiled]
    environment = environment_of(config, templates)
    for name in ready:
        environment.get_template(name)
    assert compiled == ready


def test_a_template_that_was_edited_meanwhile_is_compiled_again(config, plan, compiled):
    main = Path(config.theme.custom_dir) / "main.html"
    main.write_text("{% extends 'base.html' %}")
    templates = TemplateMemory()
    with made_ready(config, templates, plan):
        pass
    main.write_text("new")
    compiled.clear()
    assert environment_of(config, templates).get_template("main.html").render() == "new"
    assert compiled == ["main.html"]


@pytest.mark.parametrize(
    ("source", "change", "filled"),
    [
        ("{% if 1 %}\na{% endif %}", {"trim_blocks": True}, "a"),
        ("<<'a'>>", {"variable_start_string": "<<", "variable_end_string": ">>"}, "a"),
        ("{{ '<' }}", {"autoescape": True}, "&lt;"),
        ("{{ 1 }}", {"finalize": lambda value: f"{value}!"}, "1!"),
        ("{{ 'a' | upper }}", {"filters": {"upper": lambda word: "ours"}}, "ours"),
        ("{{ 'a' | own }}", {"filters": {"own": lambda word: "ours"}}, "ours"),
        ("{{ 1 is odd }}", {"tests": {"odd": lambda number: "ours"}}, "ours"),
    ],
)
def test_what_a_hook_changes_of_the_environment_counts(config, plan, source, change, filled):
    (Path(config.theme.custom_dir) / "main.html").write_text(source)
    templates = TemplateMemory()
    with made_ready(config, templates, plan):
        pass
    environment = environment_of(config, templates)  # a hook comes after this, or before
    for name, value in change.items():
        known = getattr(environment, name)
        setattr(environment, name, {**known, **value} if isinstance(value, dict) else value)
    assert environment.get_template("main.html").render() == filled


def test_the_model_for_the_pages_is_packed_meanwhile_and_once(config, plan):
    packed.cache_clear()
    with made_ready(config, TemplateMemory(), plan):
        pass
    assert packed.cache_info().currsize == 0  # no page of this site has a figure that would run it
    loader = Path(config.docs_dir) / LOADER
    loader.parent.mkdir(parents=True)
    loader.touch()
    with made_ready(config, TemplateMemory(), plan):
        pass
    assert packed.cache_info().currsize == 1


def test_a_template_that_is_broken_is_left_to_the_build_to_tell(config, plan):
    (Path(config.theme.custom_dir) / "main.html").write_text(BROKEN)
    with made_ready(config, TemplateMemory(), plan):
        pass


def test_without_anything_to_run_or_once_templates_are_there_nothing_is_done(
    config, project, profile, plan, compiled
):
    nothing = Plan(project, profile, names=[])
    before = threading.active_count()
    templates = TemplateMemory()
    with made_ready(config, templates, nothing):
        assert threading.active_count() == before
    environment_of(config, templates).get_template("404.html")
    compiled.clear()
    with made_ready(config, templates, plan):
        assert threading.active_count() == before
    assert compiled == []
