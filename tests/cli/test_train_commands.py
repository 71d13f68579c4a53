"""What the commands of `train` hand over to the work."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.stand_ins import TRAINED, Config

from adlab.features.query_ad_tokens import TokenLimits
from adlab.paths import models_dir
from adlab.training.adscvlr_finetune_task import FinetuneTraining
from adlab.training.adscvlr_pretrain_task import PretrainTraining
from adlab.training.adscvlr_sources import Sources
from adlab.training.relevance_data import OwnPairs
from adlab.training.simulated import Collection
from adlab.training.vision import VisionTraining


def test_train_vision_hands_over_every_option(calls, data, tmp_path, run):
    teacher, out, state = tmp_path / "teacher.safetensors", tmp_path / "out", tmp_path / "run"
    code, printed, err = run(
        *("train", "vision", "--teacher", teacher, "--data", data, "--out", out, "--run", state),
        *("--seed", 7, "--budget-minutes", 1.5, "--device", "cpu", "--set", "epochs=2", "--set", "views=3"),
    )
    assert (code, err) == (0, "")
    training = VisionTraining(seed=7, epochs=2, views=3)
    assert vars(calls.config) == {
        "teacher": teacher,
        "data": data,
        "out": out,
        "run": state,
        "seed": 7,
        "budget_minutes": 1.5,
        "device": "cpu",
        "training": training,
    }
    assert calls[0][2].startswith(f"python -m adlab train vision --teacher {teacher} ")
    assert "vision-mobilenetv2: trained in 0 minutes." in printed
    assert "pooled cosine 0.9512 (0.95 – 0.9525), n 1,000" in printed
    assert "seconds per image 0.03, n 8" in printed


def test_train_vision_needs_no_option(calls, data, run):
    assert run("train", "vision")[0] == 0
    assert vars(calls.config) == {
        "teacher": data.parent / "weights" / "mobilenet_v2_imagenet_tf_same.safetensors",
        "data": data,
        "run": None,
        "seed": 0,
        "budget_minutes": None,
        "device": "auto",
        "training": VisionTraining(),
    }
    assert calls[0][2] == "python -m adlab train vision"


def test_train_focal_hands_over_every_option(calls, data, tmp_path, run):
    code, printed, _ = run(
        *("train", "focal", "--preset", "paper", "--data", data, "--out", tmp_path / "focal", "--image-encoder"),
        *("resnet18", "--text-encoder", "bert-base-uncased", "--seed", 3, "--members", 2, "--budget-minutes", 9),
        *("--run", tmp_path / "state", "--device", "cpu"),
    )
    assert code == 0
    assert vars(calls.config) == {
        "preset": "paper",
        "data": data,
        "out": tmp_path / "focal",
        "image_encoder": "resnet18",
        "text_encoder": "bert-base-uncased",
        "seed": 3,
        "members": 2,
        "budget_minutes": 9.0,
        "run": tmp_path / "state",
        "device": "cpu",
    }
    assert calls[0][2].startswith("python -m adlab train focal --preset paper ")
    assert "pooled cosine" in printed


def test_train_agreement_hands_over_every_option(calls, data, tmp_path, run):
    code, printed, _ = run(
        *("train", "agreement", "--data", data, "--out", tmp_path / "focal", "--members", 2, "--seed", 3),
        *("--run", tmp_path / "state", "--budget-minutes", 9, "--device", "cpu"),
    )
    assert code == 0
    assert vars(calls.config) == {
        "data": data,
        "out": tmp_path / "focal",
        "members": 2,
        "seed": 3,
        "budget_minutes": 9.0,
        "run": tmp_path / "state",
        "device": "cpu",
    }
    assert calls[0][2].startswith("python -m adlab train agreement --data ")
    assert "pooled cosine" in printed


def test_train_focal_sim_hands_over_every_option_and_needs_no_data(calls, tmp_path, run):
    code, printed, _ = run(
        *("train", "focal-sim", "--ads", 50, "--impressions", 70, "--ad-seed", 4, "--out", tmp_path / "sim"),
        *("--members", 2, "--run", tmp_path / "state", "--seed", 3, "--budget-minutes", 9, "--device", "cpu"),
    )
    assert code == 0
    assert vars(calls.config) == {
        "collection": Collection(seed=4, train=50, impressions=70),
        "out": tmp_path / "sim",
        "members": 2,
        "run": tmp_path / "state",
        "seed": 3,
        "budget_minutes": 9.0,
        "device": "cpu",
    }
    assert calls[0][2].startswith("python -m adlab train focal-sim --ads 50 ")
    assert "pooled cosine" in printed


def test_train_relevance_student_hands_over_every_option_and_takes_a_teacher_by_name_or_folder(
    calls, data, tmp_path, run
):
    code, printed, _ = run(
        *("train", "relevance-student", "--data", data, "--teacher", tmp_path / "dry", "--out", tmp_path / "student"),
        *("--graded", 70, "--further", 0, "--run", tmp_path / "state", "--seed", 3, "--budget-minutes", 9),
        *("--device", "cpu"),
    )
    assert code == 0
    assert vars(calls.config) == {
        "sources": Sources(folder=data),
        "teacher": "dry",
        "teacher_root": tmp_path,
        "out": tmp_path / "student",
        "graded": 70,
        "further": 0,
        "run": tmp_path / "state",
        "seed": 3,
        "budget_minutes": 9.0,
        "device": "cpu",
    }
    assert calls[0][2].startswith("python -m adlab train relevance-student --data ")
    assert "pooled cosine" in printed
    calls.clear()
    run("train", "relevance-student")
    assert (calls.config.teacher, calls.config.teacher_root) == ("relevance-adscvlr", None)


def test_train_relevance_hands_over_the_embedder_and_leaves_the_shipped_checkpoint_alone(
    calls, data, tmp_path, run, monkeypatch
):
    import adlab.training.adscvlr_run as real

    monkeypatch.setattr(real, "train_relevance", lambda how, *_: calls.append((how,)) or TRAINED)
    weights = tmp_path / "detector.pth"
    assert run("train", "relevance", "--visual", "roi", "--detector-weights", weights)[0] == 0
    assert calls.config == real.RelevanceRun(
        sources=Sources(folder=data), visual="roi", detector_weights=weights, out=models_dir() / "relevance-roi"
    )
    run("train", "relevance", "--visual", "patch", "--out", tmp_path / "squares")
    assert (calls[1][0].visual, calls[1][0].out) == ("patch", tmp_path / "squares")
    run("train", "relevance", "--visual", "roi", "--preset", "paper")
    assert (calls[2][0].visual, calls[2][0].out.name) == ("roi", "relevance-paper")
    assert run("train", "relevance", "--visual", "boxes")[0] == 2


OWN = ("--table", "pairs.csv", "--images", "pictures", "--table-labels", "rule", "--sources", "none")


def test_a_table_of_ones_own_goes_to_training_student_measures_and_tables_and_needs_no_public_data(
    calls, run, monkeypatch
):
    monkeypatch.delenv("ADLAB_DATA", raising=False)
    monkeypatch.setattr("adlab.cli.options.data_dir", lambda: None)
    monkeypatch.setitem(sys.modules, "adlab.training.adscvlr_run", training := types.ModuleType("adscvlr_run"))
    vars(training).update(
        RelevanceRun=Config,
        OWN_NAME="relevance-own",
        PAPER_NAME="",
        train_relevance=lambda *given: calls.append(given) or TRAINED,
    )
    own = OwnPairs(table=Path("pairs.csv"), images=Path("pictures"), labels="rule")
    alone = Sources(folder=Path(), names=(), own=own)
    assert run("train", "relevance", *OWN, "--table-share", 0.25)[0] == 0
    assert (calls.config.sources, calls.config.out.name) == (alone, "relevance-own")
    assert calls.config.training.shares["commercial-ads"] == pytest.approx(1 / 3)  # beside sources that add up to 1
    assert run("train", "relevance-student", *OWN)[0] == 0
    assert calls[1][0].sources == alone
    monkeypatch.setattr("adlab.checkpoints.store.load_checkpoint", lambda _: types.SimpleNamespace(manifest=TRAINED))
    assert run("evaluate", "relevance-adscvlr", *OWN[:6])[0] == 0
    assert calls[2][3] == own
    assert run("reproduce", "adscvlr", "--part", "tables", *OWN[:4], *OWN[6:])[0] == 0
    assert (calls[3][0].own, calls[3][0].sources) == (replace(own, labels="human"), ())


def test_a_preset_of_adscvlr_sets_what_the_paper_says_and_options_go_before_it(calls, data, tmp_path, run, monkeypatch):
    import adlab.training.adscvlr_run as real

    monkeypatch.setattr(real, "train_relevance", lambda how, *_: calls.append((how,)) or TRAINED)
    assert run("train", "relevance", "--preset", "paper", "--text-weights", tmp_path, "--pairs", 9)[0] == 0
    assert calls.config == real.RelevanceRun(
        sources=Sources(folder=data),
        out=models_dir() / "relevance-paper",
        preset="paper",
        text_weights=tmp_path,
        limits=TokenLimits(total=152, description=152),
        likeness=False,
        pretraining=PretrainTraining(pairs=9, decoder_layers=12, title_tokens=48, learning_rate=5e-5),
        training=FinetuneTraining(pairs=9),
    )
    run("train", "relevance", "--preset", "paper", "--likeness", "--out", tmp_path / "mine")
    assert (calls[1][0].likeness, calls[1][0].out) == (True, tmp_path / "mine")
    run("train", "relevance")
    assert calls[2][0] == real.RelevanceRun(sources=Sources(folder=data))
    run("train", "relevance", "--no-likeness")
    assert calls[3][0] == real.RelevanceRun(sources=Sources(folder=data), likeness=False)


def test_what_belongs_to_a_table_is_refused_without_one(data, run):
    for option in (("--images", "x"), ("--table-labels", "rule"), ("--table-share", "0.5")):
        code, _, err = run("train", "relevance", *option)
        assert code == 2
        assert f"{option[0]} is given without --table" in err
    assert "there is no --table" in run("train", "relevance", "--sources", "none")[2]
    assert "'crowdflower'" in run("train", "relevance", "--sources", "crowd-flower")[2]
    assert "--part tables" in run("reproduce", "adscvlr", "--table", "pairs.csv")[2]
