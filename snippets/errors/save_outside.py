"""`save()` outside of a trace

After the trace there is nothing to save for: the name already holds the
value. Save where the value is made.

True, and it says what to do.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    best = model.lm_head.output[0, -1].argmax().save()

word = model.tokenizer.decode(best).save()
print(word)

# %% works
with model.trace(prompt):
    best = model.lm_head.output[0, -1].argmax().save()

word = model.tokenizer.decode(best)
print(word)
