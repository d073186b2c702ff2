"""A tensor for numpy

A saved tensor still knows how it was computed: `.detach()` it first.
numpy has no bfloat16 ("Got unsupported ScalarType BFloat16"), and sees
no GPU: `.float().cpu()`.

Half of the truth: after its advice comes the next error.
"""

from snippets.model import model

prompt = "The Eiffel Tower is in the city of"

# %% fails
with model.trace(prompt):
    logits = model.lm_head.output[0, -1].save()

print(logits.numpy().shape)

# %% works
with model.trace(prompt):
    logits = model.lm_head.output[0, -1].save()

print(logits.detach().float().cpu().numpy().shape)
