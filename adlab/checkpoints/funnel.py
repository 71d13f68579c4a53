"""What a checkpoint that serves `funnel` stores beside its networks: written by a training, read by the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import build_network, check_encoders
from adlab.checkpoints.standing_contexts import StandingContexts
from adlab.checkpoints.store import load_checkpoint
from adlab.data.feature_schema import FeatureSchema
from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_ensemble import FunnelEnsemble

HEAD, KIND = "funnel", "funnel"
ADS = "ads"  # group of the reference set; its quantiles are named "ads/funnel"
STEPS = ("pctr", "pcvr", "pctcvr")
LEVEL = 0.9
# What was there of an ad. A picture whose words were not read, or an ad without picture or copy, is told less surely.
WHOLE, UNREAD, NO_PICTURE, NO_COPY, PICTURE_ONLY = "whole", "words not read", "no picture", "no copy", "picture only"
MODES = (WHOLE, UNREAD, NO_PICTURE, NO_COPY, PICTURE_ONLY)


def coverage_name(mode: str, step: str, *, known: bool = False) -> str:
    """Name of the measure on the card: how often an interval held, the context unknown or known."""
    return f"interval coverage of {step}, {mode}{', context known' if known else ''}"


def mode_of(*, picture: bool, copy: bool, words: bool) -> str:
    """The mode of an ad.

    Args:
        picture: Whether it has one.
        copy: Whether it has a title or a description.
        words: Whether the words in the picture were read.
    """
    if not picture:
        return NO_PICTURE
    if copy:
        return WHOLE if words else UNREAD
    return NO_COPY if words else PICTURE_ONLY


@dataclass(frozen=True, kw_only=True)
class ChainCalibration:
    """From the members' log-odds to what is stated of ads of one mode.

    Attributes:
        ctr: Of clicks.
        cvr: Of conversions once there is a click.
        half_widths: Of the intervals around the stated log-odds, by step of `STEPS`, where the context is known.
        half_widths_unknown: Where nothing of it is known; None where one width stands for both, as in checkpoints that
            were calibrated on both together.

    Raises:
        ConfigError: A step has no half-width, or a further one has.
    """

    ctr: Platt
    cvr: Platt
    half_widths: dict[str, float]
    half_widths_unknown: dict[str, float] | None = None

    def __post_init__(self) -> None:
        for name in ("half_widths", "half_widths_unknown"):
            own = getattr(self, name)
            if own is not None and set(own) != set(STEPS):
                raise ConfigError(f"{name} are of {sorted(own)}; give those of {', '.join(STEPS)}.")

    def widths(self, told: int, fields: int) -> dict[str, float]:
        """Half-widths by step where `told` of the context's `fields` fields are known.

        Intervals are calibrated where all is known and where nothing is. In between stands the wider of both.
        """
        unknown = self.half_widths_unknown
        if unknown is None or told >= fields:
            return self.half_widths
        return unknown if told == 0 else {step: max(self.half_widths[step], unknown[step]) for step in STEPS}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ChainCalibration:
        """What `asdict` wrote."""
        unknown = plain.get("half_widths_unknown")
        return cls(
            ctr=Platt(**plain["ctr"]),
            cvr=Platt(**plain["cvr"]),
            half_widths=dict(plain["half_widths"]),
            half_widths_unknown=None if unknown is None else dict(unknown),
        )


@dataclass(frozen=True, kw_only=True)
class FunnelSettings(StandingContexts):
    """What serves `funnel` beside the networks; the contexts that stand for all, rows of the log, are with it.

    Attributes:
        schema: The feature schema, plain; its fields are what is read of an ad's texts and its context.
        creative: The creative encoder, plain; None where the networks know nothing of the creative.
        modes: Calibration by mode; all of `MODES`, or only `WHOLE` where the creative is not read.
        reference: Name of the reference set, empty for none.
        columns: Fields of the schema that no context holds: where an ad lacks them they count as missing.
        bare: Calibration by mode of ads of whose columns less than half are known; empty where there are none.
        planted: Whether the intervals were held against planted chances; None where a training did not say: it was
            so for simulated logs only.

    Raises:
        ConfigError: Contexts, weights or modes do not fit.
    """

    schema: dict[str, Any]
    creative: dict[str, Any] | None
    modes: dict[str, ChainCalibration]
    reference: str
    columns: tuple[str, ...] = ()
    bare: dict[str, ChainCalibration] = field(default_factory=dict)
    planted: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "columns", tuple(self.columns))  # a JSON file has lists
        wanted = MODES if self.creative is not None else (WHOLE,)
        if set(self.modes) != set(wanted):
            raise ConfigError(f"modes are {sorted(self.modes)}; give {', '.join(wanted)}.")
        if set(self.bare) != set(wanted if self.columns else ()):
            raise ConfigError(f"bare has {sorted(self.bare)}; give the modes where there are columns, else nothing.")

    def calibration(self, mode: str, known: int = 0) -> ChainCalibration:
        """That of an ad.

        Args:
            mode: What was there of it, of `MODES`.
            known: How many of `columns` are known of it.
        """
        return self.bare[mode] if 2 * known < len(self.columns) else self.modes[mode]


def extras_of(settings: FunnelSettings) -> dict[str, Any]:
    """For the manifest's extras; `settings_of` reads it."""
    return {HEAD: settings.plain() | {"columns": list(settings.columns)}}


