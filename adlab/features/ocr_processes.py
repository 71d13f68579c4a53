"""Pictures read by processes of which any may be killed: the others' work is kept, and the rest is read by one.

A system that runs out of memory kills a process without a word, and a pool of processes is broken then as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from adlab.data.image_intake import AdImage, read_image
from adlab.errors import ImageError, WordsError
from adlab.features.ocr import OcrText, load_engine, read_text
from adlab.processes import ProcessPool

Source = AdImage | Path
_REMEDY = "close other programs and read it again, give the words as ocr_text, or go on without."
_KILLED = "The words in the picture cannot be read (the process that read it was killed, often for want of memory); "
_NOT_LOADED = "The words in the picture cannot be read (the process that reads was killed while loading); "


class Reading(NamedTuple):
    """One picture that was read.

    Attributes:
        place: Its key among those given.
        text: What it says, or why that cannot be told.
        seconds: How long it took.
        processes: How many read at that time.
    """

    place: int
    text: OcrText | ImageError
    seconds: float
    processes: int


def read_here(sources: Mapping[int, Source]) -> Generator[Reading, None, None]:
    """Read by this process, in order.

    Args:
        sources: Pictures, or files to be taken in, by place.
    """
    if sources:
        load_engine()  # or the first picture would seem slow
    for place, source in sources.items():
        yield Reading(place, *_timed(source), 1)


def read_by_processes(sources: Mapping[int, Source], processes: int) -> Generator[Reading, None, None]:
    """Read by several processes; when one is killed, by a single fresh one from there on.

    A picture on which that one is killed too gets a `WordsError`, and another takes its place. Where a process is
    killed before it has loaded what reads, all that are left get a `WordsError`; where the system refuses to start
    one, this process reads them.

    Args:
        sources: Pictures, or files to be taken in, by place.
        processes: How many, at least 1.

    Yields:
        Each picture once, as they come.
    """
    left = dict(sources)
    with closing(_together(sources, processes)) as readings:
        for reading in readings:
            del left[reading.place]
            yield reading
    while left:
        with closing(_until_killed(dict(left))) as readings:
            for reading in readings:
                del left[reading.place]
                yield reading


def _together(sources: Mapping[int, Source], processes: int) -> Generator[Reading, None, None]:
    """What a pool reads before it breaks, or all."""
    with ExitStack() as stack:
        futures: dict[Future[tuple[OcrText | ImageError, float]], int] = {}
        try:
            pool = ProcessPool(processes, initializer=_load)
            stack.callback(pool.shutdown, cancel_futures=True)
            for place, source in sources.items():
                futures[pool.submit(_timed, source)] = place
        except (BrokenProcessPool, OSError):
            pass  # killed already, or the system starts no more: what was given is waited for
        for future in as_completed(futures):
            if not isinstance(future.exception(), BrokenProcessPool):
                yield Reading(futures[future], *future.result(), processes)


def _until_killed(sources: Mapping[int, Source]) -> Generator[Reading, None, None]:
    """What one process reads, up to and with the picture on which it is killed."""
    with ExitStack() as stack:
        try:
            pool = ProcessPool(1)
            stack.callback(pool.shutdown, cancel_futures=True)
            pool.submit(_load).result()
        except OSError:  # the system starts none
            yield from read_here(sources)
            return
        except BrokenProcessPool:
            for place in sources:
                yield Reading(place, WordsError(_NOT_LOADED + _REMEDY), 0.0, 1)
            return
        for place, source in sources.items():
            started = time.perf_counter()
            try:
                text, seconds = pool.submit(_timed, source).result()
            except BrokenProcessPool:
                yield Reading(place, WordsError(_KILLED + _REMEDY), time.perf_counter() - started, 1)
                return
            yield Reading(place, text, seconds, 1)


def _load() -> None:
    load_engine(threads=1)


def _timed(source: Source) -> tuple[OcrText | ImageError, float]:
    started = time.perf_counter()
    try:
        text: OcrText | ImageError = read_text(taken_in(source))
    except ImageError as error:  # the engine failed, or the file was replaced meanwhile
        text = error
    return text, time.perf_counter() - started


def taken_in(source: Source) -> AdImage:
    """The picture itself.

    Raises:
        ImageError: The file is no picture.
    """
    return source if isinstance(source, AdImage) else read_image(source)
