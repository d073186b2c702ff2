"""Send jobs that fail or do harm, and write down what comes back."""

import asyncio
import json
import sys
from pathlib import Path

import torch
from huggingface_hub import HfApi
from nnsight import TransformersModel
from nnsight.intervention.backends.remote import AsyncRemoteBackend, RemoteBackend

PROMPT = "The Eiffel Tower is in the city of"
found = {}


def attempt(name, function):
    try:
        function()
    except Exception as error:
        found[name] = [type(error).__name__, str(error)]
    else:
        found[name] = ["", ""]


MODEL = "nnsight-guide/gptj-demo"
model = TransformersModel(MODEL, task="text-generation", tokenizer=MODEL)


def logits():
    with model.trace(PROMPT, remote=True):
        last = model.lm_head.output[:, -1].clone().save()
    return [last]


def raises():
    with model.trace(PROMPT, remote=True):
        model.transformer.wte.output.sum()
        raise ValueError("boom\n  and more")


def exits():
    with model.trace(PROMPT, remote=True):
        model.transformer.wte.output.sum()
        raise SystemExit(3)


def shapes():
    with model.trace(PROMPT, remote=True):
        (model.transformer.wte.output @ torch.ones(3, 3)).save()


def frozen():
    with model.trace(PROMPT, remote=True):
        loss = model.lm_head.output.sum()
        with loss.backward():
            total = model.transformer.wte.output.grad.sum().save()
    return [total]


def unsendable():
    with model.trace(PROMPT, remote=True):
        import threading

        lock = threading.Lock().save()
    return [lock]


def changes():
    with model.trace(PROMPT, remote=True):
        model.transformer.h[0].mlp.fc_in.bias.data.add_(1.0)
        model.transformer.h[1].ln_1.weight.data.zero_()
        model._module.train()
        model.tokenizer.padding_side = "right"
        torch.set_grad_enabled(False)
        total = model.lm_head.output.sum().save()
    return [total]


def abandoned():
    backend = AsyncRemoteBackend(model.to_model_key())
    with model.trace(PROMPT, backend=backend):
        while True:
            pass
    while asyncio.run(backend.receive()).status.value != "RUNNING":
        pass
    backend.close()


def not_live():
    key = model.to_model_key().replace("nnsight-guide/gptj-demo", "EleutherAI/gpt-j-6b")
    with model.trace(PROMPT, backend=RemoteBackend(key)):
        total = model.lm_head.output.sum().save()
    return [total]


def wrong_key():
    backend = RemoteBackend(model.to_model_key(), api_key="wrong")
    with model.trace(PROMPT, backend=backend):
        total = model.lm_head.output.sum().save()
    return [total]


def wrong_key_for_polling():
    backend = RemoteBackend(model.to_model_key(), api_key="wrong", blocking=False, job_id="any")
    backend()


before = logits()
attempt("raises", raises)
attempt("exits", exits)
attempt("shapes", shapes)
attempt("frozen", frozen)
attempt("unsendable", unsendable)
found["after failures"] = torch.equal(*logits(), *before)
attempt("changes", changes)
found["after changes"] = torch.equal(*logits(), *before)
attempt("abandoned", abandoned)
found["after an abandoned job"] = torch.equal(*logits(), *before)
attempt("not live", not_live)
attempt("wrong key", wrong_key)
attempt("wrong key for polling", wrong_key_for_polling)
attempt("unknown repository", lambda: HfApi().model_info("openai-community/gpt2"))
attempt("unknown revision", lambda: HfApi().model_info(model.repo_id, revision="float16"))
attempt("unknown file", lambda: HfApi().hf_hub_download(model.repo_id, "weights.bin"))
found["files"] = sorted(HfApi().list_repo_files(model.repo_id))
found["after all"] = torch.equal(*logits(), *before)

Path(sys.argv[1]).write_text(json.dumps(found))
