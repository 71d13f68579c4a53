"""The errors a user can cause or meet, each with one message: what was wrong, the value, what to do.

Everything that adlab raises on purpose is an `AdlabError`. The command line prints its message and exits with
code 2; the app shows it beside the field it belongs to. A traceback therefore always means a defect in adlab.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class AdlabError(Exception):
    """Base of all expected errors; `str(error)` is fit to be shown to a user."""


class InputError(AdlabError, ValueError):
    """A value given by the user cannot be used."""


class ImageError(InputError):
    """A file cannot be taken in as an image."""


class WordsError(ImageError):
    """The words in a picture cannot be read; without them it is a picture like any other."""


class TableError(InputError):
    """A table breaks the table contract.

    Args:
        summary: One sentence that names the table.
        problems: Every problem found, each naming row, column, value and remedy; shown one a line.
    """

    def __init__(self, summary: str, problems: Sequence[str] = ()) -> None:
        self.summary = summary
        self.problems = tuple(problems)
        super().__init__("\n".join([summary, *(f"  - {problem}" for problem in self.problems)]))


class UnknownNameError(InputError):
    """A name is not among the valid ones; the message lists them and suggests the nearest.

    Args:
        kind: What the name stands for, for example ``"head"``.
        name: The name as given.
        valid: All valid names.
        note: A further sentence, if the list alone does not help.
    """

    def __init__(self, kind: str, name: str, valid: Iterable[str], note: str = "") -> None:
        self.kind, self.name, self.valid = kind, name, tuple(sorted(valid))
        nearest = difflib.get_close_matches(name, self.valid, n=1)
        message = f"Unknown {kind} {name!r}."
        if nearest:
            message += f" Did you mean {nearest[0]!r}?"
        message += f" Valid: {', '.join(self.valid) or 'none'}."
        super().__init__(f"{message} {note}".rstrip())


class ConfigError(InputError):
    """A configuration field has a value outside its range."""


class WeightsUnavailableError(AdlabError):
    """Published weights are neither on this machine nor can they be fetched.

    Args:
        name: The weights, as their publisher names them.
        looked_at: Where they were looked for.
        remedies: The ways to provide them, each a full sentence.
        reason: Why fetching failed, in the words of the library that tried.
    """

    def __init__(self, name: str, looked_at: Sequence[str], remedies: Sequence[str], reason: str = "") -> None:
        self.name = name
        lines = [f"The weights {name!r} cannot be had."]
        if reason:
            lines[0] += f" ({reason})"
        lines += [f"  looked at: {place}" for place in looked_at]
        lines += [f"  remedy: {remedy}" for remedy in remedies]
        super().__init__("\n".join(lines))


class CheckpointError(AdlabError):
    """A checkpoint folder is incomplete, altered, or does not fit what is loaded with it."""


class DataUnavailableError(AdlabError):
    """A data set is not where it was looked for, or is not laid out as its reader expects."""
