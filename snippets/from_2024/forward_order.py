"""Reading modules in any order

The block was first written down and then woven into the run, so its
order did not matter. Now it runs along with the model, and a module
that the model has passed cannot be read any more.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% then
with model.trace(prompt):
    logits = model.lm_head.output.save()
    hidden_states = model.transformer.h[-1].output[0].save()

print(hidden_states.shape, logits.shape)

# %% now
with model.trace(prompt):
    hidden_states = model.transformer.h[-1].output[0].save()
    logits = model.lm_head.output.save()

print(hidden_states.shape, logits.shape)
