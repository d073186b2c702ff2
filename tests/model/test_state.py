"""What code on a model may leave behind: each thing is noticed by its name, or put back."""

import builtins
import contextlib
import decimal
import gc
import logging
import os
import random
import signal
import sys
import threading
import warnings

import numpy
import pytest
import torch
from nnsight import CONFIG, TransformersModel
from transformers.models.gptj.modeling_gptj import GPTJAttention

from nnsight_guide.demo_model.checkpoint import checkpoint
from nnsight_guide.model.state import PutBack, of_model, of_process


def loaded():
    """The demo model, after a first run, which sets up whatever a first run does."""
    folder = str(checkpoint())
    model = TransformersModel(
        folder, task="text-generation", tokenizer=folder, dtype=torch.bfloat16, dispatch=True
    )
    with model.generate("Warm up.", max_new_tokens=1):
        pass
    return model


@pytest.fixture
def model():
    return loaded()


@pytest.fixture(scope="module")
def shared_model():
    """One for all tests that leave nothing in it."""
    return loaded()


def edit(model):
    with model.edit(inplace=True):
        model.transformer.h[0].output[0][:] = 0


def edit_a_part(model):
    with model.transformer.h[1].edit(inplace=True):
        model.transformer.h[1].mlp.output[:] = 0


def backward(model):
    with model.trace("The city"):
        loss = model.lm_head.output.sum()
        loss.backward()


LEFT_IN_THE_MODEL = {
    "the weights lm_head.bias": lambda m: m._module.lm_head.bias.data.add_(1),
    "the training mode": lambda m: m._module.train(),
    "which weights take gradients": lambda m: m._module.lm_head.bias.requires_grad_(False),
    "the gradients of weights": backward,
    "the hooks of lm_head": lambda m: m._module.lm_head.register_forward_hook(lambda *_: None),
    "the hooks of transformer.h.0": lambda m: m._module.transformer.h[0].register_forward_pre_hook(
        lambda *_: None
    ),
    "the attributes of transformer.h.0.attn.attn_dropout": lambda m: setattr(
        m._module.transformer.h[0].attn.attn_dropout, "p", 0.5
    ),
    "the attributes of lm_head": lambda m: setattr(m._module.lm_head, "forward", print),
    "nnsight's edits of model": edit,
    "nnsight's edits of model.transformer.h.1": edit_a_part,
    "the config's use_cache": lambda m: setattr(m._module.config, "use_cache", False),
    "the generation config's max_new_tokens": lambda m: setattr(
        m._module.generation_config, "max_new_tokens", 3
    ),
    "the tokenizer's padding_side": lambda m: setattr(m.tokenizer, "padding_side", "right"),
    "the tokenizer's pad_token": lambda m: setattr(m.tokenizer, "pad_token", "!"),
    "the tokens": lambda m: m.tokenizer.add_tokens(["<new>"]),
}


@pytest.mark.parametrize("name", LEFT_IN_THE_MODEL)
def test_what_is_left_in_the_model_is_noticed_by_its_name(model, name):
    before = of_model(model)
    assert before.differences(of_model(model)) == []
    LEFT_IN_THE_MODEL[name](model)
    assert name in before.differences(of_model(model))


def test_a_model_that_writes_no_text_has_a_state_too():
    repo_id = "nnsight-guide/gptj-demo"
    encoder = TransformersModel(
        repo_id, task="feature-extraction", tokenizer=repo_id, dispatch=True
    )
    assert not hasattr(encoder._module, "generation_config")
    before = of_model(encoder)
    encoder._module.h[0].training = True
    assert before != of_model(encoder)


def test_a_run_leaves_nothing_in_the_model(model):
    before = of_model(model), of_process(model)
    with model.trace("The Eiffel Tower is in the city of"):
        model.transformer.h[0].attn.source.self__attn_0.output.save()
        model.lm_head.output.save()
    with model.trace() as tracer:
        for prompt in ("one", "two"):
            with tracer.invoke(prompt):
                model.lm_head.output.save()
    with model.edit() as edited:
        model.transformer.h[0].mlp.output[:] = 0
    del edited
    model.tokenizer(["a", "a b"], padding=True)
    assert before[0].differences(of_model(model)) == []
    assert before[1].differences(of_process(model)) == []


@contextlib.contextmanager
def calling(do, undo):
    do()
    try:
        yield
    finally:
        undo()


def threads():
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait, name="left behind", daemon=True)
    return calling(thread.start, lambda: (ended.set(), thread.join()))


