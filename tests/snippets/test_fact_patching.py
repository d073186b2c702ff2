"""Where is the fact: the maps of one pair of prompts, against the same without nnsight."""

import re
from contextlib import ExitStack

import pytest
import torch

from nnsight_guide.html.maps import MIME, Map
from snippets.model import REMOTE, model
from tests.support.blocks import hidden_states
from tests.support.snippets import Lazily

exercise = Lazily("fact_patching")

N_LAYERS, SEQ_LEN = model.config.n_layer, 10  # tokens of either prompt
LAST = SEQ_LEN - 1
NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.fixture(scope="module")
def ids():
    return {
        prompt: torch.tensor([exercise.tokenizer.encode(prompt)])
        for prompt in (exercise.base, exercise.source, *exercise.others)
    }


@pytest.fixture(scope="module")
def states(states_here, ids):
    """What each layer returns for each prompt."""
    return {prompt: states_here(input_ids) for prompt, input_ids in ids.items()}


@pytest.fixture(scope="module")
def share(module_here, ids):
    """How far Paris is ahead of Rome when one state is put in, as a share of the difference."""
    paris, rome = (exercise.tokenizer.encode(f" {city}")[0] for city in ("Paris", "Rome"))

    def lead(prompt):
        logits = module_here(ids[prompt]).logits[0, -1].float()
        return (logits[paris] - logits[rome]).item()

    @torch.no_grad()
    def share(layer, position, state):
        def put_in(module, inputs, output):
            hidden_states(output)[0, position] = state

        with module_here.transformer.h[layer].register_forward_hook(put_in):
            patched = lead(exercise.base)
        ends = lead(exercise.base), lead(exercise.source)
        return (patched - ends[0]) / (ends[1] - ends[0])

    return share


@pytest.fixture(scope="module")
def drawn(recording):
    def drawn(cell):
        (output,) = recording("fact_patching").cell(cell)["outputs"]
        return Map(**output["data"][MIME])

    return drawn


def test_the_prompts_differ_in_the_subject_alone(recorded):
    first, second = recorded("fact_patching", "prompts").splitlines()
    assert first == "['The', ' Col', 'os', 'se', 'um', ' is', ' in', ' the', ' city', ' of']"
    assert second == "['The', ' E', 'iff', 'el', ' Tower', ' is', ' in', ' the', ' city', ' of']"
    assert exercise.subject == [1, 2, 3, 4]


def test_the_two_ends_are_the_leads_of_the_two_prompts(module_here, ids, recorded):
    ends = []
    for prompt in (exercise.base, exercise.source):
        with torch.no_grad():
            logits = module_here(ids[prompt]).logits[0, -1].float()
        ends.append((logits[exercise.paris] - logits[exercise.rome]).item())
        best = exercise.tokenizer.decode(logits.argmax())
        assert best == {exercise.base: " Rome", exercise.source: " Paris"}[prompt]
    shown = [float(number) for number in NUMBER.findall(recorded("fact_patching", "ends"))]
    assert shown == pytest.approx([*ends, ends[1] - ends[0]], abs=0.15)
    assert ends[0] < -10
    assert ends[1] > 10


@pytest.mark.parametrize("layer", range(N_LAYERS))
def test_each_number_of_the_map_is_that_of_a_patch_by_hand(layer, states, share, drawn):
    of_source = states[exercise.source][layer][0]
    by_hand = [share(layer, position, of_source[position]) for position in range(SEQ_LEN)]
    assert exercise.restored[layer].tolist() == pytest.approx(by_hand, abs=0.01)
    assert drawn("draw").values[layer] == pytest.approx(by_hand, abs=0.016)


def test_the_fact_goes_from_the_subject_to_the_last_token_after_layer_1():
    restored = exercise.restored
    of_subject = restored[:, exercise.subject].sum(dim=1)
    assert of_subject[:2].min() > 0.8
    assert 0.3 < of_subject[2] < 0.5
    assert restored[:2, LAST].abs().max() < 0.1
    assert 0.4 < restored[2, LAST] < 0.6
    # After layer 2 the most of it is in one place: what holds by construction is left out.
    assert restored[:3].argmax() == 2 * SEQ_LEN + LAST


def test_the_words_between_restore_nothing():
    assert exercise.restored[:3, 6:LAST].abs().max() < 0.02


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        ("draw", "What one state of the Eiffel Tower's run restores"),
        ("draw_estimate", "The same, estimated by gradients"),
    ],
)
def test_the_maps_name_layers_and_tokens_and_share_one_scale(drawn, cell, title):
    found = drawn(cell)
    tokens = ["The", "Col", "os", "se", "um", "is", "in", "the", "city", "of"]
    assert found.columns == [f"{number} {token}" for number, token in enumerate(tokens)]
    assert found.rows == [str(layer) for layer in range(N_LAYERS)]
    assert (found.title, found.form) == (title, ".2f")
    assert (found.end, found.diverges) == (1, True)
    assert (found.columns_are, found.rows_are) == ("token", "layer")
    assert found.values_are == "share restored"


def test_what_a_reader_sees_of_plotly_fills_its_place_in_red_and_blue():
    layout = exercise.draw(exercise.restored, "").layout
    assert layout.xaxis.scaleanchor is None  # the cells need not be squares
    assert layout.coloraxis.colorscale[0][1] == "rgb(103,0,31)"
    assert layout.coloraxis.colorscale[-1][1] == "rgb(5,48,97)"


