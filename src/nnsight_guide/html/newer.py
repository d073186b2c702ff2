"""What to write with a transformers that is newer than the guide's: 5.24 rewrote GPT-J. Pure.

A block returns its tensor alone, attention has no module for its dropout, and keeps its weights
only if it is asked to. This is the one place that says so: under each block that is concerned, on
the page on versions, and for the canary, which tries it.
"""

import re
from html import escape

SINCE = "5.24"
# What stands in the guide → what to write instead.
REWRITES = {
    ".output[0]": ".output",
    ".attn_dropout.input": ".output[1]",
    ".attn_dropout.output": ".output[1]",
    ".past_key_values": ".cache",
    "past_key_values=": "cache=",
    ".skip((block.input, None))": ".skip(block.input)",
    ".self__attn_0": ".attention_interface_1",
}
WITH_ARGUMENT = (".attn_dropout.input", ".attn_dropout.output", ".self__attn_0")
# What stands in a block: the output of attention is the tuple that it was, that of others a tensor.
NO_BLOCKS = ("attn", "mlp", "fc_in", "fc_out")
ARGUMENT = 'attn_implementation="eager"'
# The cells that show what is not there any more → what to know instead.
NO_DROPOUT = f"attention has no such module; its weights are `attn.output[1]`, with `{ARGUMENT}`"
GONE = {
    "changing_values/tuple_element": "the output of a block is its tensor alone",
    "attention_patterns/other_routes": f"`attn.output[1]` is the only one, with `{ARGUMENT}`",
    "input_and_output/dropout_and_head": NO_DROPOUT,
    "input_and_output/shapes": "the output of a block is its tensor alone",
    "trace_and_save/look_inside": "the output of a block is its tensor alone",
    "trace_and_save/second_output": f"they are `attn.output[1]` of the block, with `{ARGUMENT}`",
}
# Of these, the two on the output of a block still run, and print something else.
STILL_RUN = ("input_and_output/shapes", "trace_and_save/look_inside")
# Cells about a model that is as it was.
NOT_GPT_J = ("architectures/out_of_order",)
CELL = re.compile(r"^(?=# %% (\w+))", re.MULTILINE)
BACKTICKS = re.compile(r"`([^`]+)`")
OF_A_BLOCK = "".join(rf"(?<!\b{name})" for name in NO_BLOCKS)
OLD = re.compile(
    "|".join(
        rf"{OF_A_BLOCK if old == '.output[0]' else ''}{re.escape(old)}(?:(?<=\W)|(?!\w))"
        for old in REWRITES
    )
)


def rewritten(name: str, source: str) -> str:
    """Return a snippet as it is to be written with the newer transformers."""
    stops = [key for key in GONE if key.startswith(f"{name}/") and key not in STILL_RUN]
    for cell in (key.partition("/")[2] for key in stops):
        source = re.sub(
            rf"^# %% {cell}(?: .*)?\n(?:(?!# %% ).*\n)*", "", source, flags=re.MULTILINE
        )
    before, *cells = CELL.split(source)
    parts = [("", before), *zip(cells[::2], cells[1::2], strict=True)]
    return "".join(
        code if f"{name}/{cell}" in NOT_GPT_J else OLD.sub(lambda found: REWRITES[found[0]], code)
        for cell, code in parts
    )


def newer_html(name: str, source: str, page: str) -> str:
    """Return a line on what to write instead in a cell; "" if it can stay as it is.

    Args:
        name: of the cell, after its snippet's (`model/setup`).
        source: of the cell.
        page: the link from here to the page on versions.

    """
    if name in GONE:
        return _line(page, ", " + BACKTICKS.sub(r"<code>\1</code>", escape(GONE[name])))
    found = dict.fromkeys(OLD.findall(source))
    if not found or name in NOT_GPT_J:
        return ""
    parts = [f"{_code(REWRITES[old])} for {_code(old)}" for old in found]
    if any(old in WITH_ARGUMENT for old in found):
        parts.append(f"{_code(ARGUMENT)} where the model is loaded")
    listed = ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + parts[-1]
    return _line(page, f", write {listed}")


def newer_table_html() -> str:
    """Return the table of what to write instead."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("In this guide", f"With {SINCE}"))
    rows = "".join(
        f"<tr><td>{_code(old)}</td><td>{_code(new)}</td></tr>" for old, new in REWRITES.items()
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _line(page: str, text: str) -> str:
    link = f'<a href="{escape(page)}">With transformers {SINCE}</a>'
    return f'<p class="guide-newer">{link}{text}.</p>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
