from __future__ import annotations

from dataclasses import replace

from helpers.tiny_models import manifest

from adlab.checkpoints.card import render_card
from adlab.checkpoints.manifest import Measure, TrainingRecord
from adlab.metrics.bootstrap import BootstrapInterval

FULL = manifest(
    "vision-x",
    "vision",
    summary="Does one thing.",
    heads=("agreement", "ctr"),
    encoders={"image": "vision-0123456789ab", "text": "minilm-ba9876543210"},
    terms="research only (Flickr8k); MIT",
    licence="Apache-2.0",
    trained_on="Flickr8k train split",
    measures=(
        Measure(name="AUC", value=0.87654, n=1000, data="test pairs", low=0.85, high=0.9, aim="≥ 0.8"),
        Measure(name="seconds", value=0.02, n=50, data="two cores", note="the median"),
    ),
    limits=("Not for people.", "Weak on text."),
    training=TrainingRecord(
        command="python -m adlab train vision --seed 7",
        seed=7,
        data="6,000 photos",
        minutes=71.6,
        machine="2 CPU cores",
        config={"epochs": 20, "objective": "a|b"},
    ),
    sha256={"weights.safetensors": "ab" * 32},
)


def test_the_card_holds_every_measure_with_interval_n_and_aim():
    card = render_card(FULL)
    assert "| AUC | 0.8765 | 0.85 – 0.9 | 1,000 | test pairs | ≥ 0.8 |" in card
    assert "| seconds | 0.02 |  | 50 | two cores |  |" in card
    assert "- seconds: the median" in card


def test_the_card_holds_terms_licence_origin_and_identity():
    card = render_card(FULL)
    for said in (
        "# vision-x",
        "Does one thing.",
        "| data terms | research only (Flickr8k); MIT |",
        "| licence of the weights | Apache-2.0 |",
        "| learned from | photos with captions written by people: Flickr8k train split |",
        "| heads | agreement, ctr |",
        "| image encoder | `vision-0123456789ab` |",
        "| text encoder | `minilm-ba9876543210` |",
        f"| weights sha256 | `{'ab' * 32}` |",
        "- Not for people.",
        "- Weak on text.",
    ):
        assert said in card, said


def test_the_card_says_how_to_train_it_again():
    card = render_card(FULL)
    assert "`python -m adlab train vision --seed 7`" in card
    assert "Seed 7, 72 minutes on 2 CPU cores. Data: 6,000 photos." in card
    assert "| epochs | 20 |" in card


def test_no_value_breaks_out_of_its_table_cell():
    card = render_card(FULL)
    assert "| objective | a\\|b |" in card
    odd = render_card(replace(FULL, terms="line one\n\n| line | two", measures=()))
    assert "| data terms | line one \\| line \\| two |" in odd


def test_a_checkpoint_without_heads_is_called_an_encoder():
    assert "| heads | none (encoder) |" in render_card(replace(FULL, heads=()))


def test_a_measure_of_an_interval_has_its_ends_in_order_and_the_n_that_was_given():
    found = BootstrapInterval(0.7, 0.6, 0.9, level=0.9, n_groups=20, n_resamples=500, share_below_zero=0.0)
    assert Measure.of("AUC", found, n=200, data="test pairs", aim="≥ 0.8", note="paired") == Measure(
        name="AUC", value=0.7, low=0.6, high=0.9, n=200, data="test pairs", aim="≥ 0.8", note="paired"
    )
    assert Measure.of("AUC", found, n=200, data="test pairs").aim == ""
