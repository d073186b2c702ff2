"""Part two, chapter 2: batches, invokes, sessions, the cache, and what stays in memory."""

import re

import pytest
import torch

from snippets.model import REMOTE, model
from tests.support.snippets import Lazily

chapter = Lazily("several_prompts")

N_LAYERS = model.config.n_layer


def lines(recorded, cell):
    return recorded("several_prompts", cell).splitlines()


def test_a_batch_has_an_answer_for_each_prompt(recorded):
    assert lines(recorded, "one_batch") == ["[' Paris', ' London']"]


def test_the_shorter_prompt_is_filled_up_on_the_left(recorded):
    eiffel, big_ben = map(eval, lines(recorded, "padding"))
    assert len(eiffel) == len(big_ben) == 10
    assert "".join(eiffel) == chapter.eiffel
    assert "".join(big_ben).removeprefix("<|endoftext|>" * 3) == chapter.big_ben


def test_padding_changes_no_answer(recorded):
    found = re.findall(r"'( \w+ 0\.\d{4})'", recorded("several_prompts", "alone"))
    assert found[:2] == found[2:]
    assert [answer.split()[0] for answer in found[:2]] == ["Paris", "London"]


def test_prompts_of_any_lengths_have_the_logits_that_they_have_alone():
    prompts = [chapter.big_ben, chapter.eiffel, "The Brandenburg Gate is in", "The"]
    with model.trace(prompts, remote=REMOTE):
        together = model.lm_head.output[:, -1].save()
    for row, prompt in zip(together, prompts, strict=True):
        with model.trace(prompt, remote=REMOTE):
            alone = model.lm_head.output[0, -1].save()
        assert torch.equal(row, alone)


def test_a_position_counted_from_the_left_hits_another_token_in_a_batch(recorded):
    found = [line.split(": ") for line in lines(recorded, "positions")]
    places = [f"{what}, position {place}" for what in ("batch", "alone") for place in (" 6", "-1")]
    assert [place for place, _ in found] == places
    batch_6, batch_last, alone_6, alone_last = (eval(best) for _, best in found)
    assert batch_6 == [" Paris", " London"]
    assert alone_6 == alone_last == batch_last[1:]
    assert {" Paris", " London"}.isdisjoint(batch_last)


def test_a_change_in_one_block_stays_in_its_prompt(recorded):
    with model.trace(chapter.eiffel, remote=REMOTE):
        mlp = model.transformer.h[1].mlp
        mlp.output = torch.zeros_like(mlp.output)
        best = model.lm_head.output[0, -1].argmax().item().save()
    without = model.tokenizer.decode(best)
    assert without != " Paris"
    assert lines(recorded, "invoke") == [f"changed:  {without!r}", "as it is: ' London'"]


def test_a_block_sees_its_own_prompts_and_one_without_any_sees_all(recorded):
    shapes = [eval(line.partition(":")[2]) for line in lines(recorded, "all_prompts")]
    assert [shape[0] for shape in shapes] == [1, 2, 3]
    assert all(shape[1:] == [10, model.config.n_embd] for shape in shapes)


def test_without_a_barrier_a_block_does_not_know_the_names_of_another(recording):
    failed = recording("several_prompts").cell("no_barrier")["outputs"][-1]
    said = f"{failed['ename']}: {failed['evalue']}"  # a service tells it as the end of its error
    assert "NameError: name 'state' is not defined" in said


def test_one_vector_takes_big_ben_half_way_to_paris_by_a_barrier_or_in_a_session(recorded):
    by_barrier, in_session = (
        float(recorded("several_prompts", cell).split()[-1]) for cell in ("barrier", "session")
    )
    assert by_barrier == in_session
    assert 0.3 < by_barrier < 0.7


def test_another_vector_of_the_same_length_does_not_take_big_ben_to_paris():
    big_ben, paris = chapter.big_ben, chapter.paris  # what a trace names is sent, modules whole
    with model.trace(remote=REMOTE) as tracer:
        barrier = tracer.barrier(2)
        with tracer.invoke("The Colosseum is in the city of"):
            state = model.transformer.h[3].input[:, -1]
            barrier()
        with tracer.invoke(big_ben):
            barrier()
            model.transformer.h[3].input[:, -1] = state
            p = model.lm_head.output[0, -1].float().softmax(-1)[paris].item().save()
    assert p < 0.01


def test_the_cache_keeps_what_the_named_modules_return(recorded):
    names = [line.split(" ", 1) for line in lines(recorded, "cache")]
    assert names == [
        [f"model.transformer.h.{n}.mlp", f"[1, 10, {model.config.n_embd}]"] for n in range(N_LAYERS)
    ]


@pytest.mark.local
def test_what_the_cache_keeps_is_detached_and_here():
    with model.trace(chapter.eiffel) as tracer:
        cache = tracer.cache(modules=[chapter.layers[0].mlp])
        (mlp,) = [chapter.layers[0].mlp.output.save()]
    kept = cache["model.transformer.h.0.mlp"].output
    assert torch.equal(kept, mlp)
    assert kept.grad_fn is None
    assert mlp.grad_fn is not None
    assert kept.device.type == "cpu"


def test_after_a_stop_nothing_later_runs(recorded):
    (line,) = lines(recorded, "stop")
    assert line.endswith("and has run: ['model.transformer.h.0', 'model.transformer.h.1']")


@pytest.mark.local
def test_a_slice_keeps_the_whole_tensor_and_the_graph_unless_it_is_detached_and_cloned():
    width = 2 * model.config.n_embd  # bytes
    assert chapter.sliced.untyped_storage().nbytes() == 10 * width
    assert chapter.sliced.grad_fn is not None
    assert chapter.detached.untyped_storage().nbytes() == 10 * width
    assert chapter.detached.grad_fn is None
    assert chapter.cloned.untyped_storage().nbytes() == width
    assert torch.equal(chapter.cloned, chapter.sliced)
    assert isinstance(chapter.size, float)


def test_of_all_ways_to_save_the_last_brings_a_number(recorded):
    assert lines(recorded, "what_stays")[-1] == f"a number: {chapter.size:.0f}"


def test_the_last_position_knows_of_the_tower_from_layer_2_on(recorded):
    shares = [float(line.split()[-1]) for line in lines(recorded, "every_layer")]
    assert len(shares) == N_LAYERS
    assert max(shares[:2]) < 0.05
    assert 0.3 < shares[2] < 0.7  # the last is 1 by construction
