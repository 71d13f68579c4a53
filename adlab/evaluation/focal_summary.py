"""From the arrays of all seeds to the numbers of the report, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from adlab.evaluation.focal_results import (
    AccuracyRow,
    AgreementRow,
    CollapseRow,
    Difference,
    Estimate,
    ExpectationRow,
    NoiseRow,
    ProbeRow,
)
from adlab.evaluation.focal_study import IMAGE_NAMES, NETWORKS, PROPERTIES, SPACES, TEXT_NAMES
from adlab.evaluation.kept import Arrays
from adlab.metrics.bootstrap import BootstrapInterval, bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.ranking import auc

LEVEL = 0.9
PAPER = {("paper", "full"): 0.6707, ("paper", "shared"): 0.6628}  # FOCAL Ad, Table 1
TABLE = (
    ("paper", "full"),
    ("paper", "shared"),
    ("paper", "image"),
    ("paper", "text"),
    ("contrastive", "full"),
    ("contrastive", "shared"),
    ("untrained", "full"),
    ("untrained", "shared"),
    ("features", "full"),
)


class Summary:
    """Sums up seeds.

    Args:
        seeds: Arrays of each seed, as `focal_seed` names them; at least one seed.
        default_noise: σ of everything but the sweep.
        resamples: Resamples of a bootstrap.
    """

    def __init__(self, seeds: Sequence[Arrays], default_noise: float, resamples: int) -> None:
        self.seeds, self.noise, self.resamples = tuple(seeds), f"{default_noise:g}", resamples

    def over_seeds(self, value: Callable[[Arrays], float]) -> Estimate:
        """Mean over seeds with Student's t interval; no interval from a single seed."""
        values = np.array([value(seed) for seed in self.seeds], dtype=np.float64)
        mean, n = float(values.mean()), len(values)
        if n == 1:
            return Estimate(value=mean, low=None, high=None, n=1, over="seeds")
        half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
        return Estimate(value=mean, low=mean - half, high=mean + half, n=n, over="seeds")

    def table(self) -> tuple[AccuracyRow, ...]:
        """Table 1, with the rows that the paper does not print."""
        return tuple(
            AccuracyRow(
                network=network,
                source=source,
                width=self._width(network, source),
                paper=PAPER.get((network, source)),
                accuracy=self._accuracy(network, source, self.noise),
            )
            for network, source in TABLE
        )

    def difference(self, network: str, noise: str) -> Difference:
        """Full − Shared."""
        full, shared = (self._hits_by_image(network, source, noise) for source in ("full", "shared"))
        interval = paired_bootstrap_difference(
            lambda rows: float(full[rows].mean()),
            lambda rows: float(shared[rows].mean()),
            np.arange(len(full)),
            level=LEVEL,
            n_resamples=self.resamples,
        )
        keys = [f"hits/{network}/{source}/{noise}" for source in ("full", "shared")]
        return Difference(
            network=network,
            over_seeds=self.over_seeds(lambda seed: float(seed[keys[0]].mean() - seed[keys[1]].mean())),
            over_images=_over_images(interval),
        )

    def sweep(self, levels: Sequence[float]) -> tuple[NoiseRow, ...]:
        """Accuracy and its ceiling by noise."""
        return tuple(
            NoiseRow(
                noise_std=level,
                bayes=self._mean_of(f"bayes/{level:g}"),
                full=self._accuracy("paper", "full", f"{level:g}"),
                shared=self._accuracy("paper", "shared", f"{level:g}"),
                difference=self.difference("paper", f"{level:g}"),
            )
            for level in levels
        )

    def collapse(self) -> tuple[CollapseRow, ...]:
        """Collapse measures of every space."""
        rows = []
        for network in NETWORKS:
            for space in SPACES:
                head = f"collapse/{network}/{space}"
                measures = {name: self._mean_of(f"{head}/{name}") for name in ("cosine", "rank", "centred_rank")}
                width = int(self.seeds[0][f"embedding/{network}/{space}"].shape[1])
                rows.append(CollapseRow(network=network, space=space, width=width, **measures))
        return tuple(rows)

    def agreement(self) -> tuple[AgreementRow, ...]:
        """AUC of true against mismatched pairs."""
        return tuple(
            AgreementRow(
                network=network,
                auc_over_images=_over_images(
                    bootstrap_interval(self._auc(network), self._images(), level=LEVEL, n_resamples=self.resamples)
                ),
                auc_over_seeds=self.over_seeds(partial(_auc_of, network=network)),
                true_cosine=self._mean_of(f"cosine/{network}/true"),
                mismatched_cosine=self._mean_of(f"cosine/{network}/mismatched"),
            )
            for network in NETWORKS
        )

    def auc_difference(self) -> Estimate:
        """AUC of full FOCAL minus that of the paper's loss, on the same images."""
        return _over_images(
            paired_bootstrap_difference(
                self._auc("contrastive"),
                self._auc("paper"),
                self._images(),
                level=LEVEL,
                n_resamples=self.resamples,
            )
        )

    def probes(self) -> tuple[ProbeRow, ...]:
        """R² of every property from every space, and from the frozen features of its own modality."""
        rows = []
        for network, space, names in self._probed():
            for index, name in enumerate(names):
                r2 = self.over_seeds(partial(_entry, key=f"probe/{network}/{space}", index=index))
                rows.append(ProbeRow(network=network, space=space, property=name, r2=r2))
        return tuple(rows)

    def private_gain(self) -> dict[str, Estimate]:
        """By ``network/modality``: mean R² of a modality's own properties, private minus shared space."""
        columns = {"image": slice(0, len(IMAGE_NAMES)), "text": slice(len(IMAGE_NAMES), None)}
        return {
            f"{network}/{modality}": self.over_seeds(partial(_gain, network=network, modality=modality, own=own))
            for network in NETWORKS
            for modality, own in columns.items()
        }

    def training_gain(self) -> dict[str, Estimate]:
        """By source: accuracy with the paper's loss minus that of the untrained network, seed by seed."""
        return {
            source: self.over_seeds(partial(_trained_minus_untrained, key=f"{source}/{self.noise}"))
            for source in ("full", "shared")
        }

    def expectations(self) -> tuple[ExpectationRow, ...]:
        """What §7.2 expects of its two plots, by probe and by neighbours."""
        rows = []
        for network in NETWORKS:
            probes = {
                "label": self._accuracy(network, "shared", self.noise),
                "modality_shared": self._mean_of(f"modality/{network}/shared"),
                "modality_private": self._mean_of(f"modality/{network}/private"),
            }
            for what, probe in probes.items():
                rows.append(
                    ExpectationRow(
                        network=network,
                        what=what,
                        probe=probe,
                        purity=self._mean_of(f"purity/{network}/{what}"),
                        chance=self._mean_of(f"chance/{network}/{what}").value,
                    )
                )
        return tuple(rows)

    def _probed(self) -> list[tuple[str, str, tuple[str, ...]]]:
        spaces = [(network, space, PROPERTIES) for network in NETWORKS for space in SPACES]
        return [*spaces, ("features", "image", IMAGE_NAMES), ("features", "text", TEXT_NAMES)]

    def _mean_of(self, key: str) -> Estimate:
        return self.over_seeds(lambda seed: float(seed[key].mean()))

    def _accuracy(self, network: str, source: str, noise: str) -> Estimate:
        return self._mean_of(f"hits/{network}/{source}/{noise}")

    def _hits_by_image(self, network: str, source: str, noise: str) -> NDArray[np.float64]:
        """Share of right answers by image over captions and seeds, (N,)."""
        hits = np.stack([seed[f"hits/{network}/{source}/{noise}"] for seed in self.seeds])
        by_image: NDArray[np.float64] = hits.astype(np.float64).mean(axis=(0, 2))
        return by_image

    def _images(self) -> NDArray[np.int64]:
        return np.arange(len(self.seeds[0]["cosine/paper/true"]))

    def _auc(self, network: str) -> Callable[[NDArray[np.int64]], float]:
        """Mean over seeds of the AUC on some images, for a bootstrap over images."""
        return lambda rows: float(np.mean([_auc_of(seed, network, rows) for seed in self.seeds]))

    def _width(self, network: str, source: str) -> int:
        return int(self.seeds[0][f"width/{network}/{source}"])


def _entry(seed: Arrays, key: str, index: int) -> float:
    return float(seed[key][index])


def _gain(seed: Arrays, network: str, modality: str, own: slice) -> float:
    private, shared = (seed[f"probe/{network}/{kind}_{modality}"][own].mean() for kind in ("private", "shared"))
    return float(private - shared)


def _trained_minus_untrained(seed: Arrays, key: str) -> float:
    return float(seed[f"hits/paper/{key}"].mean() - seed[f"hits/untrained/{key}"].mean())


def _auc_of(seed: Arrays, network: str, rows: NDArray[np.int64] | slice = slice(None)) -> float:
    true, mismatched = (seed[f"cosine/{network}/{kind}"][rows].ravel() for kind in ("true", "mismatched"))
    return auc(np.concatenate([true, mismatched]), np.repeat([1, 0], [len(true), len(mismatched)]))


def _over_images(interval: BootstrapInterval) -> Estimate:
    return Estimate(value=interval.value, low=interval.low, high=interval.high, n=interval.n_groups, over="images")
