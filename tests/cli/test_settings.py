from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from adlab.cli.settings import changed
from adlab.errors import ConfigError, UnknownNameError
from adlab.training.vision import VisionTraining


@dataclass(frozen=True)
class Inner:
    depth: int = 1


@dataclass(frozen=True)
class Config:
    epochs: int = 3
    rate: float = 0.1
    patience: int | None = 5
    share: float | None = None
    shuffle: bool = True
    kind: str = "full"
    inner: Inner = field(default_factory=Inner)


def test_texts_become_values_of_the_fields_own_type():
    settings = ["epochs=12", "rate = 1e-3", "patience=none", "share=0.5", "shuffle=false", "kind=a=b"]
    expected = Config(epochs=12, rate=1e-3, patience=None, share=0.5, shuffle=False, kind="a=b")
    assert changed(Config(), settings) == expected
    assert isinstance(changed(Config(), ["rate=1"]).rate, float)


def test_nothing_set_changes_nothing():
    assert changed(Config(), []) == Config()


@pytest.mark.parametrize("setting", ["epochs=1.5", "epochs=", "epochs=none", "rate=fast", "shuffle=1", "patience=x"])
def test_a_value_that_does_not_fit_is_named_with_its_setting(setting):
    name, _, value = setting.partition("=")
    with pytest.raises(ConfigError, match=rf"The setting {name} is '{value}'; give "):
        changed(Config(), [setting])


@pytest.mark.parametrize("setting", ["epochs", "=3", ""])
def test_what_is_no_assignment_is_refused(setting):
    with pytest.raises(ConfigError, match="give name=value"):
        changed(Config(), [setting])


def test_a_setting_given_twice_is_refused():
    with pytest.raises(ConfigError, match="twice"):
        changed(Config(), ["epochs=1", "epochs=2"])


def test_only_plain_fields_can_be_set():
    with pytest.raises(UnknownNameError) as caught:
        changed(Config(), ["inner=2"])
    assert caught.value.valid == ("epochs", "kind", "patience", "rate", "share", "shuffle")


def test_the_configuration_checks_its_own_ranges():
    assert changed(VisionTraining(), ["epochs=2", "contrast_weight=0.5"]) == VisionTraining(
        epochs=2, contrast_weight=0.5
    )
    with pytest.raises(ConfigError, match="epochs is 0"):
        changed(VisionTraining(), ["epochs=0"])
