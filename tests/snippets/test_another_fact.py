"""Where is the fact, in a real model: the map, against the same by PyTorch's hooks alone."""

import re
from functools import cache

import pytest
import torch

from nnsight_guide.html.maps import MIME, Map
from tests.support.snippets import Lazily

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("second")]

chapter = Lazily("another_fact")

N_LAYERS, SEQ_LEN = 30, 9
LAST, SUBJECT = SEQ_LEN - 1, 2  # " of", and the second of three tokens of the landmark
NEAR = 0.011  # what is shown is rounded, and machines differ
NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.fixture(scope="module")
def ids():
    prompts = (chapter.base, chapter.source, chapter.colosseum, *chapter.others)
    return {prompt: torch.tensor([chapter.tokenizer.encode(prompt)]) for prompt in prompts}


@pytest.fixture(scope="module")
def states(second_here, ids):
    """What a layer returns for a prompt: (seq_len, d_model)."""

    @cache
    @torch.no_grad()
    def states(prompt, layer):
        caught = []
        keep = second_here.model.layers[layer].register_forward_hook(
            lambda *call: caught.append(call[2])
        )
        with keep:
            second_here(ids[prompt])
        return caught[0][0]

    return states


@pytest.fixture(scope="module")
def lead(second_here, ids):
    """How far Paris is ahead of Rome, if a layer has another state at a position."""
    paris, rome = (chapter.tokenizer.encode(f" {city}")[0] for city in ("Paris", "Rome"))

    @torch.no_grad()
    def lead(prompt, layer=0, position=0, state=None):
        def put_in(module, inputs, output):
            if state is not None:
                output[0, position] = state

        with second_here.model.layers[layer].register_forward_hook(put_in):
            logits = second_here(ids[prompt], logits_to_keep=1).logits[0, -1]
        return (logits[paris] - logits[rome]).item()

    return lead


@pytest.fixture(scope="module")
def share(states, lead):
    """What share of the difference the state of a prompt restores at one place of a base."""

    ends = cache(lead)

    def share(layer, position, prompt, base=chapter.base):
        patched = lead(base, layer, position, states(prompt, layer)[position])
        return (patched - ends(base)) / (ends(chapter.source) - ends(base))

    return share


def numbers(line):
    return [float(number) for number in NUMBER.findall(line)]


def test_the_prompts_differ_in_three_tokens(recorded, ids):
    first, second = recorded("another_fact", "prompts").splitlines()
    assert first == "['The', ' Tre', 'vi', ' Fountain', ' is', ' in', ' the', ' city', ' of']"
    assert second == "['The', ' E', 'iffel', ' Tower', ' is', ' in', ' the', ' city', ' of']"
    for prompt, input_ids in ids.items():
        assert input_ids.shape == (1, SEQ_LEN), prompt
        differ = (input_ids != ids[chapter.base])[0].nonzero().flatten().tolist()
        assert differ == ([] if prompt == chapter.base else [1, 2, 3])


def test_the_two_ends_are_the_leads_of_the_two_prompts(lead, recorded, second_here, ids):
    ends = lead(chapter.base), lead(chapter.source)
    shown = numbers(recorded("another_fact", "ends"))
    assert shown == pytest.approx([*ends, ends[1] - ends[0]], abs=0.06)
    for prompt, city in ((chapter.base, " Rome"), (chapter.source, " Paris")):
        assert chapter.tokenizer.decode(second_here(ids[prompt]).logits[0, -1].argmax()) == city


@pytest.mark.parametrize("layer", [0, 11, 22, 23, 29])
def test_a_row_of_the_map_is_that_of_patches_by_hand(layer, share, recording):
    by_hand = [share(layer, position, chapter.source) for position in range(SEQ_LEN)]
    assert chapter.restored[layer].tolist() == pytest.approx(by_hand, abs=1e-3)
    assert drawn(recording).values[layer] == pytest.approx(by_hand, abs=NEAR)


def drawn(recording):
    (output,) = recording("another_fact").cell("draw")["outputs"]
    return Map(**output["data"][MIME])


def test_the_fact_is_on_one_token_through_twenty_layers_and_then_on_the_last():
    restored = chapter.restored
    assert restored.shape == (N_LAYERS, SEQ_LEN)
    assert restored[:23, SUBJECT].min() > 0.9
    assert restored[23:, SUBJECT].abs().max() < 0.05
    assert restored[:20, LAST].abs().max() < 0.06
    assert 0.15 < restored[22, LAST] < 0.3
    assert restored[23:29, LAST].min() > 0.7
    assert restored[:, 4:LAST].abs().max() < 0.15


def test_what_cannot_be_otherwise_is_so():
    assert chapter.restored[:, 0].abs().max() < 1e-3
    assert chapter.restored[-1, :LAST].abs().max() < 1e-3
    assert chapter.restored[-1, LAST] == pytest.approx(1, abs=1e-3)


