"""The words in many pictures, read by several processes, with an estimate of the time before most of it is spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

from adlab.errors import ConfigError, ImageError
from adlab.features.ocr import OcrText, processors, stored_text
from adlab.features.ocr_processes import Source, read_by_processes, read_here, taken_in

MEASURED = 3  # pictures read before the estimate


class Estimate(NamedTuple):
    """What reading will take.

    Attributes:
        pictures: Pictures still to be read; equal ones count once.
        stored: Pictures whose text is known.
        seconds_each: Mean over the first pictures, 0 where there are none to read.
        seconds: For all that are still to be read, by all processes.
    """

    pictures: int
    stored: int
    seconds_each: float
    seconds: float


def read_all(
    images: Sequence[Source],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    on_estimate: Callable[[Estimate], None] = lambda estimate: None,
) -> list[OcrText | ImageError]:
    """The words in pictures; what was read before comes from the cache.

    Args:
        images: Pictures, or files that are taken in on the way; repeats are read once.
        workers: Processes; one per processor by default. With one, or few pictures, this process reads.
        progress: Called with (done, all) pictures; it may raise to stop, and what was read is kept.
        on_estimate: Called once, after the first `MEASURED` pictures.

    Returns:
        In the order given; for a file that is no picture the error that says so, and for a picture whose words
        cannot be read a `WordsError`. A process that is killed, as when memory runs out, ends nothing: the rest is
        read by one process, and a picture on which that is killed too has a `WordsError`.

    Raises:
        ConfigError: `workers` is below 1.
    """
    if workers is not None and workers < 1:
        raise ConfigError(f"workers is {workers}; give 1 or more.")
    results: list[OcrText | ImageError | None] = [None] * len(images)
    waiting: dict[str, list[int]] = {}
    for place, source in enumerate(images):
        try:
            image = taken_in(source)
        except ImageError as error:
            results[place] = error
            continue
        results[place] = stored_text(image)
        if results[place] is None:
            waiting.setdefault(image.content_hash, []).append(place)
    stored = sum(isinstance(result, OcrText) for result in results)
    done = sum(result is not None for result in results)
    progress(done, len(images))
    repeats = list(waiting.values())
    processes = max(1, min(workers or processors(), len(repeats)))
    times: list[float] = []
    if not repeats:
        on_estimate(Estimate(0, stored, 0.0, 0.0))
    unread = {number: images[places[0]] for number, places in enumerate(repeats)}
    here = processes == 1 or len(unread) <= MEASURED
    with closing(read_here(unread) if here else read_by_processes(unread, processes)) as readings:
        for reading in readings:
            for place in repeats[reading.place]:
                results[place] = reading.text
            done += len(repeats[reading.place])
            times.append(reading.seconds)
            if len(times) == min(MEASURED, len(repeats)):
                each, left = sum(times) / len(times), len(repeats) - len(times)
                on_estimate(Estimate(left, stored, each, each * left / reading.processes))
            progress(done, len(images))
    return [result for result in results if result is not None]
