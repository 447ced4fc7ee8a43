"""The payment path: first answers stay, conflicts are refused, nothing is half done."""

import json

import msgspec
import pytest

import outlay
from outlay.errors import ConfigError, ModelError, StoreError, StoreLockedError
from outlay.pipeline.live.base import begin, begin_again
from outlay.pipeline.live.check import check
from outlay.pipeline.live.engine import Conflict, Decided, Engine
from outlay.schema.intake import Intake
from outlay.store import Status, open_store
from tests.pipeline.live.wire import bodies, read

NOW = 1_900_000_000_000_000


def pieces(things, size):
    """Cut a list into pieces of this size."""
    return [things[at : at + size] for at in range(0, len(things), size)]


def one(**more):
    """Return one sound payment as JSON."""
    sound = {
        "transaction_id": "T1",
        "user_id": "ann",
        "amount": 5,
        "timestamp": "2026-01-01T10:00:00Z",
    }
    return {**sound, **more}


def decided(engine, *objects):
    """Return the answers to payments that come together."""
    return engine.process(read(engine, objects))


def test_a_batch_is_durable_in_every_part(engine, store, later):
    """Ledger, decisions, alerts, states and books of every batch are there, and agree."""
    answers = [a for piece in pieces(later, 23) for a in decided(engine, *piece)]

    assert [type(a) for a in answers] == [Decided] * len(later)
    alerts = sum(a.is_alert for a in answers)
    assert alerts > 5
    with store.reading() as reading:
        counts = reading.counts()
        assert (counts.ledger, counts.decisions, counts.alerts) == (len(later), len(later), alerts)
        row = reading.decision(later[7]["transaction_id"])
        assert row.decision.body == answers[7].body
        assert row.entry.received_at == NOW
        alert = next(a.body for a in answers if a.is_alert)
        opened = reading.alert(json.loads(alert)["transaction_id"])
        assert opened.status is Status.OPEN
        assert (opened.risk, opened.severity) == (
            json.loads(alert)["risk"],
            json.loads(alert)["severity"],
        )
    found = check(store)
    assert found.faults == []
    assert found.rows == len(later)
    assert found.alerts == alerts


def test_the_answer_tells_everything_in_order(engine):
    """The answer's keys stand in the promised order, and its numbers keep every bit."""
    answer = decided(engine, one(user_id="nobody knows"))[0]

    told = json.loads(answer.body)
    assert list(told) == [
        "transaction_id",
        "user_id",
        "timestamp",
        "risk",
        "severity",
        "outcome",
        "is_alert",
        "is_anomaly",
        "assessed",
        "late",
        "scores",
        "fuzzy_risk_category",
        "rules",
        "reasons",
        "model",
    ]
    assert list(told["scores"]) == ["anomaly_score", "rule_confidence", "fuzzy_risk_score"]
    assert list(told["rules"]) == ["violations", "severity", "action"]
    assert told["assessed"] is False
    assert told["model"] == engine.digest
    assert msgspec.json.encode(msgspec.json.decode(answer.body)) == answer.body


def test_a_repeat_gets_the_first_answer(engine, store):
    """The same payment again, in one batch or later, written otherwise or not: one decision."""
    same = one(amount="5.00", timestamp="2026-01-01T11:00:00+01:00", note=None)

    together = decided(engine, one(), one(), same)
    later = decided(engine, same)[0]

    assert [a.repeated for a in (*together, later)] == [False, True, True, True]
    assert {a.body for a in (*together, later)} == {together[0].body}
    with store.reading() as reading:
        assert reading.counts().ledger == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 6},
        {"user_id": "bob"},
        {"country": "DE"},
        {"note": "x"},
        {"timestamp": 1767261601},
    ],
)
def test_another_payment_of_the_same_id_is_a_conflict(engine, store, other):
    """Whatever differs; the first stands, and the others in the batch are decided."""
    first, conflict, fine = decided(engine, one(), one(**other), one(transaction_id="T2"))
    again = decided(engine, one(**other))[0]

    assert isinstance(conflict, Conflict)
    assert conflict == again
    assert "'T1'" in conflict.reason
    assert not first.repeated
    assert json.loads(fine.body)["transaction_id"] == "T2"
    with store.reading() as reading:
        assert reading.counts().ledger == 2


def test_a_late_payment_is_taken_at_the_time_of_the_last(engine, store):
    """It is scored as it arrives, says so, and leaves the user's last moment as it was."""
    decided(engine, one(timestamp="2026-01-05T10:00:00Z"))

    late, next_ = decided(
        engine,
        one(transaction_id="T2", timestamp="2026-01-03T10:00:00Z"),
        one(transaction_id="T3", timestamp="2026-01-05T10:00:00Z"),
    )

    assert (late.late, next_.late) == (True, False)
    assert json.loads(late.body)["timestamp"] == "2026-01-03T10:00:00Z"
    assert json.loads(late.body)["late"] is True
    assert check(store).is_clean


