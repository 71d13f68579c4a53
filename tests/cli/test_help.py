from __future__ import annotations

import re
import resource
import subprocess
import sys

import pytest

from adlab import __version__
from adlab.cli.heads import HEADS
from adlab.data.table import COLUMNS
from adlab.paths import ROOT

SHIPPED = [name for name in HEADS if name != "headline"]

OPTIONS = {
    "assess": "--title --description --query --seller --brand --category --gender --age --month --weekday --hour "
    "--position --heads --ocr --device --json",
    "score": "--images --out --heads --ocr --device --batch-size",
    "explain": "--out --head --title --description --query --seller --brand --grade --test --ocr --json",
    "modalities": "--images --out --comparison --heads --ocr --device --batch-size",
    "project": "--images --out --space --method --checkpoint --perplexity --iterations --neighbours --seed --device",
    "models": "--verify --json",
    "evaluate": "--data --table --images --table-labels --device --json --add",
    "simulate": "--ads --impressions --out --seed --aggregate --contexts-per-ad --images --size --image-format --ctr "
    "--cvr --set --drift --unseen-share --budget-minutes",
    "train vision": "--teacher --data --out --run --set --seed --budget-minutes --device",
    "train agreement": "--data --out --members --run --seed --budget-minutes --device",
    "train focal-sim": "--ads --impressions --ad-seed --out --members --run --seed --budget-minutes --device",
    "train appeal": "--data --out --members --seed",
    "train ctr": "--out --members --run --seed --budget-minutes",
    "train relevance": "--data --sources --table --images --table-labels --table-share --out --pairs --no-contrast "
    "--no-pretraining --likeness --preset --text-weights --visual --detector-weights --run --seed --budget-minutes "
    "--device",
    "train relevance-student": "--data --sources --table --images --table-labels --teacher --out --graded --further "
    "--run --seed --budget-minutes --device",
    "train funnel": "--log --layout --role --images --ads --no-contrast --out --members --run --seed --budget-minutes",
    "train reference": "--device",
    "train focal": "--preset --data --out --image-encoder --text-encoder --members --run --seed --budget-minutes "
    "--device",
    "reproduce simulator": "--out --ads --rows --seed",
    "reproduce m2fn": "--part --data --out --seed --ads --rows --image-size --epochs --pixel-epochs --seeds --preset "
    "--budget-minutes --device",
    "reproduce adscvlr": "--part --data --sources --table --images --out --teacher --pairs --seeds "
    "--layers --clip --simulated-ads --gallery --auctions --explained --seed --budget-minutes --device",
    "reproduce cl4cvr": "--part --data --out --seed --ads --impressions --side-rows --seeds --side-seeds --creatives "
    "--throughput-rows --repeats --budget-minutes",
    "reproduce focal": "--data --out --image-encoder --text-encoder --seeds --budget-minutes --device",
}


@pytest.mark.parametrize("command", OPTIONS)
def test_help_is_a_manual_page(run, command):
    code, out, err = run(*command.split(), "--help")
    assert (code, err) == (0, "")
    assert set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", out, re.MULTILINE)) == {*OPTIONS[command].split(), "--help"}
    assert f"Usage: python -m adlab {command}" in out
    for section in ("Output", "Exit codes:", "Examples:"):
        assert section in out
    assert out.count(f"python -m adlab {command}") >= 3  # the usage and two examples
    assert max(map(len, out.splitlines())) <= 80


def test_help_of_score_names_every_column_that_it_reads_or_writes(run):
    _, out, _ = run("score", "--help")
    named = set(re.findall(r"[a-z_]+\d?", out))
    written = {name for head in SHIPPED for name in HEADS[head].columns}
    assert {column.name for column in COLUMNS} <= named
    assert {name.removesuffix("_low").removesuffix("_high") for name in written} | {"notes", "error"} <= named
    assert set(SHIPPED) <= named


def test_help_of_the_program_names_every_command_with_a_whole_sentence(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in {name.split()[0] for name in OPTIONS}:
        assert re.search(rf"^  {command} +\S.*[^.]\.$", out, re.MULTILINE), command
    for name in ("ADLAB_MODELS", "ADLAB_DATA", "ADLAB_CACHE", "130"):
        assert name in out


def test_version(run):
    assert run("--version") == (0, f"adlab {__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["train"], ["reproduce"], ["score"], ["simulate"]])
def test_a_call_without_a_command_shows_how_to_call(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"Usage: python -m adlab{''.join(f' {a}' for a in arguments)}")


def test_an_unknown_command_is_answered_with_the_nearest(run):
    code, _, err = run("scores")
    assert code == 2
    assert "score" in err
    assert "Help: python -m adlab --help" in err


def test_help_loads_nothing_heavy_and_answers_at_once():
    heavy = "('torch', 'transformers', 'pandas', 'numpy', 'scipy', 'PIL', 'lightning', 'streamlit')"
    code = (
        "import sys; from adlab.cli import main; assert main(['score', '--help']) == 0; "
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.strip() == "[]"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1  # processor time: 0.2 s


def test_the_package_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "adlab", "nonsense"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr
