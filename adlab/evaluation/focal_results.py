"""The numbers of the FOCAL Ad reproduction, as the report and its JSON twin hold them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value and its 90 % interval.

    Attributes:
        value: The number.
        low: Lower end, None where one seed allows no interval.
        high: Upper end.
        n: Number of seeds or of images behind it.
        over: What the interval is over, ``"seeds"`` or ``"images"``.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    over: str

    @property
    def above_zero(self) -> bool:
        """Whether the interval lies above zero."""
        return self.low is not None and self.low > 0

    @property
    def below_zero(self) -> bool:
        """Whether the interval lies below zero."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True, kw_only=True)
class AccuracyRow:
    """Accuracy of logistic regression on one source, 0–1, beside the paper's where it printed one."""

    network: str
    source: str
    width: int
    paper: float | None
    accuracy: Estimate


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Full − Shared, in accuracy: over seeds, and by paired bootstrap over images of the mean over seeds."""

    network: str
    over_seeds: Estimate
    over_images: Estimate


@dataclass(frozen=True, kw_only=True)
class NoiseRow:
    """One level of the noise sweep, on the network with the paper's loss."""

    noise_std: float
    bayes: Estimate
    full: Estimate
    shared: Estimate
    difference: Difference


@dataclass(frozen=True, kw_only=True)
class CollapseRow:
    """Collapse measures of one space: mean pairwise cosine and effective ranks, raw and centred."""

    network: str
    space: str
    width: int
    cosine: Estimate
    rank: Estimate
    centred_rank: Estimate


@dataclass(frozen=True, kw_only=True)
class AgreementRow:
    """How the shared-space cosine tells true from mismatched pairs: AUC, and mean cosines of either kind."""

    network: str
    auc_over_images: Estimate
    auc_over_seeds: Estimate
    true_cosine: Estimate
    mismatched_cosine: Estimate


@dataclass(frozen=True, kw_only=True)
class ProbeRow:
    """R² of one property from one space (or from the frozen features)."""

    network: str
    space: str
    property: str
    r2: Estimate


@dataclass(frozen=True, kw_only=True)
class ExpectationRow:
    """What §7.2 expects to see, as numbers: a linear probe and the purity of nearest neighbours.

    Attributes:
        network: Which network.
        what: ``"label"``, ``"modality_shared"`` or ``"modality_private"``.
        probe: Accuracy of the linear probe, 0–1.
        purity: Share of like neighbours, 0–1.
        chance: What neighbours without structure would give, 0–1.
    """

    network: str
    what: str
    probe: Estimate
    purity: Estimate
    chance: float


@dataclass(frozen=True, kw_only=True)
class MapRow:
    """One t-SNE map of the first seed."""

    figure: str
    network: str
    chain: str
    points: int
    perplexity: float
    iterations: int
    seed: int
    purity: float
    chance: float


@dataclass(frozen=True, kw_only=True)
class About:
    """What the run was.

    Attributes:
        command: The command line.
        image_encoder: Identity of the image encoder.
        text_encoder: Identity of the text encoder.
        image_dim: Width of the image features.
        text_dim: Width of the text features.
        images: Number of images by split.
        captions: Captions an image.
        seeds_asked: Seeds asked for.
        seeds: Seeds measured.
        default_noise: σ of everything but the sweep.
        resamples: Resamples of a bootstrap.
        settings: Training settings by network.
    """

    command: str
    image_encoder: str
    text_encoder: str
    image_dim: int
    text_dim: int
    images: dict[str, int]
    captions: int
    seeds_asked: int
    seeds: tuple[int, ...]
    default_noise: float
    resamples: int
    settings: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FocalResults:
    """All of it.

    Attributes:
        about: What the run was.
        table: Table 1 and further rows.
        differences: Full − Shared of each network, at the default noise.
        noise: The sweep.
        collapse: Collapse measures.
        agreement: True against mismatched pairs.
        auc_difference: AUC of full FOCAL minus that of the paper's loss, on the same images.
        probes: Linear probes of properties.
        private_gain: By ``network/modality``, mean R² of a modality's own properties, private minus shared space.
        training_gain: By source, accuracy with the paper's loss minus that of the untrained network.
        expectations: What §7.2 expects, in numbers.
        maps: The maps drawn.
    """

    about: About
    table: tuple[AccuracyRow, ...]
    differences: tuple[Difference, ...]
    noise: tuple[NoiseRow, ...]
    collapse: tuple[CollapseRow, ...]
    agreement: tuple[AgreementRow, ...]
    auc_difference: Estimate
    probes: tuple[ProbeRow, ...]
    private_gain: dict[str, Estimate]
    training_gain: dict[str, Estimate]
    expectations: tuple[ExpectationRow, ...]
    maps: tuple[MapRow, ...]
