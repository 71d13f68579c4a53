"""The variants that CL4CVR's paper compares, the readings it leaves open, and the paper's numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from adlab.training.funnel_config import Contrast, FunnelTraining

ESMM, EM, FNE, SPI, FULL = "esmm", "em", "em-fne", "em-spi", "full"
# The paper's CVR AUC: industrial data, Taobao.
PAPER = {
    ESMM: (0.8558, 0.6524),
    EM: (0.8586, 0.6572),
    FNE: (0.8605, 0.6581),
    SPI: (0.8617, 0.6580),
    FULL: (0.8637, 0.6590),
}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to train.

    Attributes:
        name: Its name.
        label: What a table calls it.
        masking: How the two views are made, "" for ESMM without a contrastive task.
        false_negatives: As `Contrast`.
        supervised: As `Contrast`.
        keep: As `Contrast`.
        creatives: Whether it may see creative vectors.
        detach_ctr: As `ESMMConfig`.
        start: τ and α of its own, None for the tuned ones.
        training: Epochs, batches and optimiser; the contrastive task in it is replaced by the variant's.
    """

    name: str
    label: str
    masking: str = ""
    false_negatives: str = "none"
    supervised: bool = False
    keep: float = 0.5
    creatives: bool = True
    detach_ctr: bool = False
    start: tuple[float, float] | None = None
    training: FunnelTraining = field(default_factory=FunnelTraining)

    def contrast(self, temperature: float, weight: float) -> Contrast | None:
        """Its contrastive task at τ and α, which its own replace."""
        if not self.masking:
            return None
        if self.start is not None:
            temperature, weight = self.start
        return Contrast(
            weight=weight,
            temperature=temperature,
            masking=self.masking,
            keep=self.keep,
            false_negatives=self.false_negatives,
            supervised=self.supervised,
        )

    def trained_as(self, temperature: float, weight: float) -> FunnelTraining:
        """Its whole training, the contrastive task at τ and α included."""
        return replace(self.training, contrast=self.contrast(temperature, weight))


_FULL = Variant(
    name=FULL, label="CL4CVR (EM + FNE + SPI)", masking="independent", false_negatives="identical", supervised=True
)
MAIN = (
    Variant(name=ESMM, label="ESMM"),
    Variant(name=EM, label="EM", masking="independent"),
    Variant(name=FNE, label="EM + FNE", masking="independent", false_negatives="identical"),
    Variant(name=SPI, label="EM + SPI", masking="independent", supervised=True),
    _FULL,
)
# Other ways to make two views, each in the place of EM alone; the best of them joins the main variants.
MASKING_RIVALS = (
    Variant(name="feature", label="feature masking", masking="feature"),
    Variant(name="dropout", label="dropout masks", masking="dropout"),
)
# τ and α that a user without a validation set would start from: ours, and the public code's.
STARTS = ((0.1, 0.01), (12.0, 0.01))
FULL_12 = "full-12"
FOLLOWED = (FULL, FULL_12)  # all of CL4CVR at either start, where nothing is tuned
PUBLIC_CODE, PUBLIC_ESMM = "public-code-training", "esmm-public-training"
# Two hundred thousand hash buckets are left out: these logs have a few thousand levels, each with a code of its own.
_PUBLIC_TASK = replace(
    _FULL,
    name="public-code",
    label="public code's task, our training (complementary, cosine, τ = 12, α = 0.01, pCTR detached)",
    masking="complementary",
    false_negatives="cosine",
    detach_ctr=True,
    start=(12.0, 0.01),
)
_ESMM_DETACHED = Variant(name="esmm-detached", label="ESMM, pCTR detached", detach_ctr=True)
SIDE = (
    *MAIN,
    *MASKING_RIVALS,
    Variant(name="em-complementary", label="EM, complementary", masking="complementary"),
    replace(_FULL, name="full-complementary", label="CL4CVR, complementary", masking="complementary"),
    replace(_FULL, name="full-keep-0.9", label="CL4CVR, masks keep 0.9", keep=0.9),
    replace(_FULL, name="full-cosine", label="CL4CVR, FNE by cosine", false_negatives="cosine"),
    *(replace(_FULL, name=f"full-{t:g}-{a:g}", label=f"CL4CVR, τ = {t:g}, α = {a:g}", start=(t, a)) for t, a in STARTS),
    _PUBLIC_TASK,
    _ESMM_DETACHED,
    replace(
        _PUBLIC_TASK,
        name=PUBLIC_CODE,
        label="public code, its training too (Adagrad at 0.1, batches of 64, 2 epochs)",
        training=FunnelTraining.public_code(),
    ),
    replace(
        _ESMM_DETACHED,
        name=PUBLIC_ESMM,
        label="ESMM, pCTR detached, trained as the public code",
        training=FunnelTraining.public_code(),
    ),
)
# Read only where networks see creative vectors.
IDS_ONLY = (
    Variant(name="esmm-ids", label="ESMM, ids alone", creatives=False),
    replace(_FULL, name="full-ids", label="CL4CVR, ids alone", creatives=False),
)
# With the contrastive task, and the same without it, where that is not `ESMM`.
SAME_WITHOUT = {_PUBLIC_TASK.name: _ESMM_DETACHED.name, PUBLIC_CODE: PUBLIC_ESMM, "full-ids": "esmm-ids"}
TUNED = tuple(
    replace(_FULL, name=f"tune-{t:g}-{a:g}", label=f"τ = {t:g}, α = {a:g}", start=(t, a))
    for t in (0.1, 0.5, 2.0, 12.0)
    for a in (0.001, 0.01, 0.1)
)