def handler():
    logger, handler = logging.getLogger("nnsight"), logging.NullHandler()
    return calling(lambda: logger.addHandler(handler), lambda: logger.removeHandler(handler))


def hook_on_all_modules():
    hook = torch.nn.modules.module.register_module_forward_hook(lambda *_: None)
    return calling(lambda: None, hook.remove)


def patched(owner, name, value):
    @contextlib.contextmanager
    def patch():
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(owner, name, value)
            yield

    return patch


def setting(set_it, ask):
    """Return a way to set something to a value, and back."""

    def other(value):
        def changed():
            old = ask()  # now: another test of this process may have set it, too
            return calling(lambda: set_it(value), lambda: set_it(old))

        return changed

    return other


LEFT_IN_THE_PROCESS = {
    "torch's gradient mode": setting(torch.set_grad_enabled, torch.is_grad_enabled)(False),
    "torch's default dtype": setting(torch.set_default_dtype, torch.get_default_dtype)(torch.half),
    "torch's default device": setting(torch.set_default_device, lambda: None)("meta"),
    "torch's precision of products": setting(
        torch.set_float32_matmul_precision, torch.get_float32_matmul_precision
    )("medium"),
    "torch's choice of algorithms": setting(
        torch.use_deterministic_algorithms, torch.are_deterministic_algorithms_enabled
    )(True),
    "torch's search for anomalies": setting(
        torch.autograd.set_detect_anomaly, torch.is_anomaly_enabled
    )(True),
    "the number of torch's threads": setting(torch.set_num_threads, torch.get_num_threads)(7),
    "torch's hooks on all modules": hook_on_all_modules,
    "numpy's answer to errors": setting(lambda way: numpy.seterr(**way), numpy.geterr)(
        {"all": "raise"}
    ),
    "the current folder": setting(os.chdir, os.getcwd)("/"),
    "the rights of new files": setting(os.umask, lambda: 0o22)(0o77),
    "sys.stdout": patched(sys, "stdout", sys.__stderr__),
    "sys.excepthook": patched(sys, "excepthook", print),
    "sys.path": patched(sys, "path", [*sys.path, "elsewhere"]),
    "how deep Python recurses": setting(sys.setrecursionlimit, sys.getrecursionlimit)(5000),
    "Python's collector of garbage": lambda: calling(gc.disable, gc.enable),
    "builtins.print": patched(builtins, "print", id),
    "torch.nn.functional.softmax": patched(torch.nn.functional, "softmax", id),
    "GPTJAttention.forward": patched(GPTJAttention, "forward", id),
    "decimal numbers": setting(decimal.setcontext, decimal.getcontext)(decimal.Context(prec=3)),
    "the thread left behind": threads,
    "what signals do": setting(
        lambda does: signal.signal(signal.SIGUSR1, does), lambda: signal.getsignal(signal.SIGUSR1)
    )(signal.SIG_IGN),
    "the logger nnsight": handler,
    "the logger of all": setting(logging.root.setLevel, lambda: logging.root.level)(1),
    "the environment variable ODD": lambda: calling(
        lambda: os.environ.update(ODD="1"), lambda: os.environ.pop("ODD")
    ),
}


@pytest.mark.parametrize("name", LEFT_IN_THE_PROCESS)
def test_what_is_left_in_the_process_is_noticed_by_its_name(shared_model, name):
    before = of_process(shared_model)
    with LEFT_IN_THE_PROCESS[name]():
        assert before.differences(of_process(shared_model)) == [name]
    assert before.differences(of_process(shared_model)) == []


def test_seeds_warnings_and_how_numbers_are_printed_are_put_back():
    warnings.simplefilter("once")
    kept = PutBack()

    def now():
        kept.put_back()
        number = 1 / 3
        with warnings.catch_warnings(record=True) as caught:
            warnings.warn("again", UserWarning, stacklevel=1)
        return (
            *(random.random(), numpy.random.rand(), torch.rand(1).item()),
            *(str(torch.tensor(number)), str(numpy.float64(number)), str(numpy.array([number]))),
            *(CONFIG.APP.REMOTE_LOGGING, len(caught)),
        )

    before = now()
    random.random(), numpy.random.rand(), torch.rand(1)
    torch.set_printoptions(precision=1)
    numpy.set_printoptions(precision=1)
    warnings.simplefilter("ignore")
    CONFIG.APP.REMOTE_LOGGING = not CONFIG.APP.REMOTE_LOGGING
    assert now() == before
