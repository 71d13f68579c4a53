"""The `conversion` head: the probability that an ad, once shown, leads to a conversion (FOCAL Ad, §4.6).

Learned from planted responses. Each member of an ensemble, trained on its own resample of the ads, has its own
logistic regression; the mean of their calibrated log-odds is the score, their spread, stretched to the coverage
measured against the planted truth, the interval.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import special

from adlab.checkpoints.conversion import ADS, COVERAGE, HEAD, LEVEL, REGRESSION, settings_of
from adlab.checkpoints.networks import build_network, check_encoders
from adlab.checkpoints.reference_set import ReferenceSet, load_reference_set
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.data.assessment import DataKind, HeadResult, Interval, Provenance
from adlab.errors import CheckpointError
from adlab.inference.pair_head import provenance_of
from adlab.inference.ranks import percentile_in
from adlab.inference.scales import rare_scale
from adlab.metrics.percentile import percentile_from_quantiles
from adlab.metrics.spread import logit_interval
from adlab.models.focal import FocalEnsemble, FocalOutput
from adlab.models.focal_conversion import SPACES, ConversionRegression

WHOLE = "full"  # of `SPACES`: everything is kept


@dataclass(frozen=True)
class ConversionScores:
    """Scores of N ads.

    Attributes:
        probability: Of a conversion per impression, 0–1, (N,).
        low: Lower end of its interval.
        high: Upper end.
        percentile: Rank among the reference ads, 0–100, (N,).
    """

    probability: np.ndarray
    low: np.ndarray
    high: np.ndarray
    percentile: np.ndarray


class ConversionHead:
    """The loaded head; read-only, hence thread-safe.

    Args:
        name: Checkpoint name.
        encoder_ids: Identity of the encoders at hand by modality.
        root: Folder of the checkpoints.
        device: Where to compute.

    Raises:
        UnknownNameError: There is no such checkpoint, or its reference set is not there.
        CheckpointError: The checkpoint is not intact, lacks something, or was trained on other encoders.
    """

    name = HEAD

    def __init__(
        self, name: str, encoder_ids: dict[str, str], *, root: Path | None = None, device: str = "cpu"
    ) -> None:
        checkpoint = load_checkpoint(name, root)
        self.manifest = checkpoint.manifest
        check_encoders(self.manifest, encoder_ids)
        network = build_network(checkpoint)
        if not isinstance(network, FocalEnsemble):
            raise CheckpointError(f"{name} is a {self.manifest.kind!r} checkpoint; the conversion head needs 'focal'.")
        config, self.calibration, reference = settings_of(self.manifest)
        self._data_kind = DataKind(self.manifest.data_kind)
        if (config.members, config.latent_dim) != (len(network.members), network.config.latent_dim):
            raise CheckpointError(f"{name}: the regression reads {asdict(config)}, the network gives something else.")
        regression = ConversionRegression(config)
        try:
            regression.load_state_dict(read_extra(checkpoint, REGRESSION), strict=True)
        except RuntimeError as error:
            raise CheckpointError(f"{name}: {REGRESSION} does not fit its regression. Restore the folder.") from error
        self.reference: ReferenceSet = load_reference_set(reference, root)
        quantiles = self.reference.quantiles
        if f"{ADS}/{HEAD}" not in quantiles or ADS not in self.reference.manifest.extras.get("groups", {}):
            raise CheckpointError(f"{reference} holds no quantiles of {HEAD}; train {name} again.")
        self._quantiles = quantiles[f"{ADS}/{HEAD}"]
        self.device = torch.device(device)
        # In double precision: rounding in float32 depends on the size of the batch.
        self.image_dim = network.config.image_dim
        self.network = network.double().to(self.device)
        self.regression = regression.double().eval().requires_grad_(False).to(self.device)

    def score(self, image: np.ndarray, text: np.ndarray, kept: str = WHOLE) -> ConversionScores:
        """Score N pairs of features, (N, d_A) and (N, d_B); `kept` as in `member_logits`."""
        logits = self.member_logits(image, text, kept)
        probability = special.expit(logits.mean(axis=0))
        low, high = logit_interval(logits, self.calibration.interval_scale, level=LEVEL)
        percentile = percentile_from_quantiles(probability, self._quantiles)
        return ConversionScores(probability, low, high, percentile)

    def member_logits(self, image: np.ndarray, text: np.ndarray, kept: str = WHOLE) -> np.ndarray:
        """Calibrated log-odds of every member, (M, N), for features (N, d_A) and (N, d_B).

        Args:
            image: (N, d_A).
            text: (N, d_B).
            kept: A key of `SPACES`; the terms of all other embeddings are left out of the sum. It was not trained so.
                Embeddings have length 1 and a mean near 0, so this is about the mean over the parts left out.
        """
        with torch.inference_mode():
            pair = (torch.from_numpy(x).to(self.device, torch.float64) for x in (image, text))
            output = self.network(*pair)
            if kept != WHOLE:
                output = FocalOutput(
                    *(
                        part if name in SPACES[kept] else torch.zeros_like(part)
                        for name, part in output._asdict().items()
                    )
                )
            return self.calibration.apply(self.regression(output).cpu().numpy())

    def results(
        self,
        image: np.ndarray,
        text: np.ndarray,
        device: str = "cpu",
        precision: str = "float32",
        kept: str = WHOLE,
    ) -> list[HeadResult]:
        """One typed result a pair.

        Args:
            image: (N, d_A).
            text: (N, d_B).
            device: Where the features were computed.
            precision: In which floating-point format.
            kept: As in `member_logits`; the interval is that of ads read whole.
        """
        scores = self.score(image, text, kept)
        provenance = provenance_of(self.manifest, self._data_kind, device, precision)
        return [self._result(scores, row, provenance) for row in range(len(image))]

    def _result(self, scores: ConversionScores, row: int, provenance: Provenance) -> HeadResult:
        coverage = self.manifest.measure(COVERAGE)
        return HeadResult(
            head=HEAD,
            value=float(scores.probability[row]),
            unit="probability",
            scale=rare_scale(max(float(scores.high[row]), float(self._quantiles[-1]))),
            interval=Interval(
                low=float(scores.low[row]),
                high=float(scores.high[row]),
                level=LEVEL,
                kind="spread of five models, each trained on a resample of the simulated ads",
                measured_coverage=coverage.value if coverage else None,
                coverage_n=coverage.n if coverage else None,
            ),
            percentiles=(percentile_in(self.reference, ADS, scores.percentile[row]),),
            provenance=provenance,
        )
