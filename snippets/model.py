"""The set-up that every chapter shares: which model, and where."""

# %% setup
import os

import torch
from nnsight import TransformersModel

# Or simply REMOTE = False (run here), REMOTE = True (run on NDIF,
# with your API key in the environment variable NDIF_API_KEY).
REMOTE = os.environ.get("GUIDE_REMOTE") == "1"
MODEL_ID = os.environ.get("GUIDE_MODEL") or "EleutherAI/gpt-j-6b"

model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    device_map="auto",
    dtype=torch.bfloat16,
)
