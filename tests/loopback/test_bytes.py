"""A job sends back a number where a number answers the question; the rest is listed, with why."""

import pytest

from benchmarks.remote.cells import result_bytes

# A few numbers, with what torch and zstd put around them; the smallest tensor here takes twice it.
FEW_NUMBERS = 1_000

# The cells that bring down a tensor, or as many numbers, and why.
TENSORS = {
    ("attention_checks", ""): "imports the cells of the exercise, whose answers it checks",
    (
        "attention_checks",
        "check",
    ): "compares the model's patterns with the reader's, which are here",
    ("attention_checks", "check_rotary"): "compares the model's pattern with one computed here",
    ("attention_patterns", "extract"): "the pattern is drawn here",
    ("attention_patterns", "all_layers"): "the patterns are searched, and one is drawn, here",
    ("attention_patterns", "induction"): "the patterns are searched, and one is drawn, here",
    ("fact_checks", "check"): "the checker compares two logits of each layer and position here",
    ("fact_checks", "not_yet"): "the checker compares two logits of each layer and position here",
    ("fact_pairs", "patch_pairs"): "the shares of all thirty pairs, to see how far they lie apart",
    ("remote_execution", "much"): "shows what it costs to save a tensor",
    ("rotary_attention", "queries_and_keys"): "the pattern is computed from them, here",
    ("several_prompts", "cache"): "shows what a cache keeps, which are tensors",
    ("several_prompts", "stop"): "shows it by a cache",
    ("several_prompts", "what_stays"): "compares how much each way of saving keeps",
    ("trace_and_save", "trace"): "the first tensors that a reader saves",
    ("trace_and_save", "not_a_copy"): "shows that what is saved is no copy",
    ("trace_and_save", "what_to_save"): "compares how much each way of saving brings down",
    ("which_heads_checks", "check"): "three numbers for each head and prompt, which tell the slips",
}


@pytest.fixture(scope="module")
def found(root, service):
    """The size of each job's result, by snippet and cell."""
    return result_bytes(root, service)


def test_every_snippet_with_a_trace_was_measured(found):
    assert {snippet for snippet, _ in found} == {
        "attention_checks",
        "attention_patterns",
        "changing_values",
        "fact_checks",
        "fact_pairs",
        "fact_patching",
        "head_groups",
        "input_and_output",
        "logit_lens",
        "remote_execution",
        "rotary_attention",
        "several_prompts",
        "trace_and_save",
        "which_heads",
        "which_heads_checks",
        "writing_text",
    }


def test_no_cell_brings_a_tensor_down_where_a_number_would_do(found):
    large = {cell: max(sizes) for cell, sizes in found.items() if max(sizes) > FEW_NUMBERS}
    assert {cell: size for cell, size in large.items() if cell not in TENSORS} == {}


def test_every_reason_is_of_a_cell_that_does(found):
    assert {cell for cell in TENSORS if max(found.get(cell, [0])) <= FEW_NUMBERS} == set()
