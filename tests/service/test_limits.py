"""Rates and depths."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.service.limits import Bucket, check_depth
from outlay.service.problem import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('[]{}"\\ab'),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\'), inner, max_size=3)
    ),
    max_leaves=30,
)


def depth_of(value):
    """Return how deep a value nests, by looking."""
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(JSON, st.integers(0, 6))
def test_depth_is_what_it_is(value, most):
    """The check agrees with the decoded value, whatever brackets stand in texts."""
    body = json.dumps(value).encode()
    if depth_of(value) <= most:
        check_depth(body, most)
    else:
        with pytest.raises(Problem, match=f"deeper than {most} levels"):
            check_depth(body, most)


@given(st.binary(max_size=200), st.integers(0, 5))
def test_any_bytes_can_be_checked(body, most):
    """Bytes that are no JSON at all pass or are refused; nothing else comes of them."""
    with suppress(Problem):
        check_depth(body, most)


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 20)), max_size=60),
    st.floats(0.5, 50),
    st.integers(1, 30),
)
def test_no_period_sees_more_than_the_rate_allows(asks, rate, burst):
    """From any moment to any later one no more is granted than the burst and the rate give, plus one ask."""
    now, granted = 0.0, []
    bucket = Bucket(rate, burst, lambda: now)
    for wait, n in asks:
        now += wait
        if bucket.take(n) == 0:
            granted.append((now, n))

    for k, (start, _) in enumerate(granted):
        total = 0
        for at, n in granted[k:]:
            assert total <= burst + rate * (at - start) + 1e-6
            total += n


def test_who_waits_as_told_is_let_in():
    """After the wait that was named, the same ask is granted."""
    now = 100.0
    bucket = Bucket(2.0, 4, lambda: now)
    assert bucket.take(4) == 0
    wait = bucket.take(3)
    assert wait == pytest.approx(1.5)
    now += wait

    assert bucket.take(3) == 0
