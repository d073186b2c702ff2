"""`torch_dtype=`

Hugging Face renamed the argument to `dtype`. The old name still works,
and warns.
"""

import torch
from nnsight import TransformersModel

from snippets.model import MODEL_ID

# %% then
model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    torch_dtype=torch.bfloat16,
)
print(model.dtype)

# %% now
model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    dtype=torch.bfloat16,
)
print(model.dtype)
