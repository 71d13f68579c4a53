"""What a checkpoint says about itself: the content of its `config.json`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adlab.errors import CheckpointError

if TYPE_CHECKING:
    from adlab.metrics.bootstrap import BootstrapInterval

MANIFEST_VERSION = 1
CONFIG = "config.json"
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # of checkpoints and of their files: never a path


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """How a checkpoint came to be; enough to do it again.

    Attributes:
        command: The command line that trained it.
        seed: Seed of the run.
        data: Data sets and splits, in words.
        minutes: Wall-clock minutes on the machine named in `machine`.
        machine: Kind of machine, for example ``"2 CPU cores"``.
        config: Every field of the training configuration.
    """

    command: str
    seed: int
    data: str
    minutes: float
    machine: str
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measured number on the card.

    Attributes:
        name: What was measured, in the field's words.
        value: The number.
        low: Lower end of its 90 % interval, None where there is none.
        high: Upper end.
        n: Number of cases behind it.
        data: What it was measured on.
        aim: The value aimed at and the direction, for example ``"≥ 0.95"``; empty for none.
        note: What a reader should know to read it right.
    """

    name: str
    value: float
    n: int
    data: str
    low: float | None = None
    high: float | None = None
    aim: str = ""
    note: str = ""

    @classmethod
    def of(cls, name: str, interval: BootstrapInterval, *, n: int, data: str, aim: str = "", note: str = "") -> Measure:
        """A number with its bootstrap interval.

        Args:
            name: What was measured.
            interval: The number and its 90 % interval.
            n: Number of cases behind it.
            data: What it was measured on.
            aim: The value aimed at and the direction.
            note: What a reader should know to read it right.
        """
        return cls(
            name=name, value=interval.value, low=interval.low, high=interval.high, n=n, data=data, aim=aim, note=note
        )


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything but the tensors.

    Attributes:
        name: Folder name.
        kind: Which network builds it, a key of `adlab.checkpoints.networks.BUILDERS`.
        summary: One sentence for the Models page: what it does, for whom.
        heads: The heads it serves; empty for encoders.
        network: Fields of the network's config.
        encoders: Encoder ids by modality that its inputs must come from; empty for encoders.
        preprocessing: What happens to the input before the network.
        data_kind: Value of `adlab.data.assessment.DataKind`.
        trained_on: The data sets, in words.
        terms: Data terms, strictest first; those of its encoders included.
        licence: Licence of the weights.
        training: How it came to be.
        measures: What was measured.
        limits: What it must not be used for, and where it is weak; one sentence each.
        extras: Small further values that the kind needs, for example reading names.
        sha256: Digest by file name of every file in the folder, filled in on saving; that of `config.json` is
            `content_digest`, because no file can hold its own.
        manifest_version: Version of this layout.
    """

    name: str
    kind: str
    summary: str
    heads: tuple[str, ...]
    network: dict[str, Any]
    encoders: dict[str, str]
    preprocessing: str
    data_kind: str
    trained_on: str
    terms: str
    licence: str
    training: TrainingRecord
    measures: tuple[Measure, ...] = ()
    limits: tuple[str, ...] = ()
    extras: dict[str, Any] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    manifest_version: int = MANIFEST_VERSION

    def to_json(self) -> str:
        """Readable JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def content_digest(self) -> str:
        """SHA-256 of all that the manifest says, the digest of `config.json` itself left out."""
        others = {file_name: digest for file_name, digest in self.sha256.items() if file_name != CONFIG}
        return hashlib.sha256(replace(self, sha256=others).to_json().encode()).hexdigest()

    def measure(self, name: str) -> Measure | None:
        """The measure of that name, or None."""
        return next((m for m in self.measures if m.name == name), None)

    @property
    def weights_sha256(self) -> str:
        """Digest of the weights, the checkpoint's identity in every provenance."""
        return self.sha256.get("weights.safetensors", "")


def read_manifest(folder: Path) -> Manifest:
    """Read `config.json` of a checkpoint folder.

    Raises:
        CheckpointError: The file is missing, is not JSON, lacks or adds fields, or was altered after saving.
    """
    file = folder / CONFIG
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder} holds no config.json; it is not a checkpoint folder.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{file} is not valid JSON ({error}); restore it from the repository.") from error
    if not isinstance(plain, dict) or plain.get("manifest_version") != MANIFEST_VERSION:
        found = plain.get("manifest_version") if isinstance(plain, dict) else type(plain).__name__
        raise CheckpointError(f"{file} has manifest_version {found!r}; this adlab reads {MANIFEST_VERSION}.")
    known = {f.name for f in fields(Manifest)}
    wrong = sorted(set(plain) ^ known)
    if wrong:
        raise CheckpointError(f"{file} lacks or adds the fields {', '.join(wrong)}; restore it from the repository.")
    if plain["name"] != folder.name:
        raise CheckpointError(f"{file} names {plain['name']!r}, its folder is {folder.name!r}; rename the folder back.")
    manifest = _from_plain(plain, file)
    if manifest.sha256.get(CONFIG) != manifest.content_digest():
        raise CheckpointError(f"{file} was altered after it was saved; restore it from the repository.")
    return manifest


def _from_plain(plain: dict[str, Any], file: Path) -> Manifest:
    try:
        training = TrainingRecord(**plain["training"])
        measures = tuple(Measure(**measure) for measure in plain["measures"])
        tuples = {name: tuple(plain[name]) for name in ("heads", "limits")}
        plain["sha256"] = dict(plain["sha256"])
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{file} has a field of another shape ({error}); restore the file.") from error
    return Manifest(**(plain | tuples | {"training": training, "measures": measures}))