def test_the_map_names_layers_and_tokens_on_a_scale_from_minus_one_to_one(recording):
    found = drawn(recording)
    tokens = ["The", "Tre", "vi", "Fountain", "is", "in", "the", "city", "of"]
    assert found.columns == [f"{number} {token}" for number, token in enumerate(tokens)]
    assert found.rows == [str(layer) for layer in range(N_LAYERS)]
    assert found.title == "What one state of the Eiffel Tower's run restores"
    assert (found.form, found.end, found.diverges) == (".2f", 1, True)
    assert (found.columns_are, found.rows_are) == ("token", "layer")
    assert found.values_are == "share restored"


def test_other_landmarks_restore_much_less_in_the_same_places(share, recorded):
    lines = recorded("another_fact", "other_landmarks").splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"layer {layer}" for layer in (0, 12, 22, 23, 26)
    ]
    shown = [numbers(line) for line in lines]
    for layer, row in ((0, 0), (22, 2), (23, 3)):
        expected = []
        for position in (SUBJECT, LAST):
            theirs = [share(layer, position, other) for other in chapter.others]
            expected += [share(layer, position, chapter.source), sum(theirs) / len(theirs)]
        assert shown[row] == pytest.approx(expected, abs=NEAR)
    for own, others, _, _ in shown[:3]:
        assert own > 0.9
        assert others < 0.4
    for _, _, own, others in shown[3:]:
        assert own > 0.7
        assert others < 0.2


def test_none_of_the_other_landmarks_is_in_paris_or_rome(second_here, ids):
    for other in chapter.others:
        best = chapter.tokenizer.decode(second_here(ids[other]).logits[0, -1].argmax())
        assert best in {" Berlin", " Athens", " Madrid", " Istanbul"}


def test_the_others_states_make_the_model_name_their_cities(states, second_here, ids, recorded):
    landmarks = (chapter.source, *chapter.others)
    lines = recorded("another_fact", "answers").splitlines()
    cities = []
    for prompt, line in zip(landmarks, lines, strict=True):
        state = states(prompt, 12)[SUBJECT]

        def put_in(module, inputs, output, state=state):
            output[0, SUBJECT] = state

        with second_here.model.layers[12].register_forward_hook(put_in), torch.no_grad():
            logits = second_here(ids[chapter.base], logits_to_keep=1).logits[0, -1]
        probability, best = logits.softmax(dim=0).max(dim=0)
        assert line.startswith(f"the state of {prompt.removesuffix(' is in the city of')}: ")
        assert line.endswith(repr(chapter.tokenizer.decode(best)))
        assert numbers(line) == pytest.approx([probability.item()], abs=NEAR)
        cities.append(chapter.tokenizer.decode(best))
    assert cities == [" Paris", " Berlin", " Athens", " Madrid", " Rome"]


def test_three_heads_of_layer_23_move_it_and_the_other_six_do_not(second_here, ids, lead, recorded):
    o_proj = second_here.model.layers[23].self_attn.o_proj
    handed_in = []
    keep = o_proj.register_forward_pre_hook(lambda module, inputs: handed_in.append(inputs[0]))
    with keep, torch.no_grad():
        second_here(ids[chapter.base])
    ends = lead(chapter.base), lead(chapter.source)
    left = {}
    for readers, line in ((True, 0), (False, 1)):
        heads = [head for head in range(9) if (head in (1, 4, 5)) is readers]
        columns = [head * 64 + column for head in heads for column in range(64)]

        def put_in(module, inputs, columns=columns):
            inputs[0][0, LAST, columns] = handed_in[0][0, LAST, columns]

        with o_proj.register_forward_pre_hook(put_in):
            left[readers] = (lead(chapter.source) - ends[0]) / (ends[1] - ends[0])
        shown = recorded("another_fact", "moving").splitlines()[line]
        assert shown.startswith(f"without heads {heads} of layer 23: ")
        assert shown.endswith(" left")
        assert numbers(shown) == pytest.approx([left[readers]], abs=NEAR)
    assert left[True] < 0.4
    assert left[False] > 0.8


def test_with_the_colosseum_two_tokens_share_the_fact(share, recorded):
    lines = recorded("another_fact", "another_base").splitlines()
    shown = {int(re.search(r"\d+", line)[0]): numbers(line) for line in lines}
    assert list(shown) == [0, 12, 22, 23, 26]
    for layer in (12, 23):
        places = (1, 2, 3, LAST)
        by_hand = [share(layer, at, chapter.source, chapter.colosseum) for at in places]
        assert shown[layer] == pytest.approx(by_hand, abs=NEAR)
    _, second, third, _ = shown[12]
    assert second > 0.7
    assert third > 0.3
    assert shown[23][3] > 0.7
    assert max(map(abs, shown[23][:3])) < 0.05


def test_both_tokens_at_once_restore_no_more_than_all_of_it(lead, states):
    places = [2, 3]
    ends = lead(chapter.colosseum), lead(chapter.source)
    both = lead(chapter.colosseum, 12, places, states(chapter.source, 12)[places])
    assert 0.95 < (both - ends[0]) / (ends[1] - ends[0]) < 1
