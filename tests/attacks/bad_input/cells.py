"""What a cell can do: fail, end, never end, show too much, change what belongs to all."""

from tests.attacks.bad_input.case import SOMETHING, Case, cell, leaving

RAISES = ' tags=["raises-exception"]'
SHOW_LESS = (
    "OutputLimit: more than the 1,000,000 characters that a cell may show: print less, or draw a "
    "smaller picture"
)
NOT_DRAWN = (
    "the site draws circuitsvis's AttentionPatterns and not {}: use "
    "circuitsvis.attention.attention_patterns, or teach nnsight_guide/html/figures.py"
)
TOO_LONG = (
    "still running after 2 s, the limit for a cell: let it do less, or set GUIDE_CELL_SECONDS to "
    "more"
)

COUNTS = """\
with open("count.txt", "r+") as file:
    count = int(file.read())
    file.seek(0)
    print(count + 1, file=file)"""


ONE_MAP = "draw one heat map, with plotly.express.imshow, or show a picture (PNG or JPEG)"
WITH_LABELS = "plotly.express.imshow(…, title=…, labels=dict(x=…, y=…, color=…))"
IMSHOW = (
    "import plotly.express as px\npx.imshow({}, title='t', labels=dict(x='x', y='y', color='c'){})"
)
NO_MAPS = (
    ("that draws lines", "import plotly.graph_objects as go\ngo.Figure(go.Scatter(y=[1, 2]))",
     f"shows a figure of plotly's (scatter): {ONE_MAP}"),
    ("that is a surface, shown by a method",
     "import plotly.graph_objects as go\ngo.Figure(go.Surface(z=[[1, 2], [3, 4]])).show()",
     f"shows a figure of plotly's (surface): {ONE_MAP}"),
    ("with two maps", "import plotly.express as px\nimport torch\n"
     "px.imshow(torch.ones(2, 2, 2), facet_col=0)",
     f"shows a figure of plotly's (heatmap, heatmap): {ONE_MAP}"),
    ("with nothing in it", "display({'application/vnd.plotly.v1+json': {}}, raw=True)",
     f"shows a figure of plotly's (empty): {ONE_MAP}"),
    ("without words", "import plotly.express as px\npx.imshow([[0, 1]], zmin=0, title='t')",
     "shows a map without labels for x and labels for y and labels for color: write "
     f"{WITH_LABELS}"),
    ("with a NaN", IMSHOW.format("[[0, float('nan')]]", ", zmin=0, zmax=1"),
     "shows a map with values that are no numbers (NaN, infinite, or none): see where they come "
     "from, or leave out their rows and columns"),
    ("whose colours begin anywhere", IMSHOW.format("[[3, 4]]", ""),
     "shows a map whose colours neither begin at 0 nor have it in the middle: write zmin=0, or "
     "color_continuous_midpoint=0"),
    ("with a name twice", IMSHOW.format("[[0, 1]]", ", zmin=0, x=['a', 'a']"),
     "shows a map that names two places along x 'a', and plotly draws one for both: number them, "
     "as in [f'{i} {token}' for i, token in enumerate(tokens)]"),
)  # fmt: skip


def no_place(shown: str, kind: str, code: str) -> Case:
    """Return the case of a cell that shows what a page cannot."""
    line = (
        f"shows {kind}, for which a page has no place: print it as text, or show a picture (PNG or "
        "JPEG)"
    )
    return cell(f"a cell that shows {shown}", code, line)


