"""What the tests of the commands share: tiny models, one loaded text encoder, a table of ads of every sort."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from helpers.pictures import caption, picture
from helpers.stand_ins import Calls, stand_ins

from adlab.cli import main
from adlab.encoders.text import TextEncoder, load_minilm


@pytest.fixture(scope="session")
def text_encoder() -> TextEncoder:
    return load_minilm(device="cpu")


@pytest.fixture
def models(tiny_models: Path, text_encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny models, for commands run in this process; the text encoder is loaded once for all tests."""
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))
    monkeypatch.setattr("adlab.inference.assessor.load_minilm", lambda **_: text_encoder)
    return tiny_models


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six sound pictures 0.png … 5.png and a broken one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(6):
        picture(seed).save(folder / f"{seed}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def ads() -> pd.DataFrame:
    """Six ads that can be scored, text as it stands in a CSV."""
    rows = [{"ad_id": f"00{i}", "image": f"{i}.png", "title": caption(i)} for i in range(6)]
    return pd.DataFrame(rows, dtype="str")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in this process: exit code, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What commands hand over to the work; stand-ins take the place of the modules that do it."""
    seen = Calls()
    for name, module in stand_ins(seen).items():
        monkeypatch.setitem(sys.modules, name, module)
    return seen


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the public data sets with nothing in it but the folder of one."""
    folder = tmp_path / "data"
    (folder / "flickr8k").mkdir(parents=True)
    monkeypatch.setenv("ADLAB_DATA", str(folder))
    return folder