def settings_of(manifest: Manifest) -> FunnelSettings:
    """What a training stored.

    Raises:
        CheckpointError: The manifest's extras lack it.
    """
    try:
        fields = dict(manifest.extras[HEAD])
        modes, bare = (
            {mode: ChainCalibration.from_plain(plain) for mode, plain in own.items()}
            for own in (fields.pop("modes"), fields.pop("bare", {}))
        )
        return FunnelSettings(modes=modes, bare=bare, **fields)
    except (KeyError, TypeError, ValueError, AttributeError, ConfigError, InputError) as error:
        raise CheckpointError(f"{manifest.name} has extras that do not serve {HEAD}: {error!r}.") from error


def load_funnel(
    name: str, encoder_ids: dict[str, str], *, root: Path | None = None
) -> tuple[Manifest, FunnelEnsemble, FunnelSettings, FeatureSchema]:
    """A checkpoint's networks with their settings and the schema of their rows.

    Args:
        name: Checkpoint name.
        encoder_ids: Identity of the encoders at hand by modality.
        root: Folder of the checkpoints.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: It is not intact, of another kind, was trained on other encoders, or its parts do not fit.
    """
    checkpoint = load_checkpoint(name, root)
    manifest = checkpoint.manifest
    check_encoders(manifest, encoder_ids)
    network, settings = build_network(checkpoint), settings_of(manifest)
    if not isinstance(network, FunnelEnsemble):
        raise CheckpointError(f"{name} is a {manifest.kind!r} checkpoint; {KIND!r} is needed.")
    try:
        schema = FeatureSchema.from_plain(settings.schema)
    except ConfigError as error:
        raise CheckpointError(f"{name} has a schema that does not serve {HEAD}: {error}") from error
    _check_shape(name, network.config, schema)
    shape = network.config
    if bool(shape.creative_dim) != (settings.creative is not None):
        raise CheckpointError(f"{name}: networks and settings disagree on whether the creative is read; restore it.")
    if strange := [column for column in settings.columns if column not in schema.names]:
        raise CheckpointError(f"{name}: the schema has no column {strange[0]!r}; restore the folder.")
    averaged = [field for field in schema.sparse if field.name not in settings.columns]
    lists_and_numbers = [*(field.name for field in schema.dense), *schema.bag_sizes]
    if other := [column for column in lists_and_numbers if column not in settings.columns]:
        raise CheckpointError(f"{name}: {other[0]!r} cannot be averaged over; restore the folder.")
    for context in settings.contexts:
        if lacking := [field.name for field in averaged if context.get(field.name) not in (field.levels or ())]:
            raise CheckpointError(f"{name}: a stored context has no {lacking[0]}; restore the folder.")
    return manifest, network, settings, schema


def _check_shape(name: str, shape: ESMMConfig, schema: FeatureSchema) -> None:
    for read, given, what in (
        (shape.fields, schema.sizes, "codes"),
        (shape.dense, len(schema.dense_names), "numbers"),
        (dict(shape.bags), schema.bag_sizes, "codes of lists"),
    ):
        if read != given:
            raise CheckpointError(f"{name}: the networks read {read} {what}, the schema gives {given}.")
