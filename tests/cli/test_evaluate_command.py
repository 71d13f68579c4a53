"""`evaluate`: what is handed over, and measures beside the card."""

from __future__ import annotations

import json
import sys

from helpers.stand_ins import MEASURES

from adlab.checkpoints.manifest import Measure


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
