"""Vectors of ads: each block where it belongs, on the scale of the training ads, missing parts at zero."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.features.creative_vectors import CreativeEncoder, CreativeInputs
from adlab.features.dominant_colour import COLOUR_NAMES
from adlab.models.focal import Focal, FocalConfig

TEXT_DIM, LATENT = 3, 4


def network() -> Focal:
    torch.manual_seed(0)
    return Focal(FocalConfig(image_dim=6, text_dim=5, hidden_dim=7, latent_dim=LATENT)).eval()


def encode(texts: Sequence[str]) -> np.ndarray:
    return np.array([[len(text), text.count("a"), 1.0] for text in texts], dtype=np.float32)


def inputs(count: int = 8) -> CreativeInputs:
    rng = np.random.default_rng(0)
    return CreativeInputs(
        image=rng.normal(size=(count, 6)).astype(np.float32),
        copy=rng.normal(size=(count, 5)).astype(np.float32),
        colours=[COLOUR_NAMES[i % 3] for i in range(count)],
        words=["a" * (i % 4) + "b" for i in range(count)],
    )


def fitted(**options: object) -> CreativeEncoder:
    given = {"focal": network(), "text_dim": TEXT_DIM} | options
    return CreativeEncoder.fit(inputs(), np.arange(6), encode, **given)


def test_blocks_are_the_embeddings_colour_and_words_scaled_by_training_ads():
    encoder = fitted()
    assert list(encoder.widths.items()) == [
        *((name, LATENT) for name in ("shared image", "private image", "shared copy", "private copy")),
        ("colour", 10),
        ("words", TEXT_DIM),
    ]
    found = encoder.vectors(inputs(), encode)
    with torch.inference_mode():
        shared, private = network().encode_image(torch.from_numpy(inputs().image))
        copy = network().encode_text(torch.from_numpy(inputs().copy))
    raw = torch.cat([shared, private, *copy], dim=1).numpy()
    wanted = (raw - raw[:6].mean(axis=0)) / raw[:6].std(axis=0)
    assert found[:, : 4 * LATENT] == pytest.approx(wanted, abs=1e-4)
    assert found[:, 4 * LATENT : 4 * LATENT + 10].argmax(axis=1).tolist() == [i % 3 for i in range(8)]
    assert found[:, 4 * LATENT : 4 * LATENT + 10].sum(axis=1).tolist() == [1] * 8
    words = encode(inputs().words)
    lengths = (words[:, 0] - words[:6, 0].mean()) / words[:6, 0].std()
    assert found[:, 4 * LATENT + 10] == pytest.approx(lengths, abs=1e-5)
    assert np.all(found[:, -1] == 0)  # a number that does not vary
    assert found.dtype == np.float32


def test_the_scale_does_not_know_the_other_ads():
    other = inputs()._replace(image=inputs().image * np.where(np.arange(8) < 6, 1, 100)[:, None].astype(np.float32))
    again = CreativeEncoder.fit(other, np.arange(6), encode, focal=network(), text_dim=TEXT_DIM)
    assert np.array_equal(again.mean, fitted().mean)
    assert np.array_equal(again.deviation, fitted().deviation)


def test_what_an_ad_lacks_stands_at_the_mean():
    known = inputs()
    image, copy = known.image.copy(), known.copy.copy()
    image[1], copy[2] = np.nan, np.nan
    lacking = CreativeInputs(image, copy, [*known.colours[:3], None, *known.colours[4:]], [None, *known.words[1:]])
    encoder = fitted()
    found, whole = encoder.vectors(lacking, encode), encoder.vectors(known, encode)
    picture, text, rest = slice(0, 2 * LATENT), slice(2 * LATENT, 4 * LATENT), slice(4 * LATENT, None)
    assert np.all(found[1, picture] == 0)
    np.testing.assert_allclose(found[1, text], whole[1, text], atol=1e-6)
    assert np.all(found[2, text] == 0)
    np.testing.assert_allclose(found[2, picture], whole[2, picture], atol=1e-6)
    assert np.all(found[3, 4 * LATENT : 4 * LATENT + 10] == 0)
    assert np.all(found[0, -TEXT_DIM:] == 0)
    np.testing.assert_allclose(found[4:, rest], whole[4:, rest], atol=1e-6)


def test_ads_that_lack_something_do_not_move_the_scale():
    image = inputs().image.copy()
    image[5] = np.nan
    encoder = CreativeEncoder.fit(
        inputs()._replace(image=image), np.arange(6), encode, focal=network(), text_dim=TEXT_DIM
    )
    five = CreativeEncoder.fit(inputs(), np.arange(5), encode, focal=network(), text_dim=TEXT_DIM)
    assert encoder.mean[: 2 * LATENT] == pytest.approx(five.mean[: 2 * LATENT])
    assert encoder.deviation[: 2 * LATENT] == pytest.approx(five.deviation[: 2 * LATENT])


@pytest.mark.parametrize(("parts", "width"), [(("focal",), 16), (("attributes",), 13)])
def test_each_part_alone_is_its_piece_of_the_whole(parts, width):
    both, alone = fitted().vectors(inputs(), encode), fitted(parts=parts).vectors(inputs(), encode)
    assert alone.shape == (8, width)
    assert np.array_equal(alone, both[:, :16] if parts == ("focal",) else both[:, 16:])


def test_an_ad_alone_has_the_vector_it_has_among_others():
    encoder, many = fitted(), inputs()
    one = CreativeInputs(many.image[3:4], many.copy[3:4], many.colours[3:4], many.words[3:4])
    assert encoder.vectors(one, encode)[0] == pytest.approx(encoder.vectors(many, encode)[3], abs=1e-6)


def test_the_network_given_stays_as_it_is():
    own = network()
    fitted(focal=own).vectors(inputs(), encode)
    assert own.image_mean.dtype == torch.float32
    assert all(parameter.dtype == torch.float32 for parameter in own.parameters())


def test_an_encoder_read_back_gives_the_same_vectors():
    encoder = fitted()
    again = CreativeEncoder.from_stored(json.loads(json.dumps(encoder.to_plain())), encoder.tensors, network())
    assert np.array_equal(again.vectors(inputs(), encode), encoder.vectors(inputs(), encode))
    with pytest.raises(ConfigError, match="unreadable"):
        CreativeEncoder.from_stored({"parts": ["focal"]}, encoder.tensors, network())
    with pytest.raises(ConfigError, match="fit them anew"):
        CreativeEncoder.from_stored(encoder.to_plain() | {"text_dim": 4}, encoder.tensors, network())


def test_parts_that_cannot_be_are_refused():
    with pytest.raises(UnknownNameError, match="'ids'"):
        fitted(parts=("ids",))
    with pytest.raises(ConfigError, match="once each"):
        fitted(parts=())
    with pytest.raises(ConfigError, match="no network"):
        fitted(focal=None)
    with pytest.raises(InputError, match="no training ads"):
        CreativeEncoder.fit(inputs(), np.arange(0), encode, focal=network(), text_dim=TEXT_DIM)
