# %% tags=["second-model"]
"""What differs between architectures, found by looking."""

from snippets.second_model import torch


# %% find_blocks
def find_blocks(model):
    """Return the transformer blocks: the longest list of modules."""
    lists = [
        module
        for module in model.modules()
        if isinstance(module._module, torch.nn.ModuleList)
    ]
    return max(lists, key=len)


# %% names
NAMES = {
    "transformer.h": "layers",  # GPT-J and GPT-2
    "model.layers": "layers",  # Llama
    "self_attn": "attn",  # Llama; the other two say attn themselves
}


# %% all_layers
def attention_of_all_layers(model, prompt):
    """Return the patterns: (n_layers, n_heads, seq_len, seq_len)."""
    with model.trace(prompt):
        patterns = torch.stack(
            [layer.attn.output[1][0] for layer in model.layers]
        ).save()
    return patterns.detach()


# %% never_called
def never_called(model, prompt):
    """Return the paths of the modules that a run does not call."""
    with model.trace(prompt) as tracer:
        cache = tracer.cache()  # all modules, as they are called

    called = cache.keys()
    return [
        module.path
        for module in model.modules()
        if module.path not in called
        and not isinstance(module._module, torch.nn.ModuleList)
    ]


# %% small_models
from copy import deepcopy

from nnsight import NNsight
from transformers import AutoModelForCausalLM
from transformers import GPT2Config, GPTJConfig, LlamaConfig

configs = {
    "GPT-J": GPTJConfig(n_layer=2, n_embd=64, n_head=4, rotary_dim=8),
    "GPT-2": GPT2Config(n_layer=2, n_embd=64, n_head=4),
    "Llama": LlamaConfig(
        num_hidden_layers=2,
        hidden_size=64,
        num_attention_heads=4,
        num_key_value_heads=2,
    ),
}


def small_model(name, **options):
    """Make a model of random weights, with our names for its parts."""
    config = deepcopy(configs[name])  # the options are written into it
    module = AutoModelForCausalLM.from_config(config, **options)
    return NNsight(module.eval(), rename=NAMES)


# %% same_code
ids = torch.arange(3).view(1, 3)  # any three tokens will do

for name in configs:
    small = small_model(name, attn_implementation="eager")
    print(name, attention_of_all_layers(small, ids).shape)


# %% look
def look(model):
    """Return where the blocks are, what one returns, its pattern."""
    blocks = find_blocks(model)
    with model.trace(ids) as tracer:
        cache = tracer.cache()

    output = cache[blocks[0].path].output
    pattern = cache[blocks[0].attn.path].output[1]
    shape = None if pattern is None else tuple(pattern.shape)
    return blocks.path, type(output).__name__, str(shape)


# %% table
def show(*cells):
    print("{:<5}  {:<5}  {:<19}  {:<6}  {:<12}  {}".format(*cells))


show("", "", "blocks", "output", "pattern", "not called")

for name in configs:
    for options in ({}, {"attn_implementation": "eager"}):
        small = small_model(name, **options)
        attention = small.config._attn_implementation
        paths = never_called(small, ids)
        idle = sorted({path.split(".")[-1] for path in paths}) or ["-"]
        show(name, attention, *look(small), ", ".join(idle))

# %% gpt_2
gpt_2 = small_model("GPT-2", attn_implementation="eager")

# %% out_of_order tags=["active-ipynb", "raises-exception"]
# with gpt_2.trace(ids):
#     gpt_2.layers[0].attn.attn_dropout.input.save()

# %% how_to_tell
print(never_called(gpt_2, ids))

for line in str(gpt_2.layers[0].attn.source).splitlines():
    if "attn_dropout" in line:
        print(line)
