"""The commands whose work is done elsewhere: what they hand over, and what they print."""

from __future__ import annotations

import importlib
import json
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.tiny_models import manifest

from adlab.checkpoints.manifest import Measure
from adlab.errors import DataUnavailableError
from adlab.evaluation.adscvlr_settings import PARTS, AdsCVLRReproduction
from adlab.features.query_ad_tokens import TokenLimits
from adlab.paths import models_dir
from adlab.training.adscvlr_finetune_task import FinetuneTraining
from adlab.training.adscvlr_pretrain_task import PretrainTraining
from adlab.training.adscvlr_sources import Sources
from adlab.training.relevance_data import OwnPairs
from adlab.training.simulated import Collection
from adlab.training.vision import VisionTraining

MEASURES = (
    Measure(name="pooled cosine", value=0.9512, n=1000, data="test", low=0.95, high=0.9525),
    Measure(name="seconds per image", value=0.03, n=8, data="test"),
)
TRAINED = replace(manifest("vision-mobilenetv2", "vision"), measures=MEASURES)


class Calls(list):
    """What was handed over."""

    @property
    def config(self):
        return self[0][0]


class Config(types.SimpleNamespace):
    """Takes any field, like the real configurations take theirs."""


@pytest.fixture
def calls(monkeypatch):
    """Stand-ins for the modules that do the work."""
    seen = Calls()

    def keep(answer):
        def call(*arguments, **named):
            seen.append((*arguments, *named.values()))
            return answer

        return call

    modules = {
        "adlab.training.vision_run": {"VisionRun": Config, "train_vision": keep(TRAINED)},
        "adlab.training.agreement_run": {"AgreementRun": Config, "train_agreement": keep(TRAINED)},
        "adlab.training.focal_run": {"FocalRun": Config, "train_focal": keep(TRAINED)},
        "adlab.training.student_run": {"StudentRun": Config, "train_student": keep(TRAINED)},
        "adlab.training.focal_sim": {"FocalSimRun": Config, "train_focal_sim": keep(TRAINED)},
        "adlab.evaluation.focal": {"FocalReproduction": Config, "reproduce_focal": keep(Path("there/focal.md"))},
        "adlab.evaluation.adscvlr": {"reproduce_adscvlr": keep(Path("there/adscvlr.md"))},
        "adlab.evaluation.m2fn": {"reproduce_m2fn": keep(Path("there/m2fn.md"))},
        "adlab.evaluation.m2fn_settings": {"M2FNReproduction": Config},
        "adlab.evaluation.checkpoint": {"evaluate_checkpoint": keep(list(MEASURES))},
    }
    for name, members in modules.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    return seen


