"""Output versus input."""

import torch

from snippets.model import REMOTE, model

# %% shapes
prompt = "The Eiffel Tower is in the city of"

with model.trace(prompt, remote=REMOTE):
    block = model.transformer.h[0]
    print("block input: ", block.input.shape)
    print("block output:", type(block.output), len(block.output))

# %% block_inputs
with model.trace(prompt, remote=REMOTE):
    args, kwargs = model.transformer.h[0].inputs
    print("positional:", [type(arg).__name__ for arg in args])
    print(
        "keyword:   ",
        {name: type(v).__name__ for name, v in kwargs.items()},
    )

# %% attention_inputs
with model.trace(prompt, remote=REMOTE):
    attention = model.transformer.h[0].attn
    args, kwargs = attention.inputs
    print("positional:", args)
    print("keyword:   ", list(kwargs))
    print("same:      ", attention.input is kwargs["hidden_states"])

# %% dropout_and_head
with model.trace(prompt, remote=REMOTE):
    dropout = model.transformer.h[0].attn.attn_dropout
    before = dropout.input
    after = dropout.output
    print("dropout:", before.shape, "→", after.shape)
    print("unchanged:", torch.equal(before, after))

    head = model.lm_head
    print("lm_head:", head.input.shape, "→", head.output.shape)

# %% scan
with model.scan(prompt):
    expanded = model.transformer.h[0].mlp.fc_in.output.save()

print(type(expanded).__name__, expanded.shape)

# %% chain
with model.trace(prompt, remote=REMOTE):
    last_output = model.transformer.h[-1].output[0]
    norm_input = model.transformer.ln_f.input
    norm_output = model.transformer.ln_f.output
    head_input = model.lm_head.input
    print(torch.equal(last_output, norm_input))
    print(torch.equal(norm_output, head_input))

# %% between_layers
with model.trace(prompt, remote=REMOTE):
    passed_on = model.transformer.h[0].output[0]
    received = model.transformer.h[1].input
    print(torch.equal(passed_on, received))
