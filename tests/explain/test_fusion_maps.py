"""The four maps of an M2FN on the original picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_m2fn import CONFIG, SIZE, attributes, fresh_m2fn, learned_m2fn, pictures, tiny_backbone

from adlab.encoders.preprocessing import Letterbox
from adlab.errors import ConfigError, InputError
from adlab.explain.fusion_maps import (
    LONGEST,
    STEPS,
    Framing,
    Shifts,
    fusion_maps,
    logit,
    mean_rating,
    measure_shifts,
    place,
    signed_cells,
)
from adlab.explain.grad_cam import grad_cam
from adlab.models.m2fn_ensemble import M2FNEnsemble

SHIFTS = Shifts(0.3, 5.0)
SQUARE = Framing(picture=(100, 100), box=(0, 0, SIZE, SIZE), size=SIZE)


def framing(width: int, height: int, size: int = SIZE) -> Framing:
    return Framing(picture=(width, height), box=Letterbox(size=size).box(width, height), size=size)


def test_each_picture_gets_four_maps_of_its_own_proportions():
    framings = [framing(100, 100), framing(728, 90), framing(1080, 1920), framing(30, 40)]
    found = fusion_maps(learned_m2fn(), pictures(), attributes(), logit(), framings, SHIFTS)
    assert [[m.step for m in row] for row in found] == [list(STEPS)] * 4
    assert [row[0].values.shape for row in found] == [(100, 100), (63, 512), (512, 288), (40, 30)]
    assert [m.cells.shape for m in found[0]] == [(32, 32), (2, 2), (2, 2), (2, 2)]
    assert all(np.abs(m.values).max() > 0 for row in found for m in row)


def test_the_cells_are_those_of_grad_cam():
    model = learned_m2fn(replace(CONFIG, outputs=5))
    target = mean_rating((1, 2, 3, 4, 5))
    output = model(pictures().requires_grad_(), attributes())
    rating = (output.logits.softmax(1) * torch.arange(1.0, 6.0)).sum(1)
    cams = grad_cam(rating, output[1:5])
    found = fusion_maps(model, pictures(), attributes(), target, [SQUARE] * 4, SHIFTS)
    for step, cam in enumerate(cams):
        for row in range(4):
            np.testing.assert_allclose(found[row][step].cells, cam.signed[row].numpy(), rtol=1e-5, atol=1e-7)


def test_an_ensemble_s_maps_are_the_means_of_its_members():
    config = replace(CONFIG, outputs=5, low=False)
    ensemble = M2FNEnsemble(config, tiny_backbone(), 3).eval()
    for seed, member in enumerate(ensemble.networks()):
        member.load_trainable_state(learned_m2fn(config, seed).trainable_state())
    target = mean_rating((1, 2, 3, 4, 5), temperature=1.5)
    together = signed_cells(ensemble, pictures(), attributes(), target)
    alone = [signed_cells(member, pictures(), attributes(), target) for member in ensemble.networks()]
    for step, cells in enumerate(together):
        mean = torch.stack([maps[step] for maps in alone]).mean(0)
        torch.testing.assert_close(cells, mean, rtol=1e-3, atol=1e-5 * mean.abs().max().item())
        assert not torch.allclose(cells, alone[0][step], rtol=0.05)


def test_the_mean_rating_is_of_the_calibrated_distribution_by_hand():
    logits = torch.tensor([[0.0, 2 * np.log(3.0)]])  # at temperature 2: shares of 1/4 and 3/4
    assert mean_rating((1, 5), temperature=2.0)(logits).item() == pytest.approx(4.0)


def test_maps_come_out_where_gradients_are_switched_off_and_leave_the_pixels_as_they_were():
    pixels = pictures()
    with torch.no_grad():
        found = fusion_maps(learned_m2fn(), pixels, attributes(), logit(), [SQUARE] * 4, SHIFTS)
    assert np.abs(found[0][3].cells).max() > 0
    assert not pixels.requires_grad
    assert pixels.grad is None


def test_a_letterboxed_map_lies_where_its_cells_look():
    # 200×100 in a square of 64: rows 16 to 48. Four cells a side, shifted by 2: centres at 10, 26, 42, 58.
    cells = np.zeros((4, 4), np.float32)
    cells[1, 2] = 1.0  # looks at x = 42, y = 26 in the square: x = 42·200/64 = 131.25, y = 10·100/32 = 31.25
    found = place("backbone", cells, framing(200, 100, 64), shift=2.0)
    assert found.values.shape == (100, 200)
    assert found.x.tolist() == [31.25, 81.25, 131.25, 181.25]
    assert found.y.tolist() == [-18.75, 31.25, 81.25, 131.25]
    assert np.unravel_index(found.values.argmax(), found.values.shape) == (31, 131)
    assert found.values[31, 131] == pytest.approx(1.0, abs=0.02)
    assert found.values[31, 106] == pytest.approx(0.5, abs=0.02)  # half way to the next cell


def test_a_map_on_the_padding_shows_nothing_on_the_picture_and_says_so():
    cells = np.zeros((8, 8), np.float32)
    cells[0] = -2.0  # looks at y = 4 of 64; the picture begins at 16
    found = place("backbone", cells, framing(200, 100, 64), shift=0.0)
    assert not found.values.any()
    assert found.padding_share == 1.0


def test_an_even_map_s_mass_is_on_padding_as_far_as_the_square_is():
    even = np.ones((8, 8), np.float32)
    assert place("fusion", even, framing(200, 100, 64), 1.0).padding_share == pytest.approx(0.5)
    assert place("fusion", even, framing(728, 91, 64), 1.0).padding_share == pytest.approx(1 - 8 / 64)
    assert place("fusion", even, framing(100, 100, 64), 1.0).padding_share == 0
    assert place("fusion", 0 * even, framing(200, 100, 64), 1.0).padding_share == 0


def test_raising_and_lowering_mass_do_not_cancel_on_padding():
    cells = np.ones((8, 8), np.float32)
    cells[:, ::2] = -1
    assert place("fusion", cells, framing(200, 100, 64), 0.0).padding_share == pytest.approx(0.5)


def test_small_pictures_keep_their_size_and_large_ones_are_cut_to_the_longest_side():
    values = place("fusion", np.ones((2, 2), np.float32), framing(3000, 1500), 0.0).values
    assert values.shape == (LONGEST // 2, LONGEST)
    np.testing.assert_allclose(values, 1, rtol=1e-6)


def test_a_map_of_a_batch_equals_that_of_the_picture_alone():
    model, framings = learned_m2fn(), [framing(100, 60)] * 4
    batch = fusion_maps(model, pictures(), attributes(), logit(), framings, SHIFTS)
    alone = fusion_maps(model, pictures()[2:3], attributes()[2:3], logit(), framings[:1], SHIFTS)
    for one, other in zip(alone[0], batch[2], strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-3, atol=1e-5)


def test_shifts_are_measured_and_leave_the_model_as_it_was():
    model = fresh_m2fn()
    shifts = measure_shifts(model)
    # Random kernels have no preference: the geometry of the shifted input shows, (stride − 1) / 2 down and right.
    assert shifts.conditioned == pytest.approx(0.5, abs=0.3)
    assert shifts.backbone == pytest.approx(15.5, abs=8)
    assert all(p.grad is None for p in model.parameters())
    assert not model.training


def test_what_cannot_be_explained_is_said():
    model = learned_m2fn()
    with pytest.raises(InputError, match="training mode"):
        fusion_maps(learned_m2fn().train(), pictures(), attributes(), logit(), [SQUARE] * 4, SHIFTS)
    with pytest.raises(InputError, match="3 framings"):
        fusion_maps(model, pictures(), attributes(), logit(), [SQUARE] * 3, SHIFTS)
    wrong = Framing(picture=(9, 9), box=(0, 0, 32, 32), size=32)
    with pytest.raises(InputError, match="4 framings"):
        fusion_maps(model, pictures(), attributes(), logit(), [wrong] * 4, SHIFTS)
    blind = learned_m2fn(replace(CONFIG, image=False, low=False, attention=False))
    for call in (
        lambda: fusion_maps(blind, pictures(), attributes(), logit(), [SQUARE] * 4, SHIFTS),
        lambda: measure_shifts(blind),
    ):
        with pytest.raises(InputError, match="does not use the picture"):
            call()


@pytest.mark.parametrize("box", [(-1, 0, 10, 10), (0, 60, 10, 10), (0, 0, 0, 10)])
def test_a_box_outside_the_square_is_refused(box):
    with pytest.raises(ConfigError, match=r"Letterbox\.box"):
        Framing(picture=(10, 10), box=box, size=64)