def test_other_landmarks_restore_half_of_it_in_the_same_places(states, share, recorded):
    lines = recorded("fact_patching", "other_landmarks").splitlines()
    shown = [[float(number) for number in NUMBER.findall(line)] for line in lines]
    assert [line.partition(":")[0] for line in lines] == [f"layer {n}" for n in range(N_LAYERS)]
    places = [*exercise.subject, LAST]
    for layer in (0, 2):
        by_hand = [
            [share(layer, at, states[other][layer][0, at]) for at in places]
            for other in exercise.others
        ]
        mean = torch.tensor(by_hand).mean(dim=0)
        expected = [mean[:-1].sum().item(), mean[-1].item()]
        assert shown[layer][1::2] == pytest.approx(expected, abs=0.03)
    restored, strong = exercise.restored, [(0, 0), (1, 0), (2, 0), (2, 2)]
    for layer in range(N_LAYERS):
        own = [restored[layer, exercise.subject].sum().item(), restored[layer, LAST].item()]
        assert shown[layer][::2] == pytest.approx(own, abs=0.006)
    for layer, column in strong:
        ours, theirs = shown[layer][column : column + 2]
        assert 0.4 * ours < theirs < 0.75 * ours
    assert all(abs(shown[layer][3]) < 0.1 for layer in (0, 1))


def test_the_other_landmarks_are_as_long_and_none_of_them_is_in_paris_or_rome(ids, module_here):
    for other in exercise.others:
        assert ids[other].shape == ids[exercise.base].shape
        differ = (ids[other] != ids[exercise.base])[0].nonzero().flatten().tolist()
        assert differ == exercise.subject
        with torch.no_grad():
            best = module_here(ids[other]).logits[0, -1].argmax().item()
        assert best not in (exercise.paris, exercise.rome)


def test_the_estimates_are_gradient_times_difference_by_pytorch_alone(module_here, ids, states):
    kept = []

    def keep(module, inputs, output):
        kept.append(hidden_states(output).requires_grad_())
        kept[-1].retain_grad()

    with ExitStack() as hooks:
        for layer in module_here.transformer.h:
            hooks.enter_context(layer.register_forward_hook(keep))
        logits = module_here(ids[exercise.base]).logits[0, -1].float()
    loss = logits[exercise.paris] - logits[exercise.rome]
    loss.backward()
    module_here.zero_grad()
    by_hand = torch.stack(
        [
            (own.grad.float() * (new - own.detach()).float()).sum(dim=-1)[0]
            for own, new in zip(kept, states[exercise.source], strict=True)
        ]
    )
    expected = by_hand / exercise.difference
    torch.testing.assert_close(exercise.estimated, expected, atol=0.02, rtol=0.05)


def test_the_estimates_are_drawn(drawn):
    shown = torch.tensor(drawn("draw_estimate").values)
    torch.testing.assert_close(shown, exercise.estimated, atol=0.006, rtol=0)


def test_where_patching_restores_a_fifth_gradients_have_the_same_sign_and_are_smaller(recorded):
    strong = exercise.restored >= 0.2
    strong[-1] = False  # there it is 1 by construction
    assert strong.sum() >= 8
    ratios = exercise.estimated[strong] / exercise.restored[strong]
    assert ratios.min() > 0
    assert ratios.max() < 1.1
    assert 0.4 < ratios.mean() < 0.75
    strong = exercise.restored >= 0.2
    ratios = exercise.estimated[strong] / exercise.restored[strong]
    first, second = recorded("fact_patching", "agreement").splitlines()
    assert first == f"the same sign in {len(ratios)} of {len(ratios)} cells"
    shown = [int(percent) / 100 for percent in re.findall(r"(\d+)%", second)]
    expected = [ratios.mean().item(), ratios.min().item(), ratios.max().item()]
    assert shown == pytest.approx(expected, abs=0.006)


@pytest.mark.local
def test_the_gradients_are_those_of_states_and_of_no_weight():
    assert exercise.estimated is not None  # so the gradients have been taken
    assert [name for name, weight in model.named_parameters() if weight.grad is not None] == []


@pytest.mark.local
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_a_plain_backward_leaves_grad_none():
    lead = exercise.lead
    with model.trace(exercise.base, remote=REMOTE):
        state = hidden_states(model.transformer.h[0].output)
        lead(model.lm_head.output[0, -1]).backward()
        found = [state.grad is None].save()
    model.zero_grad()
    assert found == [True]


def test_the_lead_begins_slowly_and_rises_faster_later(states, share, recorded):
    lines = recorded("fact_patching", "in_steps").splitlines()
    assert [line.partition("%")[0] for line in lines] == ["0", "25", "50", "75", "100"]
    shares = [float(NUMBER.search(line)[0]) for line in lines]
    layer = exercise.middle
    old, new = (states[prompt][layer][0, -1] for prompt in (exercise.base, exercise.source))
    by_hand = [share(layer, -1, old + part * (new - old)) for part in (0, 0.25, 0.5, 0.75, 1)]
    assert shares == pytest.approx(by_hand, abs=0.03)
    assert shares[1] < 0.8 * shares[-1] / 4
    assert shares[3] - shares[2] > 1.3 * shares[1]


def test_halfway_between_the_two_states_is_a_shorter_vector_than_either(states):
    prompts = exercise.base, exercise.source
    old, new = (states[prompt][exercise.middle][0, -1].float() for prompt in prompts)
    assert ((old + new) / 2).norm() < min(old.norm(), new.norm())
