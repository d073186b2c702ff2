"""Part two, chapter 4: generation, step by step, and steering."""

import re

import pytest
import torch

from snippets.model import REMOTE, model
from tests.support.snippets import Lazily

chapter = Lazily("writing_text")


def lines(recorded, cell):
    return recorded("writing_text", cell).splitlines()


def greedy(module, prompt, n_tokens):
    """What the model writes when each best token is put behind the prompt, with no cache."""
    token_ids = torch.tensor([model.tokenizer.encode(prompt)])
    for _ in range(n_tokens):
        best = module(token_ids, use_cache=False).logits[0, -1].argmax()
        token_ids = torch.cat([token_ids, best.view(1, 1)], dim=1)
    return model.tokenizer.decode(token_ids[0])


def test_the_text_is_the_best_token_again_and_again(recorded, module_here):
    assert lines(recorded, "generate") == [repr(greedy(module_here, chapter.prompt, 8))]
    assert "the city of Paris" in recorded("writing_text", "generate")


def test_the_first_step_reads_the_prompt_and_each_later_one_a_single_token(recorded):
    width = model.config.n_embd
    n_tokens = len(model.tokenizer.encode(chapter.prompt))
    shapes = [re.match(r"\[.*?\]", line).group() for line in lines(recorded, "steps")]
    assert shapes == [f"[1, {n_tokens}, {width}]"] + [f"[1, 1, {width}]"] * 7


def test_the_tokens_of_the_steps_are_the_text(recorded):
    tokens = re.findall(r"'(.*)'", recorded("writing_text", "steps"))
    assert repr(chapter.prompt + "".join(tokens)) == lines(recorded, "generate")[0]
    assert lines(recorded, "one_step") == [f"the fourth: {tokens[3]!r}"]


@pytest.mark.local  # a service keeps the warning for itself
def test_after_a_loop_without_an_end_nothing_is_reached(recording):
    *warned, failed = recording("writing_text").cell("without_an_end")["outputs"]
    assert "was never reached" in str(warned)
    assert (failed["ename"], failed["evalue"]) == ("NameError", "name 'written' is not defined")


def test_a_text_ends_at_the_string_that_was_named(recorded):
    assert lines(recorded, "stop") == ["'The Eiffel Tower is in the city of Paris.'"]


def text_up_to_its_full_stop():
    """Write with a loop that asks for more steps, and take the text in a second block."""
    options = {"max_new_tokens": 40, "do_sample": False, "stop_strings": "."}
    tokenizer, prompt = model.tokenizer, chapter.prompt
    with model.generate(tokenizer=tokenizer, remote=REMOTE, **options) as tracer:
        with tracer.invoke(prompt):
            tokens = [].save()
            for _ in tracer.iter[:40]:
                tokens.append(model.lm_head.output[0, -1].argmax().item())
        with tracer.invoke():
            written = tracer.result.save()
    return tokens, written[0].tolist()


@pytest.mark.filterwarnings("ignore:.*was never reached")
def test_past_an_early_end_a_second_block_is_reached():
    tokens, written = text_up_to_its_full_stop()
    assert model.tokenizer.decode(written).endswith("Paris.")
    assert tokens == written[-len(tokens) :]


def test_a_seed_writes_one_text_and_another_seed_another(recorded):
    texts = [line.split(" ", 1) for line in lines(recorded, "sampled")]
    assert [seed for seed, _ in texts] == ["0", "0", "1", "2"]
    assert texts[0] == texts[1]
    assert len({text for _, text in texts}) == 3


def test_each_prompt_that_is_steered_is_answered_rightly_when_left_alone(module_here):
    with model.trace(list(chapter.tried_on), remote=REMOTE):
        best = model.lm_head.output[:, -1].argmax(dim=-1).tolist().save()
    assert best == [model.tokenizer.encode(start)[0] for start, _ in chapter.pairs]


def test_what_is_steered_is_in_no_mean_of_its_own_city_and_is_worded_otherwise():
    states = torch.arange(18.0)[:, None]
    starts, goals = chapter.city_means(states)
    for number, city in enumerate(chapter.cities):
        assert starts[city].item() == 3 * number + 1.5
        assert goals[city].item() == 3 * number + 1
        assert chapter.learned_from[3 * number].startswith(chapter.first_of[city])
    assert set(chapter.tried_on).isdisjoint(chapter.learned_from)


def test_one_strength_leads_from_paris_to_rome_and_none_leaves_it_in_paris(recorded):
    answers = dict(line.split(" ", 1) for line in lines(recorded, "from_paris_to_rome"))
    assert answers.pop("0") == "' Paris'"
    assert set(answers.values()) == {"' Rome'"}


def test_steering_works_from_the_middle_on_and_noise_as_strong_does_not(recorded):
    found = re.findall(r"layer (\d+), (.*?) +(\d+) of 30", recorded("writing_text", "every_pair"))
    turned = {(int(number), what): int(n) / 30 for number, what, n in found}
    middle = model.config.n_layer // 2
    assert turned[middle, "3 x the vector"] >= 0.75
    assert 0.2 < turned[middle, "1 x the vector"] < 0.75
    assert max(share for (_, what), share in turned.items() if what == "3 x noise") <= 0.1
    below = [share for (number, _), share in turned.items() if number < middle]
    assert max(below) <= 0.1
    assert len(chapter.pairs) == len(set(chapter.pairs)) == 30


def test_the_noise_is_as_long_as_each_vector_and_points_elsewhere():
    vectors = torch.randn(30, model.config.n_embd) * torch.linspace(1, 50, 30)[:, None]
    noise = chapter.noise_like(vectors)
    assert torch.allclose(noise.norm(dim=-1), vectors.norm(dim=-1))
    assert torch.cosine_similarity(noise, vectors).abs().max() < 0.5


def test_a_push_at_every_step_turns_the_text_and_a_strong_one_ruins_it(recorded):
    as_it_is, pushed, too_far = lines(recorded, "every_step")
    assert "The capital of France is Paris" in as_it_is
    assert "Italy is Rome" in pushed
    assert too_far.count("Rome") > 5


def test_a_push_at_the_first_step_turns_one_token_and_leaves_the_rest_a_sentence(recorded):
    text = recorded("writing_text", "only_the_first_step")
    assert text.startswith("'You can visit the Eiffel Tower in Rome.")
    assert text.count("Rome") == 1
