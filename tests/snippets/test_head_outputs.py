"""What a layer's heads hand to `o_proj`, and what that writes, by PyTorch's own hooks."""

import pytest
import torch

from tests.support.snippets import Lazily

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("second")]
heads = Lazily("head_outputs")
task = Lazily("task_states")


def test_the_heads_of_a_layer_share_its_columns_among_them():
    assert (heads.n_heads, heads.d_head, len(heads.out_projs)) == (9, 64, 30)
    assert [heads.columns_of(head) for head in (0, 1, 8)] == [
        slice(0, 64),
        slice(64, 128),
        slice(512, 576),
    ]


def test_the_means_are_what_comes_into_o_proj_at_the_last_position(second_here):
    pairs = task.train_pairs[:6]
    means = heads.mean_outputs(pairs)
    assert means.shape == (30, 576)
    assert not means.requires_grad
    for layer in (0, 14, 29):
        found = []
        out_proj = second_here.model.layers[layer].self_attn.o_proj
        keep = out_proj.register_forward_pre_hook(lambda _, a, f=found: f.append(a[0][0, -1]))
        with torch.no_grad(), keep:
            for word, _ in pairs:
                prompt = task.few_shot(word, pairs)
                second_here(torch.tensor([task.tokenizer.encode(prompt)]))
        mean = torch.stack(found).mean(dim=0)
        assert (means[layer] - mean).norm() < 1e-3 * mean.norm()


def test_the_vector_is_what_their_part_of_o_proj_makes_of_their_means(second_here):
    means = torch.randn(30, 576, generator=torch.Generator().manual_seed(0))
    chosen = [(20, 5), (14, 1), (0, 0)]
    written = torch.zeros(576)
    for layer, head in chosen:
        alone = torch.zeros(576)
        alone[head * 64 : (head + 1) * 64] = means[layer, head * 64 : (head + 1) * 64]
        with torch.no_grad():
            written += second_here.model.layers[layer].self_attn.o_proj(alone)
    vector = heads.vector_of(chosen, means)
    torch.testing.assert_close(vector, written, atol=1e-4, rtol=1e-4)
    assert not vector.requires_grad


def test_no_cell_prints_anything(recorded, recorded_cells):
    names = recorded_cells("head_outputs")
    assert names == ["names", "mean_outputs", "vector_of"]
    assert [recorded("head_outputs", name) for name in names] == ["", "", ""]
