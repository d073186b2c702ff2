# %% tags=["second-model"]
"""What a layer's heads hand to `o_proj`, and what that writes."""

import torch

from snippets.second_model import model
from snippets.task_states import few_shot, layers

# %% names
out_projs = [layer.self_attn.o_proj for layer in layers]
n_heads = model.config.num_attention_heads
d_head = model.config.hidden_size // n_heads


def columns_of(head):
    return slice(head * d_head, (head + 1) * d_head)


# %% mean_outputs
def mean_outputs(pairs):
    """Return what heads hand in at the end of few-shot prompts.

    It is a mean over the prompts, (n_layers, d_model): in each row
    the heads of a layer stand side by side.
    """
    prompts = [few_shot(word, pairs) for word, _ in pairs]
    with torch.no_grad(), model.trace(prompts, logits_to_keep=1):
        handed_in = [module.input[:, -1] for module in out_projs]
        means = torch.stack(handed_in).mean(dim=1).save()
    return means


# %% vector_of
def vector_of(heads, means):
    """Return the sum of what heads write, on average, (d_model,)."""
    with torch.no_grad(), model.session():
        vector = torch.zeros_like(means[0]).save()
        for number, head in heads:
            own = columns_of(head)
            weight = out_projs[number].weight[:, own]
            vector += weight @ means[number, own]
    return vector
