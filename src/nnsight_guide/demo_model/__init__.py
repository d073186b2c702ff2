"""A small GPT-J that the guide trains itself, so that every page can run without a download."""

MODEL_ID = "nnsight-guide/gptj-demo"
