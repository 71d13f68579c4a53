"""What a pair costs the student and the teacher, in processor time of one run on one machine.

Wall-clock time says little on a busy machine; processor time counts what was computed. Pictures are out of it on both
sides: the teacher is given their regions, the student the vectors of ads, as a system that keeps them would.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch

from adlab.checkpoints.manifest import Measure
from adlab.encoders.text import TextEncoder
from adlab.models.two_tower import TwoTower
from adlab.training.adscvlr_regions import RegionBank
from adlab.training.student_pairs import AskedPair
from adlab.training.student_vectors import PairVectors
from adlab.training.teacher_scores import AT_ONCE, Teacher, read_pairs

ADS_A_QUERY = 100
SPEED = "pairs a second of processor time"
CHEAPER = "times cheaper than the teacher"
AIM = "≥ 10"


def measure_cost(
    net: TwoTower,
    teacher: Teacher,
    pairs: Sequence[AskedPair],
    vectors: PairVectors,
    bank: RegionBank,
    text_encoder: TextEncoder,
) -> tuple[Measure, ...]:
    """Processor time a pair of both, and their ratio, with 100 ads a query and with one.

    Args:
        net: The student, on the CPU.
        teacher: On the CPU, computes in float32.
        pairs: Some pairs, one or more.
        vectors: Of the same pairs.
        bank: Has the regions of their pictures.
        text_encoder: Encodes queries for the student.
    """
    some = list(pairs[: 2 * AT_ONCE])
    slow = _seconds_a_pair(teacher, some, bank)
    queries = list(dict.fromkeys(pair.query for pair in some))
    with torch.inference_mode():
        _, ads = vectors.of(torch.arange(min(ADS_A_QUERY, len(vectors))))
        stored = net.embed_ad(ads)
        stored = stored.repeat(-(-ADS_A_QUERY // len(stored)), 1)[:ADS_A_QUERY]

        def ask(ads_a_query: int) -> None:
            for query in queries:
                latent = net.embed_query(torch.from_numpy(text_encoder.encode([query])))
                net.score_all(latent, stored[:ads_a_query])

        many = _seconds(lambda: ask(ADS_A_QUERY), 1) / (len(queries) * ADS_A_QUERY)
        one = _seconds(lambda: ask(1), 1) / len(queries)
    on = _conditions(some)
    note = "vectors of ads and regions of pictures are at hand; a query is encoded once and held against 100 ads"
    lone = "the same where a query is held against one ad alone, so that nearly all of it is reading the query"
    return (
        Measure(name="milliseconds a pair, teacher", value=1e3 * slow, n=len(some), data=on),
        Measure(name="milliseconds a pair, student", value=1e3 * many, n=len(queries) * ADS_A_QUERY, data=on),
        Measure(name=CHEAPER, value=slow / many, n=len(some), data=on, aim=AIM, note=note),
        Measure(name=f"{CHEAPER}, one ad a query", value=slow / one, n=len(some), data=on, note=lone),
    )


def measure_speed(teacher: Teacher, pairs: Sequence[AskedPair], bank: RegionBank) -> Measure:
    """Pairs that an AdsCVLR reads in a second of processor time, in float32; arguments as of `measure_cost`."""
    some = list(pairs[: 2 * AT_ONCE])
    note = f"in passes of up to {AT_ONCE} pairs of one mode; regions and vectors of wholes are at hand"
    value = 1 / _seconds_a_pair(teacher, some, bank)
    return Measure(name=SPEED, value=value, n=len(some), data=_conditions(some), note=note)


def _seconds_a_pair(teacher: Teacher, pairs: Sequence[AskedPair], bank: RegionBank) -> float:
    return _seconds(lambda: read_pairs(teacher, pairs, bank), 1) / len(pairs)


def _conditions(pairs: Sequence[AskedPair]) -> str:
    return f"processor time in one run, {len(pairs)} test pairs, {torch.get_num_threads()} CPU threads"


def _seconds(work: Callable[[], object], warm: int) -> float:
    for _ in range(warm):
        work()
    began = time.process_time()
    work()
    return time.process_time() - began
