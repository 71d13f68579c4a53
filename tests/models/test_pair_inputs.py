import pytest
import torch

from adlab.errors import InputError
from adlab.models.pair_inputs import AD_TEXT, InputMode, PairInputs, check_pair_inputs


def batch() -> PairInputs:
    """Two pairs: two query words, a title, three regions; one query word, nothing else."""
    return PairInputs(
        token_ids=torch.tensor([[1, 5, 6, 3, 7, 2], [1, 8, 0, 0, 0, 0]]),
        segment_ids=torch.tensor([[0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0]]),
        token_mask=torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0]]).bool(),
        regions=torch.arange(24.0).reshape(2, 3, 4),
        region_boxes=torch.rand(2, 3, 5),
        region_mask=torch.tensor([[1, 1, 1], [0, 0, 0]]).bool(),
    )


def test_image_only_keeps_the_query_and_cuts_what_is_hidden_in_every_row():
    seen = batch().in_mode(InputMode.IMAGE_ONLY)
    assert seen.token_ids.tolist() == [[1, 5, 6], [1, 8, 0]]
    assert seen.token_mask.tolist() == [[True, True, True], [True, True, False]]
    assert seen.regions is not None
    check_pair_inputs(seen)


def test_image_only_of_a_pair_without_ad_text_is_the_pair_itself():
    pair = batch().rows(torch.tensor([1]))
    seen = pair.in_mode(InputMode.IMAGE_ONLY)
    assert seen.token_mask.sum() == pair.token_mask.sum() == 2
    assert not (pair.segment_ids[pair.token_mask] == AD_TEXT).any()


def test_text_only_has_no_regions_and_the_same_tokens():
    seen = batch().in_mode(InputMode.TEXT_ONLY)
    assert seen.regions is seen.region_boxes is seen.region_mask is None
    assert torch.equal(seen.token_ids, batch().token_ids)
    assert not seen.has_image().any()


def test_both_modalities_are_the_batch_as_it_is():
    pairs = batch()
    assert pairs.in_mode(InputMode.IMAGE_TEXT) is pairs


def test_what_a_pair_holds_is_told_by_row():
    assert batch().has_image().tolist() == [True, False]


def test_chosen_rows_keep_their_order():
    assert batch().rows(torch.tensor([1, 0])).token_ids[:, 1].tolist() == [8, 5]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"token_ids": torch.zeros(2, 153, dtype=torch.long)}, "153"),
        ({"segment_ids": torch.zeros(2, 5, dtype=torch.long)}, "segment_ids"),
        ({"token_mask": torch.zeros(2, 6, dtype=torch.bool)}, "place 0"),
        ({"regions": torch.zeros(1, 3, 4)}, "regions"),
        ({"region_mask": None}, "region_mask"),
        ({"region_boxes": torch.zeros(2, 3, 4)}, "region_boxes"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_name(change, named):
    check_pair_inputs(batch())
    with pytest.raises(InputError, match=named):
        check_pair_inputs(batch()._replace(**change))
