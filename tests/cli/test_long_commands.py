"""What all commands whose work is done elsewhere share: defaults, refusals, errors, Ctrl-C and warnings."""

from __future__ import annotations

import importlib
import sys

import pytest
from helpers.stand_ins import TRAINED

from adlab.errors import DataUnavailableError
from adlab.training.adscvlr_sources import Sources


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
