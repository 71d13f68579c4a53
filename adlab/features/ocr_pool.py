"""The words in many pictures, read by several processes, with an estimate of the time before most of it is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from adlab.data.image_intake import AdImage, read_image
from adlab.errors import AdlabError, ConfigError, ImageError
from adlab.features.ocr import OcrText, load_engine, processors, read_text, stored_text

MEASURED = 3  # pictures read before the estimate
Source = AdImage | Path


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
        cannot be read a `WordsError`.

    Raises:
        ConfigError: `workers` is below 1.
        AdlabError: A process was killed.
    """
    if workers is not None and workers < 1:
        raise ConfigError(f"workers is {workers}; give 1 or more.")
    results: list[OcrText | ImageError | None] = [None] * len(images)
    waiting: dict[str, list[int]] = {}
    for place, source in enumerate(images):
        try:
            image = _taken_in(source)
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
    with closing(_read([images[places[0]] for places in repeats], processes)) as read:
        for number, text, seconds in read:
            for place in repeats[number]:
                results[place] = text
            done += len(repeats[number])
            times.append(seconds)
            if len(times) == min(MEASURED, len(repeats)):
                each, left = sum(times) / len(times), len(repeats) - len(times)
                on_estimate(Estimate(left, stored, each, each * left / processes))
            progress(done, len(images))
    return [result for result in results if result is not None]


def _read(sources: list[Source], processes: int) -> Generator[tuple[int, OcrText | ImageError, float], None, None]:
    """Place, text and seconds of each picture, as they come."""
    if processes <= 1 or len(sources) <= MEASURED:
        if sources:
            load_engine()  # or the first picture would seem slow
        for place, source in enumerate(sources):
            yield place, *_timed(source)
        return
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_load)
    try:
        futures: dict[Future[tuple[OcrText | ImageError, float]], int] = {
            pool.submit(_timed, source): place for place, source in enumerate(sources)
        }
        for future in as_completed(futures):
            yield futures[future], *future.result()
    except BrokenProcessPool as error:
        raise AdlabError(f"A process that reads text was killed; give fewer workers than {processes}.") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _load() -> None:
    load_engine(threads=1)


def _timed(source: Source) -> tuple[OcrText | ImageError, float]:
    started = time.perf_counter()
    try:
        text: OcrText | ImageError = read_text(_taken_in(source))
    except ImageError as error:  # the engine failed, or the file was replaced meanwhile
        text = error
    return text, time.perf_counter() - started


def _taken_in(source: Source) -> AdImage:
    return source if isinstance(source, AdImage) else read_image(source)