CASES = [
    cell("a cell that raises", "x = 0\nprint(1 / x)", "ZeroDivisionError: division by zero", at=2),
    Case(
        "a cell that raises in a build",
        "nnsight_guide build",
        "snippets/odd.py, line 2, cell 'odd': ZeroDivisionError: division by zero",
        {"snippets/odd.py": "# %% odd\nprint(1 / 0)\n"},
    ),
    cell(
        "a cell that exits",
        "import sys\nsys.exit(3)",
        "SystemExit: 3: a cell must not end the run",
    ),
    cell("a cell that quits", "quit()", "SystemExit: a cell must not end the run"),
    cell(
        "a cell that ends its process, and leaves another",
        "import subprocess, os\nsubprocess.Popen(['sleep', '1000'])\nos._exit(3)",
        "the kernel died (exit status 3): a cell must not end its process",
    ),
    cell(
        "a kernel that is killed",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "the kernel died (killed): was there enough memory?",
    ),
    cell(
        "a kernel that crashes",
        "import os\nos.abort()",
        "the kernel died (SIGABRT): a library has crashed it",
    ),
    cell(
        "a cell that never returns",
        "while True:\n    pass",
        TOO_LONG,
        environment={"GUIDE_CELL_SECONDS": "2"},
    ),
    cell(
        "a cell that asks for input",
        "input('Which layer? ')",
        "StdinNotImplementedError: raw_input was called, but this frontend does not support input "
        "requests: nobody is there to answer: write the input into the cell",
    ),
    cell("a cell that prints 100 MB", "print('x' * 100_000_000)", SHOW_LESS),
    cell("a cell that prints without end", "while True:\n    print('x' * 100)", SHOW_LESS, at=2),
    cell(
        "a cell that prints too much and catches all",
        "try:\n    print('x' * 2_000_000)\nexcept BaseException:\n    pass",
        SHOW_LESS,
    ),
    cell(
        "a program that prints too much",
        "import os\nos.system('head -c 3000000 /dev/zero')",
        SHOW_LESS,
    ),
    cell("a cell that shows too much", "'x' * 2_000_000", SHOW_LESS),
    cell(
        "a cell that draws a picture of 2 MB",
        "import os\nfrom IPython.display import Image, display\n"
        "display(Image(os.urandom(2_000_000), format='png'))",
        SHOW_LESS,
    ),
    no_place("Markdown", "text/markdown", "from IPython.display import Markdown\nMarkdown('*a*')"),
    no_place("LaTeX", "text/latex", "from IPython.display import Latex\nLatex('$x$')"),
    no_place("HTML", "text/html", "from IPython.display import HTML\nHTML('<b>a</b>')"),
    no_place(
        "an object that is only HTML",
        "text/html",
        "class Odd:\n    def _repr_html_(self):\n        return '<b>a</b>'\n\n\nOdd()",
    ),
    *(cell(f"a figure of plotly's {what}", code, line) for what, code, line in NO_MAPS),
    no_place("a picture that is none", "image/png", "display({'image/png': 'x'}, raw=True)"),
    cell(
        "a cell that should fail and does not",
        "# x = 1",
        "should raise (it is tagged raises-exception), but ran: take out the tag",
        tags=RAISES,
    ),
    cell(
        "a figure of another kind",
        "from circuitsvis.tokens import colored_tokens\ncolored_tokens(['a', 'b'], [0.0, 1.0])",
        NOT_DRAWN.format("ColoredTokens"),
    ),
    cell(
        "a figure of yet another kind, shown by a function",
        "from circuitsvis.activations import text_neuron_activations\n"
        "from IPython.display import display\nimport torch\n"
        "display(text_neuron_activations(['a', 'b'], torch.zeros(2, 1, 1)))",
        NOT_DRAWN.format("TextNeuronActivations"),
    ),
    cell(
        "a figure with its batch dimension",
        "import torch\nfrom circuitsvis.attention import attention_patterns\n"
        "attention_patterns(['a', 'b'], torch.ones(1, 3, 2, 2) / 2)",
        "attention_patterns was given attention of shape (1, 3, 2, 2) for 2 tokens: give it "
        "(n_heads, n_tokens, n_tokens), without the batch dimension",
    ),
    cell("an error of many lines", "raise ValueError('a\\nb\\nc')", "ValueError: a"),
    cell(
        "an error in colours and HTML",
        "raise ValueError('\\x1b[31m<b>red\\x07</b>')",
        "ValueError: <b>red </b>",
    ),
    cell("an error of a megabyte", "raise ValueError('x' * 10**6)", "ValueError: xxx… …"),
    cell(
        "an error that is half a character",
        "raise ValueError('\\ud800')",
        "an error that Jupyter cannot tell of: raise it with another text",
    ),
    cell(
        "a recursion without end",
        "def f():\n    return f()\n\n\nf()",
        "RecursionError: maximum recursion depth exceeded",
        at=5,
        is_long=True,
    ),
    cell(
        "a module that is not installed",
        "import numppy",
        "ModuleNotFoundError: No module named 'numppy': add it to pyproject.toml, then `make lock "
        "install`",
    ),
    *(
        Case(
            f"a cell that changes {what}",
            "nnsight_guide run odd",
            f"snippets/odd.py reads {name}, which changes each time it runs: write no file that is "
            "read, or write it before it is read",
            {"snippets/odd.py": f"# %% odd\n{code}\n", **files},
            kept=True,
        )
        for what, name, code, files in (
            ("the file that it has read", "count.txt", COUNTS, {"count.txt": "0"}),
            ("the end of a file", "log.txt", "open('log.txt', 'a').write('1')", {"log.txt": None}),
        )
    ),
    Case(
        "a declaration of what is not there",
        "nnsight_guide run odd",
        "snippets/odd.py: READS names 'probe.safetensors', and there is no such file: write its "
        "path from the folder that holds mkdocs.yml",
        {"snippets/odd.py": "READS = ['probe.safetensors']\n# %% odd\nprint(1)\n"},
        kept=True,
    ),
    Case(
        "a declaration that is none",
        "nnsight_guide status",
        "snippets/odd.py: READS is a list of paths in quotes, and nothing else",
        {"snippets/odd.py": "READS = sorted(paths)\n# %% odd\nprint(1)\n"},
        kept=True,
    ),
    Case(
        "two snippets that import each other",
        "nnsight_guide run odd",
        "snippets/odd.py, line 1, the cell before the first named one: ImportError: cannot import "
        "name 'x' from partially initialized module 'snippets.even' (most likely due to a "
        "circular import) (…even.py): move what both need into a third snippet",
        {
            "snippets/odd.py": "from snippets.even import x\n\n# %% odd\ny = x\n",
            "snippets/even.py": "from snippets.odd import y\n\n# %% even\nx = 1\n",
        },
        kept=True,
    ),
    Case(
        "a helper that is no Python",
        "nnsight_guide run odd",
        "snippets/odd.py, line 1, the cell before the first named one: SyntaxError: '(' was never "
        "closed (helper.py, line 1)",
        {"snippets/odd.py": "import snippets.helper\n# %% odd\n1\n", "snippets/helper.py": "f("},
        kept=True,
    ),
    Case(
        "a model.py that fails",
        "nnsight_guide run odd",
        "snippets/model.py, line 4, cell 'setup': ZeroDivisionError: division by zero",
        {"snippets/model.py": "import os\n\n# %% setup\nmodel = 1 / 0\n", **SOMETHING},
        kept=True,
    ),
    Case(
        "a model.py that fails before its first cell",
        "nnsight_guide run odd",
        "snippets/model.py, line 2, the cell before the first named one: ModuleNotFoundError: No "
        "module named 'nowhere': add it to pyproject.toml, then `make lock install`",
        {"snippets/model.py": "import os\nimport nowhere\n\n# %% setup\nmodel = 1\n", **SOMETHING},
        kept=True,
    ),
    Case(
        "a model.py with another name for the model",
        "nnsight_guide run odd",
        "the model did not load: ImportError: snippets/model.py has no `model`: give the model "
        "that name",
        {"snippets/model.py": "# %% setup\nmodels = 1\n", **SOMETHING},
        kept=True,
    ),
    Case(
        "a model.py whose model is none",
        "nnsight_guide run odd",
        "the model did not load: AttributeError: 'int' object has no attribute 'dispatch'",
        {"snippets/model.py": "# %% setup\nmodel = 1\n", **SOMETHING},
        kept=True,
    ),
    leaving(
        "a cell that changes the model",
        "model._module.lm_head.bias.data += 1",
        "the weights lm_head.bias",
    ),
    leaving(
        "a cell that changes the environment",
        "import os\nos.environ['ODD'] = '1'",
        "the environment variable ODD",
    ),
    leaving(
        "a cell that edits the model for good",
        "with model.edit(inplace=True):\n    model.lm_head.output[:] = 0",
        "nnsight's edits of model",
    ),
    leaving(
        "a cell that hooks into the model",
        "model._module.lm_head.register_forward_hook(lambda *_: None)",
        "the hooks of lm_head",
    ),
    leaving(
        "a cell that pads on the other side",
        "model.tokenizer.padding_side = 'right'",
        "the tokenizer's padding_side",
    ),
    leaving(
        "a cell that takes gradients",
        "with model.trace('A city'):\n    model.lm_head.output.sum().backward()",
        "the gradients of weights",
    ),
    leaving(
        "a cell that leaves a thread",
        "import threading\nended = threading.Event()\n"
        "threading.Thread(target=ended.wait, name='mine', daemon=True).start()",
        "the thread mine",
    ),
    leaving("a cell that goes elsewhere", "import os\nos.chdir('/')", "the current folder"),
    leaving("a cell that closes its output", "import sys\nsys.stdout.close()", "sys.stdout"),
]
