"""What the commands of `reproduce` hand over to the work, and what they print."""

from __future__ import annotations

from pathlib import Path

from adlab.evaluation.adscvlr_settings import PARTS, AdsCVLRReproduction


def test_reproduce_focal_hands_over_every_option_and_prints_the_report(calls, data, tmp_path, run):
    code, printed, _ = run("reproduce", "focal", "--seeds", 6, "--out", tmp_path, "--budget-minutes", 5)
    assert (code, printed) == (0, "Report: there/focal.md\n")
    assert vars(calls.config) == {
        "data": data / "flickr8k",
        "out": tmp_path,
        "image_encoder": "vision-mobilenetv2",
        "text_encoder": "minilm",
        "seeds": 6,
        "budget_minutes": 5.0,
        "device": "auto",
    }
    assert calls[0][2].startswith("python -m adlab reproduce focal --seeds 6")
    calls.clear()
    run("reproduce", "focal", "--data", data, "--image-encoder", "resnet18", "--text-encoder", "minilm")
    assert (calls.config.image_encoder, calls.config.text_encoder) == ("resnet18", "minilm")
    assert (calls.config.data, calls.config.out, calls.config.seeds) == (data, Path("docs/reproduction"), 5)


def test_reproduce_adscvlr_hands_over_every_option(calls, data, tmp_path, run):
    sizes = ("--pairs", 30, "--seeds", 1, "--layers", 2, "--gallery", 9, "--auctions", 7, "--explained", 5)
    code, printed, _ = run(
        *("reproduce", "adscvlr", "--part", "tables", "--data", data, "--out", tmp_path, "--teacher", "other"),
        *(*sizes, "--simulated-ads", 50, "--seed", 3, "--budget-minutes", 5, "--device", "cpu", "--clip", "auto"),
    )
    assert (code, printed) == (0, "Report: there/adscvlr.md\n")
    wanted = AdsCVLRReproduction(
        data=data,
        out=tmp_path,
        teacher="other",
        clip="auto",
        simulated_ads=50,
        pairs=30,
        seeds=1,
        layers=2,
        gallery=9,
        auctions=7,
        explained=5,
        seed=3,
        budget_minutes=5.0,
        device="cpu",
    )
    assert calls[0][:2] == (wanted, ("tables",))
    calls.clear()
    run("reproduce", "adscvlr")
    assert calls[0][:2] == (AdsCVLRReproduction(data=data), PARTS)


def test_reproduce_m2fn_hands_over_every_option_and_needs_data_for_rated_ads_only(calls, data, tmp_path, run):
    (data / "bad-ads").mkdir()
    code, printed, _ = run("reproduce", "m2fn", "--out", tmp_path, "--seed", 3, "--budget-minutes", 5)
    assert (code, printed) == (0, "Report: there/m2fn.md\n")
    common = {"out": tmp_path, "seed": 3, "budget_minutes": 5.0, "device": "auto"}
    given = vars(calls.config)
    study = given.pop("simulated")
    assert given == {"data": data / "bad-ads", **common}
    assert (study.ads, study.seeds) == (1600, 3)
    assert calls[0][1] == ("real", "simulated")
    calls.clear()
    (data / "bad-ads").rmdir()
    assert run("reproduce", "m2fn", "--part", "real")[0] == 2
    assert run("reproduce", "m2fn", "--part", "simulated", "--device", "cpu")[0] == 0
    assert [(config.data, config.device, halves) for config, halves, _ in calls] == [(None, "cpu", ("simulated",))]
    calls.clear()
    sizes = ("--ads", 30, "--rows", 90, "--image-size", 64, "--epochs", 2, "--pixel-epochs", 0, "--seeds", 1)
    assert run("reproduce", "m2fn", "--part", "simulated", *sizes, "--preset", "paper")[0] == 0
    study = calls.config.simulated
    assert (study.ads, study.rows, study.image_size, study.epochs) == (30, 90, 64, 2)
    assert (study.pixel_epochs, study.seeds, study.preset) == (0, 1, "paper")
