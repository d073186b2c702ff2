# %% tags=["second-model"]
"""The set-up of the pages on another architecture: a Llama."""

# %% setup
import os

import torch
from nnsight import TransformersModel

MODEL_ID = (
    os.environ.get("GUIDE_SECOND_MODEL")
    or "HuggingFaceTB/SmolLM2-135M-Instruct"
)

model = TransformersModel(
    MODEL_ID,
    task="text-generation",
    tokenizer=MODEL_ID,
    device_map="auto",
    dtype=torch.float32,  # a small model: exact, and on a CPU faster
)
