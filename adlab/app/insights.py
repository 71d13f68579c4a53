"""What the Insights page asks for: the study of a simulated log, or of the user's own, and the downloads."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import insights_state, jobs
from adlab.app.exports import safe_cell
from adlab.app.jobs import Job

if TYPE_CHECKING:
    import pandas as pd

    from adlab.insights.study import Log, Study

ADS, IMPRESSIONS, SEED, CONTEXTS_PER_AD = 1_000, 20_000_000, 7, 250
THRESHOLDS = (0, 1_000, 10_000, 50_000)
DEFAULT_THRESHOLD = 1_000
MAX_MEGABYTES = 60  # a million rows as CSV
EXAMPLE_ROWS = 200


def simulated_rows() -> pd.DataFrame:
    """The log that is studied where the user gives none, one row an ad and context.

    Two planted causes of the ads stand beside the context, so that what a season does to a colour can be found.
    """
    import numpy as np
    import pyarrow as pa

    from adlab.simulator.collection import ad_names, collection_factors
    from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS
    from adlab.simulator.log import ImpressionLog
    from adlab.simulator.settings import SimulationSettings

    settings = SimulationSettings(
        ads=ADS, impressions=IMPRESSIONS, seed=SEED, aggregate=True, contexts_per_ad=CONTEXTS_PER_AD
    )
    factors, names = collection_factors(settings), ad_names(settings)
    log = ImpressionLog(settings, settings.response(), factors, names)
    rows = pa.concat_tables([log.part(number) for number in range(log.parts)]).to_pandas()
    place = {name: index for index, name in enumerate(names)}
    index = rows["ad_id"].astype(str).map(place).to_numpy()
    return rows.assign(
        background=np.array(BACKGROUND_COLOURS)[factors.background[index]],
        text_position=np.array(TEXT_POSITIONS)[factors.text_position[index]],
    )


@st.cache_resource(show_spinner=False)
def _simulated_log() -> Log:
    from adlab.insights.study import added_up

    return added_up(simulated_rows())


@st.cache_resource(max_entries=len(THRESHOLDS), show_spinner=False)
def simulated_study(least: int) -> Study:
    """The study of the simulated log, made once a process for each threshold; three seconds of work."""
    from adlab.insights.study import study_log

    return study_log(_simulated_log(), min_level_impressions=least)


@st.cache_data(show_spinner=False)
def example_csv() -> str:
    """The first rows of the simulated log, to show how a log looks."""
    return csv_of(simulated_rows().head(EXAMPLE_ROWS))


def begin(name: str, data: bytes, file_id: str) -> None:
    """Begin to read the user's log; an earlier one is forgotten."""
    forget()
    key = jobs.jobs().start(lambda job: read_log(name, data, job))
    insights_state.set_job(key, name, file_id)


def forget() -> None:
    """Cancel and drop the user's log and its studies; the upload itself stays where it is."""
    registry, key = jobs.jobs(), insights_state.job()
    for each in (key, *(_study_key(key, least) for least in THRESHOLDS)):
        registry.forget(each)
    insights_state.set_job("", "", insights_state.file_id())  # an upload that is still in its field is not read again


def own_log() -> Job | None:
    """The job that reads the user's log, or None."""
    key = insights_state.job()
    return jobs.jobs().get(key) if key else None


def own_study(log: Log, least: int) -> Job:
    """The job that studies the user's log."""
    from adlab.insights.study import study_log

    registry, key = jobs.jobs(), _study_key(insights_state.job(), least)
    registry.start(
        lambda job: study_log(log, min_level_impressions=least, progress=job.step("Computing the statistics")), key
    )
    found = registry.get(key)
    assert found is not None  # started a line above
    return found


def read_log(name: str, data: bytes, job: Job) -> Log:
    """Read, check and add up a log.

    Raises:
        TableError: It breaks the table contract, or lacks what a study needs.
        Stopped: The user has cancelled.
    """
    from adlab.data.table import read_table, validate
    from adlab.insights.study import added_up

    job.step("Reading the table")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / PurePosixPath(name.replace("\\", "/")).name
        file.write_bytes(data)
        rows = read_table(file)
    job.step(f"Checking {len(rows):,} rows")
    rows = validate(rows, needs_creative=False)
    job.step(f"Adding up {len(rows):,} rows")
    return added_up(rows)


def csv_of(table: pd.DataFrame) -> str:
    """A table as CSV; no cell can be taken for a formula."""
    return table.map(safe_cell).to_csv(index=False)


def _study_key(key: str, least: int) -> str:
    return f"{key}:{least}"
