"""The risk: one number from several witnesses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.decision.risk import WEIGHTS, Risk, tails_of

RNG = np.random.default_rng(0)
TRAINING = {name: RNG.gamma(2.0, size=5_000) for name in WEIGHTS}
RISK = Risk.fit(TRAINING)


def risk(witnesses):
    """Return what a verdict makes of the share: 0 to 100."""
    return 100.0 * (1.0 - RISK.share(witnesses))


def test_risk_is_the_share_in_training():
    """Among the training transactions, 1 in 100 has a risk of 99 or more."""
    risks = risk(TRAINING)
    for level in (50, 90, 99, 99.9):
        assert np.mean(risks >= level) == pytest.approx(1 - level / 100, rel=0.05, abs=2e-4)


@given(st.sampled_from(sorted(WEIGHTS)), st.floats(0, 12), st.floats(0, 30))
def test_more_evidence_is_more_risk(name, start, more):
    """Raising one witness never lowers the risk."""
    low = {other: np.array([1.0]) for other in WEIGHTS} | {name: np.array([start])}
    high = low | {name: np.array([start + more])}

    assert RISK.share(high)[0] <= RISK.share(low)[0]


def test_tails_that_are_known_are_not_learned_again():
    """Found beforehand, of some witnesses, they give the same risk; they are taken as they are."""
    some = {name: TRAINING[name] for name in ("rules", "fuzzy")}
    asked = {name: RNG.gamma(2.0, size=50) for name in WEIGHTS}

    same = Risk.fit(TRAINING, tails_of(some))
    other = Risk.fit(TRAINING, tails_of({name: 2 * values for name, values in some.items()}))

    assert same.share(asked).tolist() == RISK.share(asked).tolist()
    assert other.share(asked).tolist() != RISK.share(asked).tolist()


def test_one_strong_witness_is_enough():
    """The forest alone, far out, outweighs everything else being quite usual."""
    quiet = {name: np.array([np.median(values)]) for name, values in TRAINING.items()}
    loud = quiet | {"isolation_forest": np.array([TRAINING["isolation_forest"].max()])}

    assert risk(quiet)[0] < 60
    assert risk(loud)[0] > 99.9


def test_beyond_training_ranks_on():
    """Scores beyond any in training still differ in risk, and stay within 100."""
    base = {name: np.full(3, np.median(values)) for name, values in TRAINING.items()}
    top = TRAINING["isolation_forest"].max()
    risks = risk(base | {"isolation_forest": top + np.array([0.0, 1.0, 2.0])})

    assert risks[0] < risks[1] < risks[2] <= 100
