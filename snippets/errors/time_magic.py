"""A trace under `%%time`, in `exec` or from standard input

nnsight reads the lines of your block from where they stand. A cell with
`%%time`, `%%timeit` or `%%capture` at its top, a text given to `exec`,
and a script that is piped into `python` stand nowhere. Measure with
Python's own clock.

True. In a notebook, the cell magic is what it means.
"""

from IPython.core.interactiveshell import InteractiveShell

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"
# What it would print is raised below.
InteractiveShell.showtraceback = lambda *_, **__: None

# %% fails
notebook = InteractiveShell.instance(user_ns=globals())
cell = """%%time
with model.trace(prompt):
    logits = model.lm_head.output.save()
"""
notebook.run_cell(cell, silent=True).raise_error()

# %% works
import time

start = time.perf_counter()
with model.trace(prompt):
    logits = model.lm_head.output.save()
seconds = time.perf_counter() - start

print(logits.shape)
