"""Alerts are found, paged and worked on; labels are kept beside them."""

import msgspec
import pytest

from outlay.errors import InputError, NotFoundError
from outlay.store import AlertChange, AlertFilter, Disposition, Label, Status, Store
from tests.store.making import Payment, folded, pay

DAY = 86_400_000_000


def pages(store: Store, narrowed: AlertFilter, limit: int) -> list[list[str]]:
    """Return the ids of every page."""
    found: list[list[str]] = []
    cursor = None
    while not found or cursor is not None:
        with store.reading() as reading:
            alerts, cursor = reading.alerts(narrowed, cursor=cursor, limit=limit)
        found.append([alert.id for alert in alerts])
    return found


def test_pages_hold_everything_once(store: Store) -> None:
    """Newest first, each alert on one page, the last page with no cursor."""
    pay(store, *(Payment(f"t{k}", alert=k % 2 == 0) for k in range(10)))

    assert pages(store, AlertFilter(), 2) == [["t8", "t6"], ["t4", "t2"], ["t0"]]
    assert pages(store, AlertFilter(), 5) == [["t8", "t6", "t4", "t2", "t0"]]
    assert pages(store, AlertFilter(user_id="nobody"), 5) == [[]]


def test_new_alerts_shift_no_page(store: Store) -> None:
    """Between two pages alerts come in and one is closed; the next page goes on where it was."""
    pay(store, *(Payment(f"t{k}", alert=True) for k in range(6)))
    with store.reading() as reading:
        first, cursor = reading.alerts(AlertFilter(status=Status.OPEN), limit=3)
    pay(store, *(Payment(f"n{k}", alert=True) for k in range(4)))
    with store.writing() as writing:
        writing.update_alert("t5", AlertChange(status=Status.CLOSED), by="amy", at=9)
    with store.reading() as reading:
        second, end = reading.alerts(AlertFilter(status=Status.OPEN), cursor=cursor, limit=3)

    assert [alert.id for alert in first + second] == ["t5", "t4", "t3", "t2", "t1", "t0"]
    assert end is None


def test_filters_narrow_together(store: Store) -> None:
    """Status, severity, user and period, the period without its end."""
    pay(
        store,
        Payment("a", "ann", at=0, alert=True, severity="high"),
        Payment("b", "bob", at=DAY, alert=True, severity="high"),
        Payment("c", "ann", at=DAY, alert=True, severity="low"),
        Payment("d", "ann", at=2 * DAY, alert=True, severity="high"),
    )
    with store.writing() as writing:
        writing.update_alert("d", AlertChange(status=Status.IN_REVIEW), by="amy", at=9)

    def found(**narrowed: object) -> str:
        asked = AlertFilter(**narrowed)  # type: ignore[arg-type]
        return "".join(name for page in pages(store, asked, 10) for name in page)

    assert found() == "dcba"
    assert found(severity="high") == "dba"
    assert found(user_id="ann", severity="high") == "da"
    assert found(since=DAY, until=2 * DAY) == "cb"
    assert found(since=0, until=1) == "a"
    assert found(status=Status.IN_REVIEW) == "d"
    assert found(status=Status.OPEN, user_id="ann") == "ca"


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "٣", "1" * 19, "1;--"])
def test_a_cursor_from_elsewhere_is_refused(store: Store, cursor: str) -> None:
    """Whatever is no number of ours gives an error that says so."""
    with store.reading() as reading, pytest.raises(InputError, match="is none that this store"):
        reading.alerts(AlertFilter(), cursor=cursor)


def test_a_change_is_logged_with_before_and_after(store: Store) -> None:
    """What is unset stays; who, when, how it was and how it is stand in the log."""
    pay(store, Payment("a", alert=True))
    with store.writing() as writing:
        done = AlertChange(Status.RESOLVED, Disposition.CONFIRMED_FRAUD, "called")
        writing.update_alert("a", done, by="amy", at=50)
        writing.update_alert("a", AlertChange(disposition=None), by="bea", at=60)

    with store.reading() as reading:
        alert = reading.alert("a")
        last, first = reading.audit(subject="a")
    assert alert is not None
    assert (alert.status, alert.disposition, alert.note) == (Status.RESOLVED, None, "called")
    assert (alert.updated_at, alert.updated_by) == (60, "bea")
    assert (first.at, first.who, first.what, last.who) == (50, "amy", "alert", "bea")
    assert first.after == last.before
    assert msgspec.json.decode(first.before or "")["status"] == "open"
    assert msgspec.json.decode(last.after or "")["disposition"] is None


def test_an_alert_that_is_not_there_is_not_changed(store: Store) -> None:
    """The error names it, and nothing is logged."""
    with store.writing() as writing, pytest.raises(NotFoundError, match="There is no alert 'z'"):
        writing.update_alert("z", AlertChange(note="x"), by="amy", at=1)
    with store.reading() as reading:
        assert reading.audit() == []


def label(transaction_id: str, source: str, at: int, *, is_fraud: bool) -> Label:
    """Return a label, its verdict by name."""
    return Label(transaction_id, is_fraud, source, at)


def test_labels_never_touch_decisions(store: Store) -> None:
    """Ledger, decisions, alerts and states are the same before and after."""
    pay(store, Payment("a", alert=True), Payment("b"))
    with store.reading() as reading:
        rows, alert = list(reading.ledger()), reading.alert("a")
    before = folded(store)
    with store.writing() as writing:
        unknown = writing.add_labels(
            [
                label("a", "bank", 5, is_fraud=True),
                label("zz", "bank", 5, is_fraud=True),
                label("b", "amy", 6, is_fraud=False),
            ],
            by="amy",
        )

    assert unknown == ["zz"]
    assert folded(store) == before
    with store.reading() as reading:
        assert list(reading.ledger()) == rows
        assert reading.alert("a") == alert
        assert reading.counts().labels == 2


def test_a_source_may_change_its_mind(store: Store) -> None:
    """The newer label counts, both stand in the log; the same again is no change."""
    pay(store, Payment("a"))
    with store.writing() as writing:
        for at, is_fraud in [(1, True), (2, True), (3, False)]:
            assert writing.add_labels([label("a", "bank", at, is_fraud=is_fraud)], by="amy") == []
        writing.add_labels([label("a", "amy", 4, is_fraud=True)], by="amy")

    with store.reading() as reading:
        labels = sorted(reading.labels(["a", "b"]), key=lambda label: label.at)
        assert labels == [
            label("a", "bank", 3, is_fraud=False),
            label("a", "amy", 4, is_fraud=True),
        ]
        assert sorted(reading.labels(), key=lambda label: label.at) == labels
        assert [change.at for change in reading.audit(subject="a")] == [4, 3, 1]
