"""The exercise on single heads: the map is what hooks of PyTorch give, and no head matters."""

import re

import pytest
import torch

from nnsight_guide.html.maps import MIME, Map
from snippets.model import model
from tests.support.snippets import Lazily

exercise = Lazily("which_heads")


@pytest.fixture(scope="module")
def drawn(recording):
    """The map that the page shows."""
    (output,) = recording("which_heads").cell("draw")["outputs"]
    return Map(**output["data"][MIME])


@pytest.fixture(scope="module")
def by_hooks(module_here):
    """The logits of a prompt, with the mean over all prompts in the place of a head; no nnsight."""
    alone = [torch.tensor([model.tokenizer.encode(prompt)]) for prompt in exercise.prompts]
    modules = [block.attn.out_proj for block in module_here.transformer.h]

    @torch.no_grad()
    def handed_in(layer):
        """What comes in at the last position of each prompt, run alone."""
        caught = []
        with modules[layer].register_forward_pre_hook(
            lambda _, args: caught.append(args[0][0, -1].clone())
        ):
            for ids in alone:
                module_here(ids)
        return torch.stack(caught)

    @torch.no_grad()
    def logits(layer, head):
        width = module_here.config.n_embd // module_here.config.n_head
        own = slice(head * width, (head + 1) * width)
        mean = handed_in(layer)[:, own].mean(dim=0)

        def put_in(_, args):
            (values,) = args
            values = values.clone()
            values[0, -1, own] = mean
            return (values,)

        with modules[layer].register_forward_pre_hook(put_in):
            ends = [module_here(ids).logits[0, -1] for ids in alone]
        return torch.stack(ends).float()

    return logits


@pytest.mark.parametrize(("layer", "head"), [(0, 5), (2, 11), (3, 4), (3, 10)])
def test_a_number_of_the_map_is_what_hooks_of_pytorch_give_prompt_by_prompt(by_hooks, layer, head):
    logits = by_hooks(layer, head)
    places = range(len(exercise.prompts))
    leads = logits[places, exercise.rights] - logits[places, exercise.wrongs]
    without = leads.mean().item()
    assert exercise.lost[layer, head].item() == pytest.approx(1 - without / exercise.lead, abs=2e-3)


def test_a_wrong_city_is_that_of_the_next_landmark_and_never_right(recorded):
    words = [model.tokenizer.decode(token) for token in exercise.rights]
    assert words == [*exercise.cities.values()]
    assert [model.tokenizer.decode(token) for token in exercise.wrongs] == [*words[1:], words[0]]
    assert len(set(words)) == len(words)
    assert recorded("which_heads", "facts") == f"as it is: {exercise.lead:.1f} ahead"
    assert exercise.lead > 10


def test_no_single_head_takes_a_twentieth_of_the_lead_and_those_of_the_first_layers_nothing(drawn):
    assert torch.tensor(drawn.values).abs().max() <= 0.05
    assert torch.tensor(drawn.values).max() >= 0.03  # and yet there is something to see
    assert torch.tensor(drawn.values[:2]).abs().max() <= 0.01


def test_whichever_head_is_out_every_answer_is_right():
    n_heads, width = model.config.n_head, exercise.d_head
    for layer in model.transformer.h:
        with model.trace(exercise.prompts * n_heads, logits_to_keep=1):
            handed_in = layer.attn.out_proj.input.unflatten(0, (n_heads, -1))
            for head in range(n_heads):  # each group of rows does without another one
                own = slice(head * width, (head + 1) * width)
                handed_in[head, :, -1, own] = handed_in[head, :, -1, own].mean(dim=0)
            best = model.lm_head.output[:, -1].argmax(dim=-1).tolist().save()
        assert best == exercise.rights * n_heads


def test_the_map_shows_the_shares_with_heads_and_layers_on_its_axes(drawn):
    torch.testing.assert_close(
        torch.tensor(drawn.values), exercise.lost.float(), atol=0.00501, rtol=0
    )
    assert (drawn.columns_are, drawn.rows_are) == ("head", "layer")
    assert drawn.columns == [str(head) for head in range(model.config.n_head)]
    assert drawn.rows == [str(layer) for layer in range(model.config.n_layer)]
    assert (drawn.title, drawn.values_are) == ("What goes with each head", "share of the lead")
    assert (drawn.form, drawn.diverges) == (".0%", True)


def test_all_heads_of_a_late_layer_at_once_cost_more_than_one_by_one(recorded):
    shown = re.findall(
        r"^layer (\d): one by one (-?[\d.]+), all at once (-?[\d.]+)$",
        recorded("which_heads", "whole_layers"),
        re.MULTILINE,
    )
    assert [int(number) for number, _, _ in shown] == list(range(model.config.n_layer))
    sums = [float(one_by_one) for _, one_by_one, _ in shown]
    assert sums == pytest.approx(exercise.lost.sum(dim=1).tolist(), abs=0.006)
    at_once = [float(share) for _, _, share in shown]
    assert at_once == pytest.approx(
        [1 - left / exercise.lead for left in exercise.leads], abs=0.006
    )
    assert 0.4 < sum(sums) < 0.7  # of the lead, all of which must go if all heads are out
    assert all(late > 1.2 * alone > 0.2 for alone, late in zip(sums[2:], at_once[2:], strict=True))
