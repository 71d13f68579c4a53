from __future__ import annotations

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.models.grade_heads import GradeHeads


def test_each_head_is_a_linear_layer_of_its_own():
    heads = GradeHeads(3, 5)
    torch.nn.init.normal_(heads.weight)
    torch.nn.init.normal_(heads.bias)
    cls = torch.randn(7, 5)
    found = heads(cls)
    assert found.shape == (3, 7, 4)
    for member in range(heads.members):
        torch.testing.assert_close(found[member], cls @ heads.weight[member].T + heads.bias[member])


def test_heads_begin_as_the_networks_own():
    head, cls = torch.nn.Linear(5, 4), torch.randn(7, 5)
    heads = GradeHeads(2, 5)
    heads.start_from(head)
    torch.testing.assert_close(heads(cls), head(cls).expand(2, -1, -1))


def test_what_does_not_fit_is_named():
    with pytest.raises(ConfigError, match="members is 0"):
        GradeHeads(0, 5)
    with pytest.raises(InputError, match=r"\(pairs, 5\)"):
        GradeHeads(2, 5)(torch.zeros(3, 6))
    with pytest.raises(InputError, match=r"\(4, 5\)"):
        GradeHeads(2, 5).start_from(torch.nn.Linear(6, 4))
