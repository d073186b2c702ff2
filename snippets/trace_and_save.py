"""Running the model: trace and save."""

import torch

from snippets.model import REMOTE, model

# %% trace
prompt = "The Eiffel Tower is in the city of"

with model.trace(prompt, remote=REMOTE):
    hidden_states = model.transformer.h[-1].output[0].save()
    logits = model.lm_head.output[0, -1].save()

print(hidden_states.shape)  # (batch, seq_len, d_model)
print(logits.shape)  # (vocab_size,)

# %% predict
token_id = logits.argmax().item()
print(token_id, repr(model.tokenizer.decode(token_id)))

# %% look_inside
with model.trace(prompt, remote=REMOTE):
    output = model.transformer.h[-1].output
    print(type(output).__name__, "of", len(output))
    print([part.shape for part in output])

# %% inputs
token_ids = model.tokenizer(prompt)["input_ids"]

for same_prompt in (
    prompt,
    [prompt],
    token_ids,
    torch.tensor([token_ids]),
    model.tokenizer(prompt, return_tensors="pt"),
):
    with model.trace(same_prompt, remote=REMOTE):
        best = model.lm_head.output[0, -1].argmax().save()
    kind = type(same_prompt).__name__
    print(f"{kind:<14} {model.tokenizer.decode(best)!r}")

# %% forgotten_save tags=["active-ipynb", "raises-exception"]
# with model.trace(prompt, remote=REMOTE):
#     first_layer = model.transformer.h[0].output[0]
#
# print(first_layer.shape)

# %% not_a_copy
with model.trace(prompt, remote=REMOTE):
    block_output = model.transformer.h[0].output[0]
    saved = block_output.save()
    cloned = block_output.clone().save()
    block_output[:] = 0

print("saved: ", saved.abs().max().item())
print("cloned:", cloned.abs().max().item())

# %% out_of_order tags=["active-ipynb", "raises-exception"]
# with model.trace(prompt, remote=REMOTE):
#     late = model.transformer.h[1].output[0].save()
#     early = model.transformer.h[0].output[0].save()

# %% what_to_save
with model.trace(prompt, remote=REMOTE):
    last_logits = model.lm_head.output[0, -1]
    whole_distribution = last_logits.detach().save()
    best_token = last_logits.argmax().save()

for answer in (whole_distribution, best_token):
    print(f"numbers {answer.numel():>6,}, bytes {answer.nbytes:>7,}")

# %% several_prompts
prompts = [
    "Big Ben is in the city of",
    "The Colosseum is in the city of",
]

with model.trace(prompts, remote=REMOTE):
    each_last = model.lm_head.output[:, -1]  # (batch, vocab_size)
    best_tokens = each_last.argmax(dim=-1).save()  # (batch,)

print([model.tokenizer.decode(token) for token in best_tokens])

# %% second_output
with model.trace(prompt, remote=REMOTE):
    second = model.transformer.h[-1].output[1]
    print(second.shape)  # (batch, n_heads, seq_len, seq_len)

# %% keys_and_values
with model.trace(prompt, remote=REMOTE) as tracer:
    cache = tracer.result.past_key_values
    last_layer = cache.layers[-1]
    print(last_layer.keys.shape)  # (batch, n_heads, seq_len, d_head)
    print(last_layer.values.shape)
