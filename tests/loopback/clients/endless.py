"""Send a job that never ends."""

from nnsight import TransformersModel

model = TransformersModel("nnsight-guide/gptj-demo", task="text-generation")

with model.trace("Hello", remote=True):
    print("endless")
    while True:
        pass
