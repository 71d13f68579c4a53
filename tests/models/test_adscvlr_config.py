"""AdsCVLR's configuration: presets, and what is refused."""

from __future__ import annotations

import pytest

from adlab.errors import ConfigError, UnknownNameError
from adlab.models.adscvlr_config import AdsCVLRConfig


def test_the_paper_s_preset_is_what_the_paper_prints():
    config = AdsCVLRConfig.paper()
    assert (config.layers, config.width, config.heads, config.hidden) == (12, 768, 12, 3072)
    assert (config.vocabulary, config.max_tokens, config.visual) == (50265, 152, "roi")
    assert not config.frozen_tokens


def test_the_compact_preset_has_the_shape_of_minilm():
    config = AdsCVLRConfig.compact(added_tokens=7)
    assert (config.layers, config.width, config.heads, config.hidden, config.norm) == (6, 384, 12, 1536, "post")
    assert (config.vocabulary, config.added_tokens, config.frozen_tokens) == (30522, 7, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layers", 0),
        ("added_tokens", -1),
        ("width", 1.5),
        ("heads", True),
        ("dropout", 1.0),
        ("attention_dropout", -0.1),
        ("norm_eps", 0.0),
        ("max_tokens", 153),
        ("region_dim", 0),
    ],
)
def test_a_number_outside_its_range_is_refused(field, value):
    with pytest.raises(ConfigError, match=f"{field} is {value}"):
        AdsCVLRConfig(**{field: value})


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(ConfigError, match="width is 384 with 7 heads"):
        AdsCVLRConfig(heads=7)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'grid'\?"):
        AdsCVLRConfig(visual="grids")
    with pytest.raises(UnknownNameError, match="Valid: post, pre"):
        AdsCVLRConfig(norm="none")