@pytest.fixture
def data(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    (folder / "flickr8k").mkdir(parents=True)
    monkeypatch.setenv("ADLAB_DATA", str(folder))
    return folder


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


@pytest.mark.parametrize(
    ("command", "module", "work", "config"),
    [
        ("train agreement", "adlab.training.agreement_run", "train_agreement", "AgreementRun"),
        ("train focal", "adlab.training.focal_run", "train_focal", "FocalRun"),
        ("train vision", "adlab.training.vision_run", "train_vision", "VisionRun"),
        ("train relevance-student", "adlab.training.student_run", "train_student", "StudentRun"),
        ("train focal-sim", "adlab.training.focal_sim", "train_focal_sim", "FocalSimRun"),
        ("reproduce focal", "adlab.evaluation.focal", "reproduce_focal", "FocalReproduction"),
    ],
)
def test_defaults_of_the_command_are_those_of_the_work(data, monkeypatch, run, command, module, work, config):
    real, seen = importlib.import_module(module), []
    monkeypatch.setattr(real, work, lambda how, *_: seen.append(how) or TRAINED)
    assert run(*command.split())[0] == 0
    given = {"data": data / "flickr8k"}
    if config == "VisionRun":
        teacher = data.parent / "weights" / "mobilenet_v2_imagenet_tf_same.safetensors"
        given = {"data": data, "teacher": teacher}
    if config == "AgreementRun":
        given = {"data": data}
    if config == "StudentRun":
        given = {"sources": Sources(folder=data)}
    if config == "FocalSimRun":
        given = {}
    assert seen == [getattr(real, config)(**given)]


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


def test_evaluate_shows_the_card_beside_what_was_measured(calls, data, models, run):
    calls_measures = [Measure(name="interval coverage", value=0.88, n=200, data="test", low=0.85, high=0.91)]
    sys.modules["adlab.evaluation.checkpoint"].evaluate_checkpoint = lambda *_: [*calls_measures, *MEASURES]
    code, printed, _ = run("evaluate", "focal-tiny", "--data", data)
    rows = [" ".join(line.split()) for line in printed.splitlines()]
    assert code == 0
    assert any(row.startswith("interval coverage 0.88 0.85 – 0.91 200 0.9 -0.02") for row in rows)
    assert any(row.startswith("pooled cosine 0.9512") and row.endswith("not on it") for row in rows)


def test_evaluate_hands_over_and_prints_json(calls, data, models, run):
    code, printed, _ = run("evaluate", "vision-mobilenetv2", "--device", "cpu", "--json")
    assert code == 0
    ((name, folder, device, own),) = calls
    assert (name, folder(), device, own) == ("vision-mobilenetv2", data, "cpu", None)
    assert [(row["name"], row["value"], row["card"]) for row in json.loads(printed)] == [
        ("pooled cosine", 0.9512, None),
        ("seconds per image", 0.03, None),
    ]


def test_evaluate_knows_the_checkpoints(calls, data, models, run):
    code, _, err = run("evaluate", "focal-tny")
    assert code == 2
    assert "Did you mean 'focal-tiny'?" in err
    assert calls == []


@pytest.mark.parametrize("command", ["train vision", "train focal", "reproduce focal", "reproduce m2fn"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--budget-minutes", "0"], "--budget-minutes is 0; give a number above 0"),
        (["--budget-minutes", "-3"], "--budget-minutes is -3"),
        (["--budget-minutes", "soon"], "should be a valid number"),
        (["--data", "/nowhere"], "There is no folder '/nowhere'"),
        (["--device", "gpu"], "gpu"),
    ],
)
def test_unusable_options_are_refused(calls, data, run, command, options, words):
    code, printed, err = run(*command.split(), *options)
    assert (code, printed) == (2, "")
    assert words in err
    assert calls == []


def test_an_unknown_setting_lists_the_valid_ones(calls, data, run):
    code, _, err = run("train", "vision", "--set", "epoch=3")
    assert code == 2
    assert "Did you mean 'epochs'?" in err


def test_without_data_the_remedy_is_named(calls, tmp_path, monkeypatch, run):
    monkeypatch.setenv("ADLAB_DATA", str(tmp_path / "none"))
    code, _, err = run("train", "focal")
    assert code == 2
    assert "ADLAB_DATA" in err


def test_errors_of_the_work_itself_are_shown_without_a_traceback(calls, data, run):
    def fail(*_, **__):
        raise DataUnavailableError("There are no captions; give another folder.")

    sys.modules["adlab.training.focal_run"].train_focal = fail
    assert run("train", "focal") == (2, "", "Error: There are no captions; give another folder.\n")


def test_ctrl_c_in_a_training_ends_as_anywhere_else(calls, data, run):
    def interrupted(*_, **__):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit(1)  # as Lightning does

    sys.modules["adlab.training.focal_run"].train_focal = interrupted
    code, _, err = run("train", "focal")
    assert code == 130
    assert "goes on from its last epoch" in err


def test_a_warning_is_one_line_without_a_source_line(calls, data, run):
    import warnings

    def warn(*_, **__):
        warnings.warn("The GPU is out of memory.", stacklevel=2)
        return TRAINED

    sys.modules["adlab.training.focal_run"].train_focal = warn
    code, _, err = run("train", "focal")
    assert (code, err) == (0, "Warning: The GPU is out of memory.\n")
