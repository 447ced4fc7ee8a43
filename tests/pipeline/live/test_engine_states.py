"""The engine on its store against a twin that remembers everything, step by step."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from outlay.errors import StoreFullError
from outlay.pipeline.live.base import begin, begin_again
from outlay.pipeline.live.check import check
from outlay.pipeline.live.decision import encode
from outlay.pipeline.live.engine import Conflict, Decided
from outlay.pipeline.live.payment import payment_of
from outlay.pipeline.live.rebuild import rebuild
from outlay.pipeline.live.replay import replay_period
from outlay.pipeline.live.retain import retain
from outlay.pipeline.live.scorer import Scorer
from outlay.pipeline.live.states import to_bytes
from outlay.store import AlertChange, Disposition, Label, Status, open_store
from tests.pipeline.live.wire import read

START = 1_740_000_000
MOMENTS = st.integers(0, 40 * 86_400)

new_payment = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["ann", "bob", "çelik"]),
        "amount": st.sampled_from([5, 12.5, 80.25, 9000, 0]),
        "timestamp": MOMENTS.map(lambda seconds: START + seconds),
        "transaction_type": st.sampled_from(["purchase", "transfer", "withdrawal"]),
    },
    optional={
        "counterparty_id": st.sampled_from(["shop", "bank"]),
        "device_id": st.sampled_from(["phone", "tablet"]),
        "country": st.sampled_from(["DE", "FR"]),
    },
)


class Twin:
    """What the engine must answer: payments one at a time, everything held in plain dicts."""

    def __init__(self, model: Any) -> None:
        self.scorer = Scorer(model)
        self.first: dict[str, tuple[Any, bytes]] = {}
        self.users: dict[str, Any] = {n: model.pasts.users.of(n) for n in model.pasts.users.ids}
        known = model.pasts.counterparties
        self.others: dict[str, Any] = dict(zip(known.ids, known.moments, strict=True))
        self.books = model.books
        self.alerts: set[str] = set()

    def answer(self, payment: Any) -> tuple[str, bytes | None]:
        """Return what kind of answer a payment gets, and its body."""
        if payment.transaction_id in self.first:
            before, body = self.first[payment.transaction_id]
            return ("repeat", body) if before == payment else ("conflict", None)
        scored = self.scorer.score([payment], self.users, self.others, self.books)
        self.users |= scored.states
        self.others |= scored.counterparties
        self.books = scored.books[-1]
        body = encode(scored.answers[0])
        self.first[payment.transaction_id] = payment, body
        if scored.answers[0].is_alert:
            self.alerts.add(payment.transaction_id)
        return "new", body


class Payments(RuleBasedStateMachine):
    """Payments come, come again, come late and contradict; the service restarts and is looked after."""

    model: Any
    folder: Path

    @initialize()
    def start(self):
        """Begin with an empty store."""
        self.path = tempfile.NamedTemporaryFile(dir=self.folder, suffix=".db").name  # noqa: SIM115
        self.store = open_store(self.path)
        self.clock = 10**15 * 2
        self.engine = begin(self.model, self.store, clock=self.tick)
        self.twin = Twin(self.model)
        self.sent: list[dict[str, Any]] = []
        self.left = 0

    def tick(self):
        """Return a moment a second later than the last."""
        self.clock += 1_000_000
        return self.clock

    def process(self, objects):
        """Send payments, and compare every answer with the twin's."""
        payments = read(self.engine, objects)
        answers = self.engine.process(payments)
        assert len(answers) == len(payments)
        for payment, answer in zip(payments, answers, strict=True):
            kind, body = self.twin.answer(payment)
            if body is None:
                assert isinstance(answer, Conflict)
                continue
            assert isinstance(answer, Decided)
            assert answer.body == body
            assert answer.repeated == (kind == "repeat")
            assert answer.late == json.loads(body)["late"]

    @rule(objects=st.lists(new_payment, min_size=1, max_size=6))
    def new(self, objects):
        """Payments that nobody sent before."""
        named = [
            {**each, "transaction_id": f"T{len(self.sent) + k}"} for k, each in enumerate(objects)
        ]
        self.sent += named
        self.process(named)

    @rule(data=st.data(), objects=st.lists(new_payment, max_size=2))
    def mixed(self, data, objects):
        """Repeats, other payments under known ids, and new ones (twice), in one batch."""
        if not self.sent:
            return
        known = data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=4))
        other = [{**each, "amount": each["amount"] + 1} for each in known[:1]]
        fresh = [
            {**each, "transaction_id": f"T{len(self.sent) + k}"} for k, each in enumerate(objects)
        ]
        self.sent += fresh
        batch = data.draw(st.permutations([*known, *other, *fresh]))
        self.process([*batch, *fresh])

    @rule(again=st.booleans())
    def restart(self, again):
        """Stop the service and start it, with the model's folder or without."""
        self.store.close()
        self.store = open_store(self.path)
        self.engine = (
            begin_again(self.store, clock=self.tick)
            if again
            else begin(self.model, self.store, clock=self.tick)
        )

    @rule(objects=st.lists(new_payment, min_size=1, max_size=3))
    def fail(self, objects):
        """Send a batch whose commit does not come through: it leaves nothing behind."""
        named = [
            {**each, "transaction_id": f"T{len(self.sent) + k}"} for k, each in enumerate(objects)
        ]
        payments = read(self.engine, named)
        real = self.store.writing
        failing: Any = _Failing(real)
        self.engine.store = failing
        with pytest.raises(StoreFullError):
            self.engine.process(payments)
        self.engine.store = self.store

    @rule(data=st.data(), is_fraud=st.booleans())
    def label(self, data, is_fraud):
        """Label a transaction, which changes no decision."""
        if self.sent:
            name = data.draw(st.sampled_from(self.sent))["transaction_id"]
            with self.store.writing() as writing:
                writing.add_labels([Label(name, is_fraud, "desk", self.tick())], by="ann")

    @rule(data=st.data(), status=st.sampled_from(Status))
    def work_on_alert(self, data, status):
        """Work on an alert."""
        with self.store.reading() as reading:
            here = sorted(name for name in self.twin.alerts if reading.alert(name))
        if here:
            change = AlertChange(status=status, disposition=Disposition.FALSE_POSITIVE)
            with self.store.writing() as writing:
                writing.update_alert(
                    data.draw(st.sampled_from(here)), change, by="ann", at=self.tick()
                )

    @rule(share=st.floats(0, 1))
    def thin_out(self, share):
        """Old rows leave the ledger; their answers stay."""
        with self.store.reading() as reading:
            rows = [row.entry.received_at for row in reading.ledger()]
        if rows:
            before = rows[int(share * (len(rows) - 1))]
            self.left += retain(self.store, before, at_once=3).left

    @rule()
    def make_anew(self):
        """Rebuilding finds nothing to change."""
        done = rebuild(self.store)
        assert (done.users_changed, done.counterparties_changed, done.books_changed) == (
            0,
            0,
            False,
        )

    @invariant()
    def is_whole(self):
        """Find the store sound, and in it what the twin remembers, to the bit."""
        if not hasattr(self, "store"):
            return
        assert check(self.store).faults == []
        with self.store.reading() as reading:
            rows = list(reading.ledger())
            assert len(rows) + self.left == len(self.twin.first)
            for row in rows:
                payment, body = self.twin.first[row.entry.transaction_id]
                assert payment_of(row.entry.content) == payment
                assert row.decision.body == body
            for name, state in self.twin.users.items():
                assert state_of(reading.user(name)) == to_bytes(state)
            for name, moments in self.twin.others.items():
                assert state_of(reading.counterparty(name)) == to_bytes(moments)

    def teardown(self):
        """Every decision still in the ledger comes out as it was."""
        if hasattr(self, "store"):
            found = replay_period(self.store)
            assert found.is_clean, found.told
            self.store.close()


def state_of(entity):
    """Return the state that the store keeps of somebody."""
    assert entity is not None
    return entity.state


class _Failing:
    """A store whose disk fills up at the commit."""

    def __init__(self, real):
        self._real = real

    def writing(self):
        """Return a transaction that ends in an error."""
        self._open = self._real()
        return self

    def __enter__(self):
        return self._open.__enter__()

    def __exit__(self, *_):
        error = StoreFullError("There is no room.\n\nHint: make some.")
        assert not self._open.__exit__(type(error), error, None)
        raise error


@pytest.mark.slow
def test_the_engine_does_as_its_twin(tiny, tmp_path):
    """Random payments, repeats, conflicts, late ones, failures, restarts, labels and upkeep."""
    machine = type("Machine", (Payments,), {"model": tiny, "folder": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=14))
