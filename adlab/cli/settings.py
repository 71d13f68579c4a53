"""`--set name=value`: fields of a configuration from text."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from adlab.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Config = TypeVar("Config", bound=DataclassInstance)

_NAMES: Mapping[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_FLAGS = {"true": True, "false": False}


def changed(config: Config, assignments: Sequence[str]) -> Config:
    """A copy with some fields set.

    Args:
        config: A dataclass; fields that are numbers, texts or flags, or such a value or None, can be set.
        assignments: Texts like ``"epochs=12"``; ``"none"`` clears a field that may be None.

    Raises:
        UnknownNameError: There is no such field.
        ConfigError: A text is no assignment, or its value does not fit the field.
    """
    kinds = _kinds(config)
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals or not name:
            raise ConfigError(f"--set is {assignment!r}; give name=value, for example epochs=12.")
        if name not in kinds:
            raise UnknownNameError("setting", name, kinds)
        if name in values:
            raise ConfigError(f"--set names {name!r} twice; give it once.")
        values[name] = _value(name, text, kinds[name])
    return replace(config, **values)


def _kinds(config: DataclassInstance) -> dict[str, tuple[type, ...]]:
    """The types that each settable field takes."""
    hints = get_type_hints(type(config))
    kinds = {}
    for field in fields(config):
        hint = hints[field.name]
        types_of = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
        if all(kind in (*_NAMES, types.NoneType) for kind in types_of):
            kinds[field.name] = types_of
    return kinds


def _value(name: str, text: str, kinds: tuple[type, ...]) -> Any:
    if types.NoneType in kinds and text.lower() == "none":
        return None
    if bool in kinds and text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    for kind in (int, float, str):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                continue
    expected = " or ".join(_NAMES[kind] for kind in kinds if kind in _NAMES)
    raise ConfigError(f"The setting {name} is {text!r}; give {expected}.")
