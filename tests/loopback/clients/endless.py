"""Send a job that never ends."""

from nnsight import TransformersModel

MODEL = "nnsight-guide/gptj-demo"
model = TransformersModel(MODEL, task="text-generation", tokenizer=MODEL)

with model.trace("Hello", remote=True):
    print("endless")
    while True:
        pass
