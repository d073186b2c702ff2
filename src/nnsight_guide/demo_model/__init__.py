"""A small GPT-J that the guide trains itself, so that every page can run without a download."""

MODEL_ID = "nnsight-guide/gptj-demo"

# It needs nothing from the hub. A token would be read all the same, wherever HF_HOME may point.
WITHOUT_HUB = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
