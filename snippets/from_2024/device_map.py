"""`device_map=` without accelerate

In 2024 nnsight brought the package accelerate along, which
`device_map=` needs; today one installs it oneself. Without it the model
seems to load, and the first trace fails.
"""

import os

MODEL_ID = os.environ.get("GUIDE_MODEL") or "EleutherAI/gpt-j-6b"
prompt = "The Eiffel Tower is in the city of"

# %% then
import sys

sys.modules["accelerate"] = None  # as if it were not installed

from nnsight import LanguageModel

model = LanguageModel(MODEL_ID, tokenizer=MODEL_ID, device_map="auto")
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)

# %% now
# after `pip install accelerate`
from nnsight import TransformersModel

model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    device_map="auto",
)
with model.trace(prompt):
    logits = model.lm_head.output.save()

print(logits.shape)
