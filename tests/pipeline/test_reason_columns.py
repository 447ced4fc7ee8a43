"""A table's reasons, put together column by column, are those of each payment alone."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import outlay
from outlay.pipeline._reason_kernels import any_repeated, arranged, chosen
from outlay.pipeline.reason_columns import lists, reasons
from outlay.pipeline.reasons import texts
from outlay.schema.table import Columns
from tests.pipeline.parts import held_alike

LOUDNESS = st.sampled_from([1.0, 0.5, 0.5, -1.0, math.inf, -math.inf, math.nan])
ENTRIES = st.lists(st.tuples(st.integers(0, 5), LOUDNESS, st.sampled_from("abc")), max_size=25)


def sorted_naively(entries):
    """Return entries by row, the loudest first; what is no number last; equal ones as they came."""
    return sorted(entries, key=lambda e: (e[0], math.isnan(e[1]), -e[1] if e[1] == e[1] else 0.0))


@given(ENTRIES)
def test_entries_are_arranged_by_row_and_loudness(entries):
    """The compiled sort is the sort by row and loudness."""
    rows = np.array([row for row, _, _ in entries], np.intp)
    order = arranged(rows, np.array([loud for _, loud, _ in entries], float), 6)

    assert [entries[at] for at in order] == sorted_naively(entries)
    np.testing.assert_array_equal(order, np.lexsort((-np.array([e[1] for e in entries]), rows)))


@given(ENTRIES)
def test_each_row_has_its_texts_once(entries):
    """Lists hold each row's texts in their order, an empty one for a row without any."""
    expected: list[list[str]] = [[] for _ in range(7)]
    for row, _, text in sorted_naively(entries):
        if text not in expected[row]:
            expected[row].append(text)

    rows, loudness = (np.array([e[n] for e in entries]) for n in range(2))
    words = pl.Series([text for _, _, text in entries], dtype=pl.String)
    found = lists(rows.astype(np.intp), loudness.astype(float), words, 7)

    assert found.to_list() == expected
    assert (found.name, found.dtype) == ("reasons", pl.List(pl.String))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3))).map(sorted))
def test_what_is_said_twice_is_noticed(entries):
    """Two equal marks in one row are found, equal marks in different rows are not."""
    rows, marks = (np.array([e[n] for e in entries], np.int64) for n in range(2))

    assert any_repeated(rows, marks.astype(np.uint64)) == (len(set(entries)) < len(entries))


@given(st.data(), st.integers(1, 5), st.integers(0, 6), st.integers(1, 4))
def test_the_first_features_with_something_to_say_are_chosen(data, features, height, most):
    """Of each row, in the order of its ranks, at most so many different sentences."""
    order = np.array([data.draw(st.permutations(range(features))) for _ in range(height)], np.intp)
    order = order.reshape(height, features).T
    kept = np.array([data.draw(st.integers(1, features)) for _ in range(height)], np.intp)
    draw = [data.draw(st.integers(-1, 2)) for _ in range(features * height)]
    said = np.array(draw, np.int16).reshape(features, height)

    expected: list[tuple[int, int]] = []
    for row in range(height):
        own: dict[int, tuple[int, int]] = {}
        for rank in range(kept[row]):
            number = said[order[rank, row], row]
            if number >= 0 and len(own) < most:
                own.setdefault(number, (row, rank))
        expected += own.values()

    rows, ranks = chosen(order, kept, said, most)
    assert list(zip(rows.tolist(), ranks.tolist(), strict=True)) == expected


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("pack", ["classic", "wallet"])
def test_a_wallet_has_the_reasons_of_its_payments(seed, pack):
    """Every row of a table reads as the same row put into words by itself."""
    result = outlay.run(outlay.synth(users=60, days=90, seed=seed), rules={"pack": pack})
    model, rows = result.model._core, result.scored
    columns = Columns.of(rows)
    verdicts = held_alike(model, columns)

    found = reasons(model, columns, verdicts).to_list()

    alone = texts(model, columns, verdicts)
    assert found == [alone.get(row, []) for row in range(rows.height)]
    assert len(alone) > 50


def test_rows_of_which_nobody_speaks_have_no_reasons(result):
    """Without a flag there are empty lists, and no list for a table without rows."""
    model, rows = result.model._core, result.scored
    plain = rows.filter(~pl.col("is_anomaly") & ~pl.col("is_alert"))
    for some in (plain, plain[:1], plain.clear()):
        verdicts = held_alike(model, Columns.of(some))

        assert reasons(model, Columns.of(some), verdicts).to_list() == [[]] * some.height
