"""A load that names no tokenizer

nnsight used to find it out. Since transformers 5.23 it cannot, unless
it loads the weights at once: say that the tokenizer lies where the
model does.
"""

import os

MODEL_ID = os.environ.get("GUIDE_MODEL") or "EleutherAI/gpt-j-6b"

# %% then
from nnsight import LanguageModel

model = LanguageModel(MODEL_ID, device_map="auto")
print(model.tokenizer.padding_side)

# %% now
from nnsight import TransformersModel

model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    device_map="auto",
)
print(model.tokenizer.padding_side)
