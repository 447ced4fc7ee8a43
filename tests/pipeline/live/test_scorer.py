"""Payments one at a time or by the handful: the very bits that a whole file gives."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outlay
from outlay.errors import ModelError
from outlay.pipeline.job import judge_with
from outlay.pipeline.live.decision import as_table_row, rfc3339
from outlay.pipeline.live.reader import Reader
from outlay.pipeline.live.scorer import Scorer
from outlay.schema.intake import Raw, accept
from tests.pipeline.live.wire import read, sent
from tests.strategies import SCHEMA, START, transactions

COLUMNS = [
    *("anomaly_score", "rule_confidence", "rule_violations", "rule_severity", "rule_action"),
    *("fuzzy_risk_score", "fuzzy_risk_category", "is_anomaly", "risk", "severity", "outcome"),
    *("is_alert", "assessed", "reasons"),
]


@pytest.fixture(scope="module")
def small():
    """Return a model of few payments, under which the strategies' payments look odd."""
    wallet = outlay.synth(users=12, days=40, seed=2)
    moved = wallet.with_columns(
        pl.col("timestamp").dt.offset_by("-60d").dt.replace_time_zone("UTC"),
        user_id=pl.col("user_id").replace_strict(
            sorted(set(wallet["user_id"]))[:4], ["ann", "bob", "çelik", "4"], default="dan"
        ),
    )
    assert (moved["timestamp"] < START).all()
    return outlay.train(moved, alerts={"rate": 0.05}, input={"timezone": "Europe/Berlin"})._core


def scored_live(model, objects, cuts):
    """Return decisions and the end of everything, the payments taken in pieces cut at ``cuts``."""
    scorer = Scorer(model)
    reader = Reader.of(model, lambda: 2_000_000_000_000_000)
    payments = read(reader, objects)
    users = {name: model.pasts.users.of(name) for name in model.pasts.users.ids}
    known = model.pasts.counterparties
    others = dict(zip(known.ids, known.moments, strict=True))
    books, answers, chain = model.books, [], []
    edges = [0, *sorted(cut % (len(payments) + 1) for cut in cuts), len(payments)]
    for low, high in pairwise(edges):
        if low == high:
            continue
        scored = scorer.score(payments[low:high], users, others, books)
        users |= scored.states
        others |= scored.counterparties
        books = scored.books[-1]
        answers += scored.answers
        chain += scored.books[:-1]
    return answers, users, others, [*chain, books]


def same(live, batch, pasts, books):
    """Compare what came live with what a whole file gives, bit by bit."""
    answers, users, others, chain = live
    frame = pl.DataFrame(
        [as_table_row(each) for each in answers], schema_overrides=dict(batch.schema)
    )
    wanted = batch.select(COLUMNS)
    assert frame.select(COLUMNS).equals(wanted), (frame, wanted)
    assert [a.timestamp for a in answers] == [
        rfc3339(t) for t in batch["timestamp"].to_physical().to_list()
    ]
    for name in pasts.users.ids:
        assert users[name].tobytes() == pasts.users.of(name).tobytes()
    for name, moments in zip(pasts.counterparties.ids, pasts.counterparties.moments, strict=True):
        np.testing.assert_array_equal(others[name], moments)
    assert chain[-1] == books
    assert not any(each.late for each in answers)


@given(transactions, st.lists(st.integers(0, 100), max_size=8))
@settings(max_examples=60)
def test_any_split_gives_the_bits_of_the_file(small, rows, cuts):
    """Decisions, reasons, states and books are those of ``outlay score``, however many at a time."""
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    accepted = accept(Raw.of(table.drop("row_number")))
    job = judge_with(accepted, small)

    live = scored_live(small, sent(accepted.transactions), cuts)

    batch = job.scored.sort("timestamp")
    same(live, batch, small.pasts.merged(job.model.pasts), job.model.books)


def test_a_wallet_gives_the_bits_of_the_file(model, halves, later):
    """The same over a thousand payments of a wallet, with all of a payment's columns."""
    job = judge_with(accept(Raw.of(halves[1])), model)

    live = scored_live(model, later, range(0, 2000, 7))

    assert job.scored["timestamp"].is_sorted()
    assert job.scored["is_alert"].sum() > 5
    assert (job.scored["outcome"] == "block").any()
    same(live, job.scored, job.model.pasts, job.model.books)


def test_a_model_of_whole_files_cannot_judge_what_just_happens(halves):
    """``history = full`` needs the future, which the payment path does not have."""
    whole = outlay.run(halves[0], history="full").model._core

    with pytest.raises(ModelError, match="has only a past"):
        Scorer(whole)
