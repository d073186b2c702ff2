"""Where GPT-J's modules stand in the source of transformers.

Version and lines are read from the transformers that is installed, so that they cannot drift from
what runs. It is read and not imported, since that takes seconds.
"""

import ast
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

PATH = "transformers/models/gptj/modeling_gptj.py"
CLASSES = ("GPTJAttention", "GPTJMLP", "GPTJBlock", "GPTJModel", "GPTJForCausalLM")
MODULES = (
    *("attn_dropout", "resid_dropout", "q_proj", "k_proj", "v_proj", "out_proj"),
    *("fc_in", "fc_out", "act", "dropout"),
    *("ln_1", "attn", "mlp"),
    *("wte", "drop", "h", "ln_f"),
    *("transformer", "lm_head"),
)
# A class, or a path whose last name is a module's: `mlp`, `model.transformer.h[1].mlp.fc_in`.
MENTION = re.compile(
    rf"(?P<class>{'|'.join(CLASSES)})"
    rf"|(?:\w+(?:\[[^\]]*\])?\.)*(?P<module>{'|'.join(MODULES)})(?:\[[^\]]*\])?"
)


def source_url(code: str) -> str | None:
    """Return where the module that `code` names is made or defined; None if it names none."""
    mention = MENTION.fullmatch(code)
    if mention is None:
        return None
    line = definition_lines()[mention["class"] or mention["module"]]
    return f"{file_url()}#L{line}"


@cache
def file_url() -> str:
    """Return the address of the file, at the version that is installed."""
    version = distribution("transformers").version
    return f"https://github.com/huggingface/transformers/blob/v{version}/src/{PATH}"


def source_file() -> Path:
    """Return the installed file."""
    return Path(str(distribution("transformers").locate_file(PATH)))


@cache
def definition_lines() -> dict[str, int]:
    """Return, for each class and each module, the line (from 1) that defines or makes it."""
    found: dict[str, int] = {}
    for definition in ast.parse(source_file().read_bytes()).body:
        if isinstance(definition, ast.ClassDef) and definition.name in CLASSES:
            found[definition.name] = definition.lineno
            for node in ast.walk(definition):
                # The first assignment is the one in __init__; a setter may follow.
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                    found.setdefault(node.targets[0].attr, node.lineno)
    return found
