"""The tail of the training scores: shares as counted, finest where scores are high."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from outlay.schema.tail import Tail

anything = st.one_of(st.just(0.0), st.floats(1e-150, 1), st.sampled_from([0.25, 0.5, 1.0]))
scores = hnp.arrays(np.float64, st.integers(1, 300), elements=anything)
"""Below 1e-150 a score counts as 0."""


@given(seen=scores)
def test_shares_are_counted_for_few_scores(seen):
    """With few scores every one is kept: its share is the count at or above it."""
    want = [(seen >= score).mean() for score in seen]

    np.testing.assert_allclose(Tail.fit(seen).share(seen), want, rtol=1e-12)


def by_hand(seen):
    """Return the tail's points from every distinct score, counted one by one."""
    small = np.where(np.abs(seen) < 1e-150, 0.0, seen)
    rising, n = np.sort(small), len(seen)
    spread = np.arange(1, n + 1) if n <= 1024 else np.geomspace(1, n, 1024)
    kept = sorted({float(rising[n - rank]) for rank in spread.round().astype(int).tolist()})
    return np.array(kept), np.array([int((small >= score).sum()) / n for score in kept])


@given(
    seen=hnp.arrays(
        np.float64,
        st.integers(1, 2000),
        elements=st.sampled_from([-1.0, -1e-150, -1e-200, -0.0, 0.0, 1e-308, 1e-150, 0.3, 2.0]),
    )
)
def test_points_are_those_found_by_hand(seen):
    """Ties, zeros of either sign and what is next to nothing: the same scores and shares, to the bit."""
    tail, (kept, shares) = Tail.fit(seen), by_hand(seen)

    assert tail.scores.tobytes() == kept.tobytes()
    assert tail.shares.tobytes() == shares.tobytes()


@given(seen=scores, asked=hnp.arrays(np.float64, 30, elements=st.floats(-0.5, 1.5)))
def test_a_higher_score_is_never_less_rare(seen, asked):
    """Shares lie in [0, 1] and never rise with the score, inside the training's range and beyond."""
    share = Tail.fit(seen).share(np.sort(asked))

    assert ((share >= 0) & (share <= 1)).all()
    assert (np.diff(share) <= 0).all()


def test_shares_of_many_scores_are_near_the_counted():
    """A thousand points tell the share of 200,000 scores within a twentieth, far out exactly."""
    seen = np.random.default_rng(0).beta(2, 9, 200_000)
    tail, rising = Tail.fit(seen), np.sort(seen)
    ranks = np.array([1, 2, 3, 10, 57, 200, 3_333, 50_000, 199_000])

    got = tail.share(rising[len(rising) - ranks])

    assert len(tail.scores) <= 1024
    np.testing.assert_allclose(got, ranks / 200_000, rtol=0.05)
    np.testing.assert_allclose(got[:5], ranks[:5] / 200_000, rtol=1e-12)


def test_scores_beyond_the_training_are_still_ranked():
    """Above the highest training score the share keeps falling, so the worst stays first."""
    tail = Tail.fit(np.linspace(0.2, 0.6, 1000))

    at, above, far = tail.share([0.6, 0.65, 0.9])

    assert at == pytest.approx(1 / 1000)
    assert at > above > far >= 0


def test_one_score_repeated_has_a_tail():
    """Where all training scores are equal, that score is ordinary and a higher one is rare."""
    same, above = Tail.fit([0.5] * 20).share([0.5, 0.51])

    assert same == 1
    assert above < 1e-6


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({"scores": np.array([0.1, 0.2])}, "do not fit"),
        ({"scores": np.array([0.3, 0.2, 0.1])}, "does not fall"),
        ({"shares": np.array([1.0, 1.0, 1.0])}, "does not fall"),
        ({"shares": np.array([1.0, 0.5, 0.0])}, "out of range"),
        ({"shares": np.array([2.0, 0.5, 0.1])}, "out of range"),
        ({"mean_excess": 0.0}, "out of range"),
        ({"scores": np.empty(0), "shares": np.empty(0)}, "do not fit"),
    ],
    ids=str,
)
def test_damaged_tails_are_named(damage, why):
    """A tail from a file that is none says so; a sound one says nothing."""
    sound: dict[str, Any] = {
        "scores": np.array([0.1, 0.2, 0.3]),
        "shares": np.array([1.0, 0.5, 0.1]),
        "mean_excess": 0.1,
    }

    assert Tail(**sound).damage() == ""
    assert why in Tail(**(sound | damage)).damage()


def test_next_to_nothing_is_nothing():
    """Scores too small to divide by do not break the tail between them and the next."""
    tail = Tail.fit([1.0, 1e-308, 0.0])

    assert tail.share([0.0, 5e-324, 1e-3, 1.0]).tolist() == sorted(
        tail.share([0.0, 5e-324, 1e-3, 1.0]), reverse=True
    )
    assert tail.share([5e-324])[0] > 0.3
