"""The `agreement` head: how well image and copy fit, as a percentile among pictures with texts of their own.

FOCAL Ad in full (contrastive shared space); the score is the cosine of the shared embeddings, averaged over the
members of an ensemble, and its rank in the reference set. The members differ by the bootstrap of the training
pictures they saw; their spread, stretched to the coverage measured on validation pairs, is the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from adlab.data.assessment import HeadResult, Interval, Provenance, Reading
from adlab.inference.agreement_parts import MISMATCHED, TRUE, read_parts
from adlab.inference.pair_head import provenance_of
from adlab.inference.ranks import percentile_in
from adlab.metrics.percentile import percentile_from_quantiles
from adlab.metrics.spread import spread_interval
from adlab.models.focal import agreement

HEAD = "agreement"
LEVEL = 0.9


@dataclass(frozen=True)
class AgreementScores:
    """Scores of N pairs.

    Attributes:
        cosine: Mean over members, (N,).
        percentile: Among true pairs, 0–100, (N,).
        percentile_mismatched: Among mismatched pairs, 0–100, (N,).
        low: Lower end of the interval of `percentile`, (N,).
        high: Upper end.
        readings: Percentile of every stored reading, (N, R).
    """

    cosine: np.ndarray
    percentile: np.ndarray
    percentile_mismatched: np.ndarray
    low: np.ndarray
    high: np.ndarray
    readings: np.ndarray


class AgreementHead:
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
        parts = read_parts(name, encoder_ids, root)
        self.manifest, self.reference = parts.manifest, parts.reference
        self.device = torch.device(device)
        # In double precision: rounding in float32 depends on the size of the batch, and a percentile magnifies it.
        self.image_dim = parts.network.config.image_dim
        self.network = parts.network.double().to(self.device)
        self._probes, self._reading_info, self._scale = parts.probes, parts.readings, parts.interval_scale
        self._data_kind = parts.data_kind

    def score(self, image: np.ndarray, text: np.ndarray) -> AgreementScores:
        """Score N pairs of features.

        Args:
            image: (N, d_A).
            text: (N, d_B).

        Returns:
            Scores and readings.
        """
        with torch.inference_mode():
            output = self.network(*(torch.from_numpy(x).to(self.device, torch.float64) for x in (image, text)))
            member_cosine = agreement(output).cpu().numpy()  # (M, N)
            spaces = {
                "private image": _stacked(output.private_image),
                "private text": _stacked(output.private_text),
            }
        cosine = member_cosine.mean(axis=0)
        quantiles = self.reference.quantiles
        percentile = percentile_from_quantiles(cosine, quantiles[f"{TRUE}/cosine"])
        members = np.stack(
            [
                percentile_from_quantiles(row, member)
                for row, member in zip(member_cosine, quantiles[f"{TRUE}/member_cosine"], strict=True)
            ]
        )
        low, high = spread_interval(percentile, members, self._scale)
        return AgreementScores(
            cosine=cosine,
            percentile=percentile,
            percentile_mismatched=percentile_from_quantiles(cosine, quantiles[f"{MISMATCHED}/cosine"]),
            low=low,
            high=high,
            readings=self._read(spaces),
        )

    def results(
        self, image: np.ndarray, text: np.ndarray, device: str = "cpu", precision: str = "float32"
    ) -> list[HeadResult]:
        """One typed result a pair.

        Args:
            image: (N, d_A).
            text: (N, d_B).
            device: Where the features were computed.
            precision: In which floating-point format.
        """
        scores, provenance = self.score(image, text), provenance_of(self.manifest, self._data_kind, device, precision)
        return [self._result(scores, row, provenance) for row in range(len(scores.cosine))]

    def _read(self, spaces: dict[str, np.ndarray]) -> np.ndarray:
        columns = []
        for index, info in enumerate(self._reading_info):
            raw = spaces[info["space"]] @ self._probes[f"{index}/weight"] + float(self._probes[f"{index}/bias"])
            columns.append(percentile_from_quantiles(raw, self.reference.quantiles[f"{TRUE}/reading_{index}"]))
        return np.stack(columns, axis=1) if columns else np.zeros((len(next(iter(spaces.values()))), 0))

    def _result(self, scores: AgreementScores, row: int, provenance: Provenance) -> HeadResult:
        coverage = self.manifest.measure("interval coverage")
        return HeadResult(
            head=HEAD,
            value=float(scores.percentile[row]),
            unit="percentile",
            scale=(0.0, 100.0),
            interval=Interval(
                low=float(scores.low[row]),
                high=float(scores.high[row]),
                level=LEVEL,
                kind="spread of five models, each trained on a resample of the pictures",
                measured_coverage=coverage.value if coverage else None,
                coverage_n=coverage.n if coverage else None,
            ),
            percentiles=(
                percentile_in(self.reference, TRUE, scores.percentile[row]),
                percentile_in(self.reference, MISMATCHED, scores.percentile_mismatched[row]),
            ),
            provenance=provenance,
            details={"cosine": float(scores.cosine[row])},
            readings=tuple(
                Reading(
                    space=info["space"],
                    name=info["name"],
                    percentile=float(scores.readings[row, index]),
                    low_word=info["low_word"],
                    high_word=info["high_word"],
                    probe_r2=float(info["r2"]),
                )
                for index, info in enumerate(self._reading_info)
            ),
        )


def _stacked(embeddings: torch.Tensor) -> np.ndarray:
    # (M, N, D) -> (N, M·D), each member's vector at length 1: the probes were fitted on the same.
    unit = F.normalize(embeddings, dim=-1)
    stacked: np.ndarray = unit.transpose(0, 1).flatten(1).cpu().numpy()
    return stacked
