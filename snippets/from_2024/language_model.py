"""`LanguageModel`

The class is called `TransformersModel` now and wants to know the task,
since it can load more than language models. The old name still loads
the model, and warns.
"""

import os

MODEL_ID = os.environ.get("GUIDE_MODEL") or "EleutherAI/gpt-j-6b"

# %% then
from nnsight import LanguageModel

model = LanguageModel(MODEL_ID, tokenizer=MODEL_ID, device_map="auto")
print(model.config.n_layer, model.config.n_head)

# %% now
from nnsight import TransformersModel

model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    device_map="auto",
)
print(model.config.n_layer, model.config.n_head)
