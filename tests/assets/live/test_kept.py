"""What a run takes from the one before: so much that a letter costs little, and nothing wrong."""

import random

import pytest

pytestmark = pytest.mark.local
EIFFEL = "The Eiffel Tower is in the city of"
TWICE = "Madrid Rome London Tokyo Berlin Madrid Rome London Tokyo"
PATCH = {"prompt": "The Burj Khalifa is in the city of", "layer": 1, "position": -1}
STEER = {"from": "Paris", "to": "Rome", "layer": 2, "strength": 1}
CHANGES = [
    {},
    {"off": [{"layer": 0, "head": 5}]},
    {"off": [{"layer": 3, "head": 1}], "instead": "mean"},
    {"patch": PATCH},
    {"patch": {**PATCH, "position": -4, "layer": 0}},
    {"patch": {**PATCH, "position": 2}},
    {"patch": {**PATCH, "prompt": "You can visit the Louvre in", "position": 2}},
    {"steer": STEER},
    {"patch": {**PATCH, "position": -3}, "steer": {**STEER, "layer": 0}},
]

# Which positions of the runs without and with changes are computed: all others keep their mark.
COMPUTED = """([before, after]) => {
    engine.run(before);
    const {asItIs, changed} = engine.memories;
    const width = engine.config.n_embd;
    const states = memory => memory.hiddenStates.at(-1);
    for (const memory of [asItIs, changed]) {
        memory.kept = states(memory).slice();
        states(memory).fill(1e9);
    }
    engine.run(after);
    return [asItIs, changed].map(memory => {
        const found = memory.ids.flatMap((_, at) => states(memory)[at * width] === 1e9 ? [] : [at]);
        states(memory).set(memory.kept.subarray(0, width * Math.min(...found)));
        delete memory.kept;
        return found;
    });
}"""
# The same states in a row, with what is kept and, after `forget`, with nothing.
IN_A_ROW = """([states, forget]) => states.map(state => {
    if (forget) {
        for (const memory of Object.values(engine.memories)) memory.edits = {};
        engine.interventions.made.key = engine.interventions.patchedFrom = "";
    }
    const {asItIs, changed} = engine.run(state);
    const {n_embd, n_head} = engine.config;
    let sum = 0; // of so many numbers it is only of interest whether they are the same
    const add = all => {
        const bits = new Int32Array(all.buffer, all.byteOffset, 2 * all.length);
        for (let at = 0; at < bits.length; at++) sum = (Math.imul(31, sum) + bits[at]) | 0;
    };
    for (const [{logits, attentions, seqLen, room}, {hiddenStates}] of [
        [asItIs, engine.memories.asItIs], ...changed ? [[changed, engine.memories.changed]] : [],
    ]) {
        add(logits);
        for (const all of hiddenStates) add(all.subarray(0, seqLen * n_embd));
        for (const all of attentions) for (let head = 0; head < n_head; head++)
            add(all.subarray(head * room * room, head * room * room + seqLen * room));
    }
    return sum;
})"""


def test_a_typed_letter_computes_only_the_tokens_from_the_first_changed_one_on(live):
    def computed(before, after, **changes):
        return live.page.evaluate(COMPUTED, [{"prompt": p, **changes} for p in (before, after)])

    off = {"off": [{"layer": 1, "head": 1}]}
    assert computed(EIFFEL, f"{EIFFEL}s", **off) == [[10], [10]]  # "of" and "s"
    assert computed(f"{EIFFEL} Paris", f"{EIFFEL} Pari", **off) == [[10, 11], [10, 11]]
    assert computed(EIFFEL, EIFFEL.replace("city", "country"), **off) == [[8, 9], [8, 9]]
    # What is put in at the last position was another one's before.
    assert computed(EIFFEL, f"{EIFFEL}s", steer=STEER) == [[10], [9, 10]]


def seeded_states():
    """What a reader may do: letters typed and taken back anywhere, changes set and taken back."""
    dice = random.Random(26)
    prompt, changes = EIFFEL, CHANGES[0]
    for _ in range(60):
        at = dice.choice([len(prompt), dice.randrange(len(prompt))])
        how = dice.random()
        if how < 0.4:
            prompt = prompt[:at] + dice.choice("s aR") + prompt[at:]
        elif how < 0.7:
            prompt = prompt[: at - 1] + prompt[at:]
        elif how < 0.8:
            prompt = dice.choice([EIFFEL, TWICE])
        else:
            changes = dice.choice(CHANGES)
        if len(prompt.split()) < 5:
            prompt = EIFFEL
        yield {"prompt": prompt, **changes}


def test_with_what_is_kept_every_number_is_bit_for_bit_that_of_a_run_from_nothing(live):
    states = [*seeded_states()]
    assert live.page.evaluate("states => states.map(state => engine.problem(state))", states) == [
        ""
    ] * len(states)
    kept = live.page.evaluate(IN_A_ROW, [states, False])
    assert kept == live.page.evaluate(IN_A_ROW, [states, True])
    assert len({*kept}) > len(states) / 2
