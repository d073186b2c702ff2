"""Which project modules a snippet imports."""

import pytest

from nnsight_guide.base.errors import GuideError
from nnsight_guide.recording.imports import project_imports

# Where a module may be named that is not at the start of a line.
WITHIN = {
    "class": "class A:\n    def f(self):\n        from snippets import tools",
    "with": "with a:\n    from snippets import tools",
    "if": "if a:\n    pass\nelif b:\n    pass\nelse:\n    import snippets.tools",
    "one_line": "if a: import snippets.tools",
    "try": "try:\n    pass\nfinally:\n    import snippets.tools",
    "except": "try:\n    import b\nexcept ImportError:\n    import snippets.tools",
    "loop": "for a in b:\n    pass\nelse:\n    import snippets.tools",
    "case": "match a:\n    case 1:\n        import snippets.tools",
    "second": "import json, snippets.tools",
    "lines": "from snippets import (\n    tools,\n)",
    "cause": "import snippets\nraise ValueError from snippets.tools.Wrong",
    "generator": "import snippets\ndef f():\n    yield from snippets.tools.all()",
    "generator_lines": "def f():\n    x = (yield\nfrom snippets.tools.all())",
    "space": "import snippets\nsnippets . tools.check()",
    "letters": "import snippets\n\uff53nippets.tools.check()",
    "text": "f'{snippets.tools.check()}'",
}


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
        **{f"snippets/within_{name}.py": text for name, text in WITHIN.items()},
        "snippets/ping.py": "import snippets.pong",
        "snippets/pong.py": "import snippets.ping",
        "snippets/broken.py": "from snippets.model import (",
        "snippets/attribute.py": "import snippets\nsnippets.tools.check",
        "snippets/beside.py": "from snippets.lib.a import x",
        "snippets/all_of_it.py": "from snippets.lib import *",
        "snippets/lib/__init__.py": "",
        "snippets/lib/a.py": "from .b import x",
        "snippets/lib/b.py": "from . import c",
        "snippets/lib/c.py": "from ..more import d",
        "snippets/more/__init__.py": "from .. import lonely",
        "snippets/more/d.py": "from ...... import far_too_high",
        "snippets/call.py": "import importlib\nimportlib.import_module('snippets.lib.c')",
        "snippets/call_by_name.py": "from importlib import import_module as i\ni('snippets.tools')",
        "snippets/lib/call_from.py": "import_module('.more.d', 'snippets')",
        "snippets/lib/call_here.py": "import_module('.b', __package__)",
        "snippets/built_in.py": "__import__('snippets.tools')",
        "snippets/any.py": "import_module(f'snippets.{name}')",
        "snippets/root.py": "import tools_of_mine",
        "tools_of_mine.py": "",
        "snippets/declares.py": "READS = ['data', 'snippets/ruff.toml']",
        "snippets/user.py": "import snippets.declares",
        "snippets/ruff.toml": "",
        "data/a.safetensors": "",
        "data/more/b.safetensors": "",
        "src/nnsight_guide/__init__.py": "",
        "src/nnsight_guide/checks/__init__.py": "import torch",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
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


@pytest.mark.parametrize("place", WITHIN)
def test_a_module_counts_wherever_it_is_named(tree, place):
    assert "snippets/tools.py" in names(tree, f"within_{place}")


def test_a_circle_of_imports_ends(tree):
    assert names(tree, "ping") == ["snippets/__init__.py", "snippets/pong.py"]


@pytest.mark.parametrize(
    ("snippet", "imported"),
    [
        ("attribute", "snippets/tools.py"),
        ("beside", "snippets/lib/a.py"),
        ("beside", "snippets/lib/b.py"),
        ("beside", "snippets/lib/c.py"),
        ("beside", "snippets/more/d.py"),
        ("beside", "snippets/lonely.py"),
        ("all_of_it", "snippets/lib/call_here.py"),
        ("call", "snippets/lib/c.py"),
        ("call_by_name", "snippets/tools.py"),
        ("lib/call_from", "snippets/more/d.py"),
        ("lib/call_here", "snippets/lib/b.py"),
        ("built_in", "snippets/tools.py"),
        ("any", "snippets/lib/b.py"),
        ("root", "tools_of_mine.py"),
    ],
)
def test_every_way_to_import_counts(tree, snippet, imported):
    assert imported in names(tree, snippet)


def test_files_that_a_module_declares_count_for_whoever_imports_it(tree):
    declared = ["data/a.safetensors", "data/more/b.safetensors", "snippets/ruff.toml"]
    assert names(tree, "declares") == declared
    assert {*declared} < {*names(tree, "user")}


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ("READS = ['dato']", "names 'dato', and there is no such file"),
        ("READS: list[str] = ['dato']", "names 'dato', and there is no such file"),
        ("READS = 'data'", ""),
        ("READS = [f'{data}']", "is a list of paths in quotes"),
        ("READS = paths()", "is a list of paths in quotes"),
    ],
)
def test_a_declaration_that_is_none_is_refused_with_its_file(tree, declaration, said):
    (tree / "snippets/declares.py").write_text(declaration)
    if said:
        with pytest.raises(GuideError, match=f"snippets/declares.py: READS {said}"):
            names(tree, "user")
    else:
        assert "data/a.safetensors" in names(tree, "user")


def test_a_file_that_is_no_python_imports_nothing(tree):
    assert names(tree, "broken") == []
