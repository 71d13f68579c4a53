"""What an AdsCVLR says of many pairs, computed once a pair and kept: the teacher of the two-tower student."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.relevance import Relevance, load_relevance
from adlab.data.array_store import ArrayStore, compute_missing
from adlab.encoders.text import TextEncoder
from adlab.features.ad_vocabulary import extend
from adlab.features.query_ad_tokens import PairTokens, QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.features.stored import Progress, no_progress
from adlab.metrics.grades import shares_of
from adlab.metrics.relevance import relevant_probability
from adlab.models.adscvlr_config import GRADES
from adlab.models.pair_inputs import InputMode, PairInputs
from adlab.paths import cache_dir
from adlab.training.adscvlr_finetune_data import MODES
from adlab.training.adscvlr_regions import RegionBank
from adlab.training.student_pairs import AskedPair

AT_ONCE, KEPT_AT_ONCE = 128, 1024  # pairs a pass, pairs between two writes


@dataclass(frozen=True)
class Teacher:
    """A loaded AdsCVLR with what lays out its input.

    Attributes:
        relevance: The checkpoint.
        tokenizer: As it was trained with.
    """

    relevance: Relevance
    tokenizer: QueryAdTokenizer

    def soft(self, logits: np.ndarray, pairs: Sequence[AskedPair]) -> np.ndarray:
        """P(grade ≥ Fair) after the temperature of each pair's mode, (N, 4) -> (N,), 0–1."""
        temperatures = self.relevance.settings.temperatures
        scale = np.array([temperatures[pair.mode.value] for pair in pairs])
        return relevant_probability(shares_of(logits / scale[:, None]))


def load_teacher(name: str, text_encoder: TextEncoder, image_encoder_id: str, *, root: Path | None = None) -> Teacher:
    """A checkpoint as a teacher.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: It is not intact, of another kind, or was trained on other encoders.
    """
    relevance = load_relevance(name, text_encoder, image_encoder_id, root=root)
    settings = relevance.settings
    vocabulary = extend(relevance.wordpieces, settings.words)
    return Teacher(
        relevance, QueryAdTokenizer(vocabulary, TokenLimits(total=settings.total, description=settings.description))
    )


def teacher_logits(
    teacher: Teacher,
    pairs: Sequence[AskedPair],
    bank: RegionBank,
    *,
    half: bool = False,
    device: str = "cpu",
    progress: Progress = no_progress,
) -> np.ndarray:
    """Logits of the four grades, (N, 4) float32; what was computed before comes from the cache.

    Args:
        teacher: Who is asked.
        pairs: N pairs, each with the mode it is read in.
        bank: Has the regions of every picture.
        half: Whether in bfloat16 where products in it are fast; for training, not for measures.
        device: Where to compute.
        progress: Called with (pairs done, pairs to do).
    """
    precision = "bfloat16" if half else "float32"
    manifest = teacher.relevance.manifest
    store = ArrayStore(
        cache_dir() / "vectors",
        encoder_id=f"{manifest.name}-{manifest.weights_sha256[:12]}-grades-{precision}",
        shape=(GRADES,),
        dtype="float32",
    )
    rows = teacher.tokenizer.tokens(pairs)
    seen = _content(pairs, bank)
    keys = [_key(pair, row, seen) for pair, row in zip(pairs, rows, strict=True)]
    order = sorted(range(len(pairs)), key=lambda place: (MODES.index(pairs[place].mode), len(rows[place].ids)))
    place_of = {keys[place]: place for place in order}

    def load(batch: list[str]) -> np.ndarray:
        places = [place_of[key] for key in batch]
        return _read(teacher, [pairs[p] for p in places], [rows[p] for p in places], bank, half, device)

    teacher.relevance.network.to(device)
    compute_missing(store, list(place_of), load, batch_size=KEPT_AT_ONCE, on_progress=progress)
    teacher.relevance.network.to("cpu")
    return store.get(keys)


def read_pairs(
    teacher: Teacher, pairs: Sequence[AskedPair], bank: RegionBank, *, half: bool = False, device: str = "cpu"
) -> np.ndarray:
    """Logits of pairs computed now, in passes of one mode each, (N, 4) float32."""
    return _read(teacher, pairs, teacher.tokenizer.tokens(pairs), bank, half, device)


def _read(
    teacher: Teacher,
    pairs: Sequence[AskedPair],
    rows: Sequence[PairTokens],
    bank: RegionBank,
    half: bool,
    device: str,
) -> np.ndarray:
    found = np.zeros((len(pairs), GRADES), dtype=np.float32)
    for mode in MODES:
        own = [place for place, pair in enumerate(pairs) if pair.mode is mode]
        for start in range(0, len(own), AT_ONCE):
            some = own[start : start + AT_ONCE]
            regions = None if mode is InputMode.TEXT_ONLY else bank.regions([pairs[place].image for place in some])
            wholes = bank.wholes_of([pairs[place] for place in some])
            inputs = pair_inputs([rows[place] for place in some], regions, wholes).in_mode(mode).to(device)
            found[some] = _logits(teacher, inputs, half)
    return found


def _logits(teacher: Teacher, inputs: PairInputs, half: bool) -> np.ndarray:
    network = teacher.relevance.network
    with torch.inference_mode():
        with torch.autocast(inputs.token_ids.device.type, torch.bfloat16, enabled=half):
            evidence = network(inputs, states=False).evidence.float()
        logits: np.ndarray = network.grade(evidence).cpu().numpy()  # half a byte of digits would tie many scores
    return logits


def _content(pairs: Sequence[AskedPair], bank: RegionBank) -> dict[str, str]:
    """Digest of what the network sees of each picture, so that a picture drawn anew is read anew."""
    images = {pair.image for pair in pairs if pair.mode is not InputMode.TEXT_ONLY}
    return {image: hashlib.sha256(bank.content(image)).hexdigest() for image in images}


def _key(pair: AskedPair, row: PairTokens, seen: dict[str, str]) -> str:
    digest = hashlib.sha256(pair.mode.value.encode())
    digest.update(row.ids.tobytes() + b"\x00" + row.segments.tobytes())
    if pair.mode is not InputMode.TEXT_ONLY:
        digest.update(seen[pair.image].encode())
    return digest.hexdigest()