def test_payments_of_one_user_stand_in_line(engine):
    """In one batch the second payment of a user sees the first, as it would in the next batch."""
    burst = [one(transaction_id=f"T{k}", timestamp=f"2026-01-01T10:00:{k:02}Z") for k in range(30)]

    together = bodies(decided(engine, *burst))

    assert not together[5]["assessed"]
    assert together[-1]["assessed"]


def test_batches_of_any_size_decide_alike(model, later, tmp_path):
    """One by one, by the dozen or all at once: the same answers, to the byte."""
    told = []
    for size in (1, 12, len(later)):
        with open_store(str(tmp_path / f"{size}.db")) as store:
            engine = begin(model, store, clock=lambda: NOW)
            some = later[:200]
            told.append([a.body for p in pieces(some, size) for a in decided(engine, *p)])

    assert told[0] == told[1] == told[2]


def test_a_restart_goes_on_where_it_was(model, later, tmp_path):
    """Engines that follow each other on a store answer as one that never stopped."""
    with open_store(str(tmp_path / "one.db")) as store:
        engine = begin(model, store, clock=lambda: NOW)
        whole = [a.body for a in decided(engine, *later[:120])]
    parts = []
    for k, piece in enumerate(pieces(later[:120], 30)):
        with open_store(str(tmp_path / "many.db")) as store:
            engine = (
                begin(model, store, clock=lambda: NOW)
                if k % 2 == 0
                else begin_again(store, clock=lambda: NOW)
            )
            parts += [a.body for a in decided(engine, *piece)]

    assert parts == whole


def test_nothing_is_left_of_a_batch_that_fails(engine, store, later, monkeypatch):
    """An error at the very end takes all of it back, and the same call made again gives its answers."""
    decided(engine, *later[:50])
    before = sorted(store.where and check(store).folded.items())
    real = type(store).writing

    def failing(self):
        return _Failing(real(self))

    monkeypatch.setattr(type(store), "writing", failing)
    with pytest.raises(StoreLockedError):
        decided(engine, *later[50:80])
    monkeypatch.undo()

    assert sorted(check(store).folded.items()) == before
    with store.reading() as reading:
        assert reading.counts().ledger == 50
    again = decided(engine, *later[50:80])
    assert not any(a.repeated for a in again)
    assert check(store).is_clean


class _Failing:
    """A transaction whose commit does not come through."""

    def __init__(self, real):
        self._real = real

    def __enter__(self):
        return self._real.__enter__()

    def __exit__(self, *_):
        error = StoreLockedError("The store is locked.\n\nHint: try again.")
        assert not self._real.__exit__(type(error), error, None)
        raise error


def test_a_later_model_takes_over(model, halves, later, tmp_path):
    """Histories go on, decisions carry the new digest, and the books keep what is owed."""
    second = outlay.train(halves[0], alerts={"rate": 0.03}, forest={"seed": 9})._core
    with open_store(str(tmp_path / "s.db")) as store:
        decided(begin(model, store, clock=lambda: NOW), *later[:60])
        answers = decided(begin(second, store, clock=lambda: NOW), *later[60:90])

        assert {each["model"] for each in bodies(answers)} == {second.digest}
        found = check(store)
        assert found.faults == []
        assert found.models == 2
        assert begin_again(store).digest == second.digest
        assert begin_again(store, digest=model.digest).digest == model.digest
        assert begin_again(store).digest == model.digest


def test_a_store_of_another_zone_or_currency_is_refused(model, halves, store):
    """Histories are of one zone and one currency; a model that judges in another one is refused."""
    begin(model, store)
    elsewhere = outlay.train(halves[0], input={"timezone": "Asia/Kolkata"})._core
    dollars = outlay.train(halves[0].with_columns(currency=_lit("USD")))._core

    with pytest.raises(
        ConfigError, match="made in the time zone UTC, and the model judges in Asia/Kolkata"
    ):
        begin(elsewhere, store)
    with pytest.raises(ConfigError, match="made in the currency EUR, and the model judges in USD"):
        begin(dollars, store)


def _lit(text):
    import polars as pl

    return pl.lit(text)


def test_a_store_without_a_model_says_so(store, model):
    """A store that no model was given to says what to do."""
    with pytest.raises(ModelError, match="keeps no such model; it keeps none"):
        begin_again(store)
    with pytest.raises(StoreError, match="has no base yet"):
        decided(Engine(model, store), one())


def test_foreign_amounts_are_brought_to_the_models_currency(model, store):
    """With rates they are; without them the payment is refused, with the field."""
    engine = begin(model, store, intake=Intake(rates={"EUR": 1.0, "USD": 0.5}), clock=lambda: NOW)

    payment = read(engine, [one(currency="USD", amount=10)])[0]
    refused = engine.read(one(currency="GBP"))

    assert isinstance(refused, list)
    assert (payment.amount, payment.amount_original, payment.currency) == (5.0, 10.0, "USD")
    assert [each.field for each in refused] == ["currency"]


def test_warming_leaves_no_trace(engine, store):
    """What compiles the kernels is no payment."""
    engine.warm()

    with store.reading() as reading:
        assert reading.counts().ledger == 0
