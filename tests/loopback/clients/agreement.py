"""Run everything remotely and locally, and write down whether the two agree."""

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import helper
import nnsight
import torch
from nnsight import TransformersModel
from nnsight.intervention.backends.remote import AsyncRemoteBackend

MODEL = "nnsight-guide/gptj-demo"
PROMPT = "The Eiffel Tower is in the city of"
CITIES = ["Paris", "London", "Rome", "Berlin", "Madrid"]
PROMPTS = [f"{'very ' * n}big things are seen in {city}" for n in range(4) for city in CITIES]

model = TransformersModel(
    MODEL, task="text-generation", tokenizer=MODEL, device_map="auto", dtype=torch.bfloat16
)
found = {}


def hidden_and_logits(remote):
    with model.trace(PROMPT, remote=remote):
        hidden = model.transformer.h[-1].output[0].save()
        logits = model.lm_head.output.save()
    return [hidden, logits]


def generated(remote):
    with model.generate(PROMPT, max_new_tokens=4, remote=remote) as tracer:
        ids = tracer.result.save()
    return [ids]


def altered(remote):
    with model.trace(PROMPT, remote=remote):
        model.transformer.h[1].output[0][:, -1] = 0
        logits = helper.twice(model.lm_head.output[:, -1].clone()).save()
    return [logits]


def several_prompts(remote):
    with model.trace(PROMPTS[:3], remote=remote):
        logits = model.lm_head.output[:, -1].clone().save()
    return [logits]


def patched_in_a_session(remote):
    with model.session(remote=remote):
        with model.trace(PROMPT):
            clean = model.transformer.h[2].output[0]
        with model.trace("The Colosseum is in the city of"):
            model.transformer.h[2].output[0][:, -1] = clean[:, -1]
            logits = model.lm_head.output[:, -1].clone().save()
    return [logits]


def differentiated(remote):
    with model.trace(PROMPT, remote=remote):
        hidden = model.transformer.h[1].output[0]
        hidden.requires_grad_()
        with model.lm_head.output[0, -1].max().backward():
            gradient = hidden.grad.save()
    return [gradient]


def last_logits(prompt, remote):
    with model.trace(prompt, remote=remote):
        logits = model.lm_head.output[:, -1].clone().save()
    return [logits]


def same(ones, others):
    return all(map(torch.equal, ones, others))


for run in (hidden_and_logits, generated, altered, several_prompts, patched_in_a_session):
    found[run.__name__] = same(run(remote=True), run(remote=False))
found["differentiated"] = same(differentiated(remote=True), differentiated(remote="local"))
found["carries a gradient"] = hidden_and_logits(remote=True)[0].requires_grad

# A non-blocking job.
with model.trace(PROMPT, remote=True, blocking=False) as tracer:
    logits = model.lm_head.output[:, -1].clone().save()
submitted = tracer.backend.status.value
while (saved := tracer.backend()) is None:
    time.sleep(0.05)
found["polled"] = same([saved["logits"]], last_logits(PROMPT, remote=False))
found["polled statuses"] = [submitted, tracer.backend.status.value]

# An asynchronous job, with everything that its client is told.


async def updates(backend):
    return [update async for update in backend]


backend = AsyncRemoteBackend(model.to_model_key())
with model.trace(PROMPT, backend=backend):
    print("one", 2, end="\n\n")
    print("three\nfour", end="")
    logits = model.lm_head.output[:, -1].clone().save()
*told, saved = asyncio.run(updates(backend))
found["asynchronous"] = same([saved["logits"]], last_logits(PROMPT, remote=False))
found["statuses"] = [update.status.value for update in told]
found["printed"] = [u.description for u in told if u.status.value == "LOG"]
found["small result is sent as"] = type(told[-1].data).__name__

with model.trace(PROMPT, remote=True):
    torch.manual_seed(5)
    numbers = torch.randn(2_000_000).save()  # 7 MB even when compressed
torch.manual_seed(5)
found["large result"] = same([numbers], [torch.randn(2_000_000)])

# Twenty jobs at once.
expected = [last_logits(prompt, remote=False) for prompt in PROMPTS]
with ThreadPoolExecutor(20) as pool:
    results = list(pool.map(lambda prompt: last_logits(prompt, remote=True), PROMPTS))
found["at once"] = [same(one, other) for one, other in zip(results, expected, strict=True)]
found["they differ"] = not any(same(one, expected[0]) for one in expected[1:])

# What nnsight tells about the service.
found["service"] = nnsight.status().status.value
found["live"] = list(nnsight.status())
found["is running"] = nnsight.is_model_running(MODEL)
found["in other spelling"] = nnsight.is_model_running(MODEL.upper())
found["gpt-j is running"] = nnsight.is_model_running("EleutherAI/gpt-j-6b")
found["mismatches"] = nnsight.compare().mismatches
found["table"] = str(nnsight.compare())[:15]
found["who"] = nnsight.ndif.whoami()["email"]
found["who with another key"] = nnsight.ndif.whoami("another")["email"]

Path(sys.argv[1]).write_text(json.dumps(found))
