from __future__ import annotations

import contextlib
import os
import signal

from adlab.training.start import start


def test_a_training_runs_as_a_process_whose_words_go_to_the_log(tmp_path):
    log = tmp_path / "logs" / "run.log"
    process = start(["focal", "--budget-minutes", "0"], log)
    assert process.wait(60) == 2
    assert "--budget-minutes is 0; give a number above 0" in log.read_text()


def test_a_second_start_appends_to_the_log(tmp_path):
    log = tmp_path / "run.log"
    for _ in range(2):
        start(["vision", "--budget-minutes", "0"], log).wait(60)
    assert log.read_text().count("--budget-minutes is 0") == 2


def test_the_process_does_not_depend_on_the_callers_folder_and_terminal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    process = start(["--help"], tmp_path / "run.log")
    with contextlib.suppress(ProcessLookupError):  # it may have ended already
        assert os.getsid(process.pid) != os.getsid(0)
    assert process.wait(60) == 0
    assert "Train a checkpoint" in (tmp_path / "run.log").read_text()


def test_terminate_stops_it(tmp_path):
    process = start(["--help"], tmp_path / "run.log")
    process.terminate()
    assert process.wait(60) in (0, -signal.SIGTERM)
