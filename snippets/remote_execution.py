# %% tags=["remote"]
"""Remote execution: jobs, what comes back, and what goes wrong."""

from snippets.model import MODEL_ID, model, os

# %% status
import nnsight

print(nnsight.status())

# %% is_it_live
print(nnsight.is_model_running("EleutherAI/gpt-j-6b"))
print(nnsight.is_model_running(MODEL_ID))

# %% first_job
prompt = "The Eiffel Tower is in the city of"

with model.trace(prompt, remote=True):
    token_id = model.lm_head.output[0, -1].argmax().save()

print(repr(model.tokenizer.decode(token_id)))

# %% much
from nnsight import CONFIG

CONFIG.APP.DEBUG = True  # show every step of a job, and its size

with model.trace(prompt, remote=True):
    all_logits = model.lm_head.output.save()

# %% little
with model.trace(prompt, remote=True):
    best_tokens = model.lm_head.output.argmax(dim=-1).save()

CONFIG.APP.DEBUG = False

# %% prints_and_lists
outside = []

with model.trace(prompt, remote=True):
    inside = [].save()
    for layer in model.transformer.h:
        norm = layer.output[0][0, -1].norm().item()
        inside.append(norm)
        outside.append(norm)
    print("seen on the server:", len(outside))

print("inside: ", len(inside))
print("outside:", len(outside))

# %% no_gradient
with model.trace(prompt, remote=True):
    best_logit = model.lm_head.output[0, -1].max().save()

print(best_logit.requires_grad)

# %% gradient
with model.trace(prompt, remote=True):
    hidden = model.transformer.h[1].output[0]
    hidden.requires_grad_()
    with model.lm_head.output[0, -1].max().backward():
        gradient = hidden.grad.norm().save()

print(round(gradient.item(), 3))

# %% not_waiting
import time

with model.trace(prompt, remote=True, blocking=False) as tracer:
    token_id = model.lm_head.output[0, -1].argmax().save()

job = tracer.backend
while (result := job()) is None:  # not there yet: ask again
    time.sleep(0.1)

print(result)

# %% versions
comparison = str(nnsight.compare())
print("\n".join(comparison.splitlines()[:8]))

# %% rehearsal
with model.trace(prompt, remote="local"):
    rehearsed = model.lm_head.output[0, -1].argmax().save()

print(repr(model.tokenizer.decode(rehearsed)))

# %% no_key tags=["active-ipynb", "raises-exception"]
# CONFIG.API.APIKEY = None
#
# with model.trace(prompt, remote=True):
#     model.lm_head.output.save()

# %% wrong_key tags=["active-ipynb", "raises-exception"]
# CONFIG.API.APIKEY = "not-a-key"
#
# with model.trace(prompt, remote=True):
#     model.lm_head.output.save()

# %% not_live tags=["active-ipynb", "raises-exception"]
# CONFIG.API.APIKEY = os.environ["NDIF_API_KEY"]  # the right one
#
# encoder = nnsight.TransformersModel(
#     MODEL_ID, task="feature-extraction", tokenizer=MODEL_ID
# )
# with encoder.trace(prompt, remote=True):
#     encoder.ln_f.output.save()

# %% service_down tags=["active-ipynb", "raises-exception"]
# CONFIG.API.HOST = "http://127.0.0.1:9"  # nobody there
#
# with model.trace(prompt, remote=True):
#     model.lm_head.output.save()
