"""The agreement head from three small data sets on disk to a checkpoint that the Assessor serves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import COLOURS, caption, picture
from helpers.quick_maps import without_umap
from helpers.tiny_models import save_vision
from safetensors.torch import load_file

from adlab.checkpoints.networks import build_network, load_image_encoder
from adlab.checkpoints.reference_set import load_reference_set
from adlab.checkpoints.store import load_checkpoint
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import ConfigError
from adlab.inference.assessor import Assessor
from adlab.models.focal import agreement
from adlab.training.agreement_run import NAME, REFERENCE, AgreementRun, joint_text_map, reference_name, train_agreement
from adlab.training.agreement_task import TRAINING
from adlab.training.simulated import Collection

pytestmark = pytest.mark.slow
PHOTOS = {"train": 20, "dev": 8, "test": 12}
PRODUCTS = 40
HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"


def write_data(folder: Path) -> Path:
    """Flickr8k's and the fashion data's layout with pictures of their own."""
    flickr, fashion = folder / "flickr8k", folder / "fashion"
    for images in (flickr / "Images", fashion / "images"):
        images.mkdir(parents=True)
    lines, number = [], 0
    for split, count in PHOTOS.items():
        names = [f"{number + place}.jpg" for place in range(count)]
        (flickr / f"Flickr_8k.{split}Images.txt").write_text("\n".join(names))
        for name in names:
            picture(number).save(flickr / "Images" / name)
            lines += [f"{name}#{k}\t{text}" for k, text in enumerate(captions(number))]
            number += 1
    (flickr / "Flickr8k.token.txt").write_text("\n".join(lines))
    rows = []
    for product in range(PRODUCTS):
        picture(1000 + product).save(fashion / "images" / f"{product}.jpg")
        colour = COLOURS[product % len(COLOURS)].title()
        kind = ("Shirts", "Shoes")[product % 2]
        rows.append(f"{product},Men,Apparel,Wear,{kind},{colour},Fall,2011,Casual,Plain {colour} {kind} No {product}\n")
    (fashion / "styles.csv").write_text(HEADER + "".join(rows))
    return folder


def captions(number: int) -> list[str]:
    """Five captions that differ in length, in colour and in whether they count: what readings are taken of."""
    plain = ("A dog runs", "Several children are playing together on the beach", "Somebody is climbing")
    return [caption(10 * number), caption(10 * number + 1), *(f"{text} {number}" for text in plain)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The manifest of a short training, and its folder."""
    folder = tmp_path_factory.mktemp("agreement")
    save_vision(folder / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        without_umap(patch)
        run = AgreementRun(
            data=write_data(folder / "data"),
            collection=Collection(seed=5, train=24, dev=12, test=24),
            training=replace(TRAINING, steps=4, focal=replace(TRAINING.focal, hidden_dim=256, epochs=2, batch_size=16)),
            out=folder / "models" / NAME,
            members=2,
            device="cpu",
        )
        yield train_agreement(run, command="python -m adlab train agreement"), folder / "models"


def test_the_card_measures_photos_products_and_ads(made):
    manifest, _ = made
    names = [measure.name for measure in manifest.measures]
    for wanted in (
        "AUC of true against mismatched pairs",
        "AUC, own against another product's title",
        "AUC, own against another ad's copy",
        "AUC, copy of the right against another colour, simulated ads",
        "interval coverage",
    ):
        assert wanted in names
    assert len(set(names)) == len(names)
    assert all(measure.low <= measure.value <= measure.high for measure in manifest.measures if measure.low is not None)


def test_scores_are_ranked_among_test_pairs_of_all_three_kinds(made):
    manifest, root = made
    reference = load_reference_set(REFERENCE, root)
    assert manifest.extras["reference"] == REFERENCE == reference_name(NAME)
    count, words = reference.group("true")
    assert words == "photos, products and simulated ads with their own text"
    assert f"{PHOTOS['test']} photos" in reference.manifest.summary
    assert count > PHOTOS["test"]
    assert reference.group("mismatched")[0] == count


def test_the_assessor_serves_it_and_gives_the_rank_of_its_cosine(made):
    _, root = made
    assessor = Assessor(models=root, device="cpu", words="off")
    ad = Creative(title="A blue shoe", image=AdImage.from_pixels(picture(3)))
    (result,) = assessor.assess(ad).heads
    quantiles = load_reference_set(REFERENCE, root).quantiles["true/cosine"]
    assert result.provenance.checkpoint == NAME
    assert result.value == pytest.approx(100 * np.mean(quantiles <= result.details["cosine"]), abs=1.0)


def test_the_stored_network_reproduces_its_reference_tensors(made):
    checkpoint = load_checkpoint(NAME, made[1])
    tensors = load_file(checkpoint.folder / "reference.safetensors")
    with torch.inference_mode():
        found = agreement(build_network(checkpoint)(tensors["image"], tensors["text"]))
    torch.testing.assert_close(found, tensors["cosine"], atol=1e-5, rtol=0)


def test_an_encoder_without_a_joint_space_is_refused(made):
    encoder = load_image_encoder(root=made[1])
    encoder.network = torch.nn.Identity()
    with pytest.raises(ConfigError, match="no joint space"):
        joint_text_map(encoder)
