from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from adlab.simulator.collection import ad_names, collection_factors
from adlab.simulator.factors import BACKGROUND_COLOURS
from adlab.simulator.log import ImpressionLog
from adlab.simulator.settings import SimulationSettings


@pytest.fixture(scope="session")
def simulated() -> pd.DataFrame:
    """Four million impressions of 300 simulated ads, with the background colour that was planted in each."""
    settings = SimulationSettings(ads=300, impressions=4_000_000, seed=7, aggregate=True, contexts_per_ad=300)
    factors = collection_factors(settings)
    log = ImpressionLog(settings, settings.response(), factors, ad_names(settings))
    rows = pa.concat_tables([log.part(number) for number in range(log.parts)]).to_pandas()
    index = rows["ad_id"].astype(str).str.rpartition("-")[2].astype(int).to_numpy()
    return rows.assign(background=np.array(BACKGROUND_COLOURS)[factors.background[index]])
