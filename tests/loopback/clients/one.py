"""Send one small job; without a key, or with whichever the environment has."""

from nnsight import TransformersModel

MODEL = "nnsight-guide/gptj-demo"
model = TransformersModel(MODEL, task="text-generation", tokenizer=MODEL)

with model.trace("Hello", remote=True):
    shape = list(model.lm_head.output.shape).save()

print("shape", shape)
