"""Send one small job; without a key, or with whichever the environment has."""

from nnsight import TransformersModel

model = TransformersModel("nnsight-guide/gptj-demo", task="text-generation")

with model.trace("Hello", remote=True):
    shape = list(model.lm_head.output.shape).save()

print("shape", shape)
