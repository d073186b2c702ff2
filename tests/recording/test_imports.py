"""Which project modules a snippet imports."""

import pytest

from nnsight_guide.recording.imports import project_imports


@pytest.fixture
def tree(tmp_path):
    files = {
        "snippets/__init__.py": "",
        "snippets/model.py": "import torch",
        "snippets/tools.py": "from nnsight_guide.checks import check",
        "snippets/lonely.py": "import json",
        "snippets/direct.py": "from snippets.model import model",
        "snippets/through.py": "import snippets.tools",
        "snippets/by_name.py": "from snippets import model",
        "snippets/late.py": "def f():\n    from snippets import tools",
        "snippets/ping.py": "import snippets.pong",
        "snippets/pong.py": "import snippets.ping",
        "snippets/broken.py": "from snippets.model import (",
        "src/nnsight_guide/__init__.py": "",
        "src/nnsight_guide/checks/__init__.py": "import torch",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(tree, snippet):
    found = project_imports(tree / "snippets" / f"{snippet}.py", tree)
    return [path.relative_to(tree).as_posix() for path in found]


def test_other_libraries_do_not_count(tree):
    assert names(tree, "lonely") == []


def test_an_imported_snippet_counts_with_its_package(tree):
    assert names(tree, "direct") == ["snippets/__init__.py", "snippets/model.py"]


def test_a_module_imported_by_name_from_its_package_counts(tree):
    assert "snippets/model.py" in names(tree, "by_name")


def test_what_an_imported_module_imports_counts_too(tree):
    assert "src/nnsight_guide/checks/__init__.py" in names(tree, "through")


def test_an_import_inside_a_function_counts(tree):
    assert "snippets/tools.py" in names(tree, "late")


def test_a_circle_of_imports_ends(tree):
    assert names(tree, "ping") == ["snippets/__init__.py", "snippets/pong.py"]


def test_a_file_that_is_no_python_imports_nothing(tree):
    assert names(tree, "broken") == []
