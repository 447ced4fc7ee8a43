"""Which users are learned from."""

from zlib import crc32

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from outlay.pipeline.draw import BUCKETS, buckets, counted, drawn

IDS = st.lists(st.text(max_size=5), min_size=1, max_size=60)


def naive_bucket(user: str) -> int:
    """Mix one mark, number by number."""
    mark = crc32(user.encode(), 5)
    for factor in (0x85EBCA6B, 0xC2B2AE35):
        mark = (mark ^ mark >> 16) * factor % 2**32
    return (mark ^ mark >> 16) >> 16


@given(IDS)
def test_a_user_has_the_same_bucket_everywhere(ids: list[str]) -> None:
    """The bucket depends on the id alone."""
    assert buckets(pl.Series(ids, dtype=pl.String)).tolist() == [naive_bucket(one) for one in ids]


@given(IDS, st.integers(1, 80))
def test_there_are_rows_enough_and_not_a_bucket_more(ids: list[str], most: int) -> None:
    """The first buckets are taken until they have so many rows, all where there are fewer."""
    counts = counted(buckets(pl.Series(ids, dtype=pl.String)))
    cut = drawn(counts, most)

    assert counts[:cut].sum() >= min(most, len(ids))
    assert cut == BUCKETS or counts[: cut - 1].sum() < most


def test_ids_in_a_row_are_spread_evenly() -> None:
    """Running numbers fill the first tenth of the buckets with a tenth of the users."""
    places = buckets(pl.Series([f"U{n:07}" for n in range(50_000)]))

    assert abs(np.mean(places < BUCKETS // 10) - 0.1) < 0.01
    assert abs(np.mean(places < BUCKETS // 100) - 0.01) < 0.003
