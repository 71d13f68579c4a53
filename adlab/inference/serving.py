"""Which checkpoint answers for a head, and which were passed over.

One that learned from the user's own log or table comes before those that ship. If it cannot be used here, because it
was trained on other encoders, a file of it is damaged, or it needs weights that are not at hand, the next one answers,
and every assessment says so. A checkpoint that ships is passed over for want of weights alone: damaged, it is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.relevance_student import KIND as STUDENT
from adlab.checkpoints.relevance_student import settings_of as student_settings
from adlab.data.assessment import DataKind
from adlab.data.relevance import OWN_PAIRS
from adlab.errors import CheckpointError, WeightsUnavailableError

Head = TypeVar("Head")


class Serving:
    """Loads each head by the first checkpoint that can serve it.

    Args:
        manifests: Of the checkpoints at hand, by name.

    Attributes:
        instead: What is to be said where a head was scored after others were passed over, by head.
        unserved: Why a head cannot be scored although checkpoints serve it, by head.
    """

    def __init__(self, manifests: Mapping[str, Manifest]) -> None:
        self._manifests = manifests
        self.instead: dict[str, str] = {}
        self.unserved: dict[str, str] = {}

    def load(self, head: str, build: Callable[[str], Head]) -> Head | None:
        """The loaded head; None where no checkpoint serves it, or none of them can be used.

        Args:
            head: Its name.
            build: Loads it by the name of a checkpoint.

        Raises:
            CheckpointError: A checkpoint that did not learn from the user's own data is not in order.
        """
        passed: list[str] = []
        for name in candidates(head, self._manifests):
            try:
                loaded = build(name)
            except (CheckpointError, WeightsUnavailableError) as error:
                if isinstance(error, CheckpointError) and not _learned_from_own(self._manifests[name]):
                    raise
                passed.append(f"The checkpoint {name} cannot be used here. {' '.join(str(error).split())}")
                continue
            if passed:
                self.instead[head] = " ".join([f"{head} was scored by {name} instead.", *passed])
            return loaded
        if passed:
            self.unserved[head] = " ".join(passed)
        return None


def candidates(head: str, manifests: Mapping[str, Manifest]) -> list[str]:
    """The checkpoints that serve a head, those that learned from the user's own log or table first."""
    serving = [name for name, manifest in manifests.items() if head in manifest.heads]
    return sorted(serving, key=lambda name: not _learned_from_own(manifests[name]))


def student_of(teacher: str, manifests: Mapping[str, Manifest]) -> str | None:
    """The student that learned from this teacher: another's would stand beside grades that it does not approximate."""
    students = (name for name, manifest in manifests.items() if manifest.kind == STUDENT)
    return next((name for name in students if student_settings(manifests[name]).teacher == teacher), None)


def _learned_from_own(manifest: Manifest) -> bool:
    return manifest.data_kind == DataKind.USER_LOG or OWN_PAIRS in manifest.trained_on
