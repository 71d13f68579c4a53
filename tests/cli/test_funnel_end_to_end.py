"""A user's log with pictures, `train funnel --log`, its checkpoint, and `score` with the checkpoint's chain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pandas as pd
import pytest
from helpers.ad_logs import own_table
from helpers.pictures import picture
from helpers.tiny_models import FOCAL as TINY_FOCAL
from helpers.tiny_models import REFERENCE as TINY_REFERENCE
from helpers.tiny_models import VISION
from safetensors.torch import load_file

from adlab.checkpoints.store import REFERENCE, WEIGHTS, load_checkpoint, save_checkpoint
from adlab.cli import main
from adlab.training import funnel_measures, funnel_members
from adlab.training.funnel_own import FOCAL

ADS, PICTURES = 130, 10
STEPS = ("pctr", "pcvr", "pctcvr")
ROLES = ("--role", "device=sparse", "--role", "bid=dense", "--role", "cats=multi", "--role", "shop=hashed")


def log_with_pictures(folder: Path) -> Path:
    """Phones are clicked twice as often; ten pictures and titles, and a column that nobody gives a role."""
    table = own_table(ADS)
    rng = np.random.default_rng(6)
    phone = rng.random(len(table)) < 0.5
    table["clicks"] = np.where(phone, np.minimum(2 * table["clicks"], table["impressions"]), table["clicks"])
    number = table["ad_id"].str.removeprefix("ad-").astype(int) % PICTURES
    for seed in range(PICTURES):
        picture(seed, 36, 32).save(folder / f"{seed}.png")
    table = table.assign(
        image=number.astype(str) + ".png",
        title="Offer " + number.astype(str),
        device=np.where(phone, "phone", "desk"),
        bid=np.round(rng.normal(2, 0.5, len(table)), 2),
        cats=rng.choice(["sport|shoes", "home", ""], len(table)),
        shop=[f"shop {place % 9}" for place in range(len(table))],
        mood="fine",
    )
    table.to_csv(folder / "log.csv", index=False)
    return folder / "log.csv"


def focal_of_its_name(tiny_models: Path, root: Path) -> None:
    """The tiny FOCAL under the name that creative vectors are made with; it serves no head."""
    tiny = load_checkpoint(TINY_FOCAL, tiny_models)
    manifest = replace(tiny.manifest, name=FOCAL, heads=(), extras={}, sha256={})
    weights, reference = (load_file(tiny.folder / name) for name in (WEIGHTS, REFERENCE))
    save_checkpoint(root / FOCAL, manifest, {name: value.float() for name, value in weights.items()}, reference)


@pytest.fixture(scope="module")
def trained(tiny_models, tmp_path_factory):
    """The models folder after the training, and what the command wrote to standard error."""
    root, folder = tmp_path_factory.mktemp("own") / "models", tmp_path_factory.mktemp("log")
    for name in (VISION, TINY_FOCAL, TINY_REFERENCE):
        copytree(tiny_models / name, root / name)
    focal_of_its_name(tiny_models, root)
    fast = replace(funnel_members.TRAINING, epochs=3, learning_rate=0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_MODELS", str(root))
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(funnel_members, "TRAINING", fast)
        patch.setattr(funnel_measures, "RESAMPLES", 20)
        said: list[str] = []
        log = log_with_pictures(folder)
        options = ("--images", str(folder), "--no-contrast", "--members", "1", *ROLES)
        with patch.context() as while_training:
            while_training.setattr("adlab.cli.train_funnel.console.err", lambda: _Said(said))
            assert main(["train", "funnel", "--log", str(log), *options]) == 0
        yield folder, " ".join(said)


class _Said:
    """A console that keeps what it is told."""

    is_terminal = False

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def print(self, text: str, **_: object) -> None:
        self._said.append(text)


def scored(folder: Path, ads: pd.DataFrame, run) -> tuple[pd.DataFrame, str]:
    ads.to_csv(folder / "ads.csv", index=False)
    out = folder / "out.csv"
    where = ("--images", folder, "--out", out)
    code, _, err = run("score", folder / "ads.csv", *where, "--heads", "funnel", "--ocr", "off")
    assert code == 0
    return pd.read_csv(out), " ".join(err.split())


def test_columns_without_a_role_are_named_and_those_with_one_are_not(trained):
    _, said = trained
    assert "left out: mood." in said
    assert not any(f"{name}," in said or f"{name}." in said for name in ("device", "bid", "cats", "shop", "image"))


def test_ads_are_scored_with_all_three_steps_and_their_bounds(trained, run):
    folder, _ = trained
    ads = pd.DataFrame(
        {
            "image": ["1.png", "2.png", "", "1.png", "1.png", "1.png"],
            "title": ["Offer 1", "Offer 2", "Offer 3", "", "Offer 1", "Offer 1"],
            "gender": ["female", "female", "", "male", "female", "female"],
            "hour": ["22", "22", "", "9", "22", "22"],
            "device": ["phone", "phone", "", "desk", "desk", "tv"],
            "bid": ["2.1", "1.9", "", "2", "2.1", "2.1"],
            "cats": ["sport|shoes", "home", "", "", "sport|shoes", "sport|shoes"],
            "shop": ["shop 1", "", "", "shop 2", "shop 1", "shop 1"],
        }
    )
    out, err = scored(folder, ads, run)
    for step in STEPS:
        assert ((out[f"{step}_low"] > 0) & (out[f"{step}_low"] < out[step])).all()
        assert ((out[step] < out[f"{step}_high"]) & (out[f"{step}_high"] < 1)).all()
    np.testing.assert_allclose(out["pctr"] * out["pcvr"], out["pctcvr"], rtol=1e-12)
    assert out["pctr"][0] > 1.15 * out["pctr"][4]  # phone against desk
    assert out["pctr"][0] != out["pctr"][1]
    assert "device is 'tv', which funnel does not know; it counts as missing" in out["notes"][5]
    assert "funnel also reads" not in err


def test_a_table_without_the_columns_is_scored_and_told_so(trained, run):
    folder, _ = trained
    ads = pd.DataFrame({"image": ["1.png", "1.png"], "title": ["Offer 1", "Offer 1"], "device": ["", "phone"]})
    out, err = scored(folder, ads, run)
    assert "funnel also reads bid, cats, shop, which are not in the table: they count as missing." in err
    plain, _ = scored(folder, ads.drop(columns="device"), run)
    assert out["pctr"][0] == plain["pctr"][0] == plain["pctr"][1] != out["pctr"][1]
    assert out["pctr"].notna().all()


def test_a_number_that_is_none_is_refused_with_its_row(trained, run):
    folder, _ = trained
    pd.DataFrame({"title": ["a", "b"], "bid": ["2", "much"]}).to_csv(folder / "ads.csv", index=False)
    code, _, err = run("score", folder / "ads.csv", "--out", folder / "none.csv", "--heads", "funnel")
    assert code == 2
    assert "row 2, column 'bid': 'much' cannot be used" in " ".join(err.split())
    assert not (folder / "none.csv").exists()
