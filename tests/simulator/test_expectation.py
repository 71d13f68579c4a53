from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adlab.data.creative import AGE_BANDS, GENDERS, Context
from adlab.simulator.contexts import POSITIONS, PROBABILITIES, context_table
from adlab.simulator.distribution import draw_factors
from adlab.simulator.expectation import expected_rates
from adlab.simulator.population import factor_table
from adlab.simulator.truth import explain_truth, standard_response

ADS = [draw_factors(3, index) for index in range(300)]
KNOWN = Context(gender="male", age_band="50+", month=8, weekday=1, hour=3, position="4")
LEVELS = {
    "gender": GENDERS,
    "age_band": AGE_BANDS,
    "month": range(1, 13),
    "weekday": range(1, 8),
    "hour": range(24),
    "position": POSITIONS,
}


def test_nothing_known_is_the_average_of_the_response():
    found = expected_rates(factor_table(ADS), context_table([Context()] * len(ADS)))
    wanted = standard_response().average(factor_table(ADS))
    for rates, average in zip(found, wanted, strict=True):
        np.testing.assert_allclose(rates, average, rtol=1e-12)


def test_all_known_is_the_probability_itself():
    found = expected_rates(factor_table(ADS[:5]), context_table([KNOWN] * 5))
    for place, factors in enumerate(ADS[:5]):
        truth = explain_truth(factors, KNOWN)
        assert found.ctr[place] == pytest.approx(truth.click.probability, rel=1e-12)
        assert found.cvr[place] == pytest.approx(truth.convert.probability, rel=1e-12)


@pytest.mark.parametrize("name", list(PROBABILITIES))
def test_one_open_field_is_averaged_with_its_probabilities(name):
    contexts = [replace(KNOWN, **{name: level}) for level in LEVELS[name]]
    truths = [explain_truth(ADS[0], context) for context in contexts]
    ctr = PROBABILITIES[name] @ [t.click.probability for t in truths]
    ctcvr = PROBABILITIES[name] @ [t.click.probability * t.convert.probability for t in truths]
    found = expected_rates(factor_table(ADS[:1]), context_table([replace(KNOWN, **{name: None})]))
    assert found.ctr[0] == pytest.approx(ctr, rel=5e-3)
    assert found.ctcvr[0] == pytest.approx(ctcvr, rel=5e-3)
    assert found.cvr[0] == pytest.approx(ctcvr / ctr, rel=5e-3)
