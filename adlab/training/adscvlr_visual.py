"""What a checkpoint keeps and says of the embedder that made its regions."""

from __future__ import annotations

from typing import Any

from adlab.features.region_embedders import SQUARE, DetectorBoxes, RegionEmbedder


def visual_settings(looks: RegionEmbedder) -> dict[str, Any]:
    """The fields of `RelevanceSettings` from which the same embedder is made again."""
    if not isinstance(looks, DetectorBoxes):
        return {"visual": looks.visual}
    spec = looks.spec
    return {
        "visual": looks.visual,
        "top": looks.shape[0],
        "detector": spec.name,
        "detector_sha256": spec.weights_sha256,
    }


def visual_words(looks: RegionEmbedder) -> str:
    """What regions are, for the card's summary."""
    names = {"grid": "grid regions", "patch": "squares of pixels", "roi": "a detector's boxes"}
    return names[looks.visual]


def region_words(looks: RegionEmbedder) -> str:
    """How many regions there are, and what makes them."""
    count = looks.shape[0]
    if isinstance(looks, DetectorBoxes):
        spec = looks.spec
        return f"up to {count} regions by {spec.name} (sha256 {spec.weights_sha256[:12]}…, {spec.preprocessing})"
    return f"{count} regions of {SQUARE} × {SQUARE} pixels" if looks.visual == "patch" else f"{count} regions"


def visual_terms(looks: RegionEmbedder) -> str:
    """Data terms of the detector behind those of the encoders; nothing without one."""
    return f"; detector: {looks.spec.data_terms}" if isinstance(looks, DetectorBoxes) else ""


def resumes_as(looks: RegionEmbedder) -> tuple[str, ...]:
    """What tells a stopped training from one on other regions; nothing for `grid`, which its sources describe."""
    return () if looks.visual == "grid" else (looks.identity,)
