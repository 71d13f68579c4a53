"""One table for all fields: what is read is what separate embeddings would give."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from adlab.errors import ConfigError, InputError
from adlab.layers.feature_embedding import FeatureEmbedding

CODES = torch.tensor([[2, 0], [0, 3], [2, 3]])
NUMBERS = torch.tensor([[0.5], [-1.0], [2.0]])
VECTORS = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
BAGS = {"tags": (torch.tensor([1, 3, 3]), torch.tensor([0, 2, 2, 3]))}  # row 0: 1 and 3; row 1: none; row 2: 3


def embedding() -> FeatureEmbedding:
    torch.manual_seed(0)
    return FeatureEmbedding((3, 4), 2, bags={"tags": 5}, numbers=1, vector_dim=5, projected_dim=3)


def test_a_row_is_its_embeddings_the_mean_of_its_list_its_vector_and_its_numbers():
    part = embedding()
    found = part(CODES, NUMBERS, BAGS, VECTORS)
    table = part.table
    first, second, tags = table[:3], table[3:7], table[7:]
    lists = torch.stack([(tags[1] + tags[3]) / 2, torch.zeros(2), tags[3]])
    separate = [first[CODES[:, 0]], second[CODES[:, 1]], lists, part.projection(VECTORS), NUMBERS]
    assert torch.equal(found, torch.cat(separate, dim=1))
    assert part.output_dim == found.shape[1] == 2 + 2 + 2 + 3 + 1
    assert part.groups.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 3, 4]


def test_its_gradient_is_that_of_separate_embeddings_and_names_only_rows_that_were_read():
    part = embedding()
    weight = torch.randn(3, part.output_dim, generator=torch.Generator().manual_seed(1))
    (part(CODES, NUMBERS, BAGS, VECTORS) * weight).sum().backward()
    assert part.table.grad.is_sparse
    assert set(part.table.grad._indices()[0].tolist()) == {2, 0, 3, 6, 8, 10}
    separate = nn.Embedding.from_pretrained(part.table.detach()[:3], freeze=False)
    (separate(CODES[:, 0]) * weight[:, :2]).sum().backward()
    torch.testing.assert_close(part.table.grad.to_dense()[:3], separate.weight.grad)


def test_a_code_beyond_its_field_is_refused_and_does_not_read_another_field():
    part = embedding()
    with pytest.raises(InputError, match="Row 1 has code 3 in field 0; give one from 0 to 2"):
        part(torch.tensor([[0, 0], [3, 0], [0, 0]]), NUMBERS, BAGS, VECTORS)
    with pytest.raises(InputError, match="Row 2 has code -1 in field 1"):
        part(torch.tensor([[0, 0], [0, 0], [0, -1]]), NUMBERS, BAGS, VECTORS)
    with pytest.raises(InputError, match="'tags' holds 1 to 5; give codes to 4"):
        part(CODES, NUMBERS, {"tags": (torch.tensor([1, 5, 3]), BAGS["tags"][1])}, VECTORS)


def test_inputs_that_do_not_fit_are_named():
    part = embedding()
    with pytest.raises(InputError, match=r"vectors have shape \(3, 4\); this embedding takes \(3, 5\)"):
        part(CODES, NUMBERS, BAGS, VECTORS[:, :4])
    with pytest.raises(InputError, match="'tags' is missing"):
        part(CODES, NUMBERS, {}, VECTORS)
    with pytest.raises(InputError, match="'tags' has 2 rows where 3"):
        part(CODES, NUMBERS, {"tags": (BAGS["tags"][0], torch.tensor([0, 2, 3]))}, VECTORS)


def test_shapes_that_make_no_embedding_are_refused():
    with pytest.raises(ConfigError, match=r"codes are \[3, 0\]"):
        FeatureEmbedding((3, 0), 2)
    with pytest.raises(ConfigError, match="nothing to embed"):
        FeatureEmbedding((), 2)
    with pytest.raises(ConfigError, match="projected_dim 0"):
        FeatureEmbedding((3,), 2, vector_dim=4)


def test_numbers_alone_are_passed_on():
    part = FeatureEmbedding((), 2, numbers=1)
    assert torch.equal(part(torch.empty(3, 0, dtype=torch.int64), NUMBERS, {}, torch.empty(3, 0)), NUMBERS)
