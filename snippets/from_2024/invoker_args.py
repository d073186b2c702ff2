"""`invoker_args=`

What was for the tokenizer had an argument of its own. A trace ignores
it now, and takes what is in it directly.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
settings = {"truncation": True, "max_length": 4}
with model.trace(prompt, invoker_args=settings):
    logits = model.lm_head.output.save()

print(logits.shape)

# %% now
settings = {"truncation": True, "max_length": 4}
with model.trace(prompt, **settings):
    logits = model.lm_head.output.save()

print(logits.shape)
