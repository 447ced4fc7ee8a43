"""One payment as JSON: read by the very rules by which the file intake reads a row."""

import math
import warnings
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from outlay.errors import CurrencyError, InputError
from outlay.pipeline.live.payment import Payment, content_of, hash_of, payment_of
from outlay.pipeline.live.reader import Reader
from outlay.schema.intake import Intake, Raw, accept
from outlay.schema.intake.time_formats import guess
from outlay.sources.jsonlines import _column

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
MICROS = int(NOW.timestamp()) * 1_000_000
RATES = {"EUR": 1.0, "USD": 0.92, "JPY": 0.0061, "PTS": 0.01}
GOOD = {"transaction_id": "T1", "user_id": "ann", "amount": 5, "timestamp": "2026-03-01T10:00:00Z"}
OPEN = "can be read day first and month first"

BLANK = st.sampled_from(["", " ", "\t", "\xa0", "\u2003", "\x1f"])
NUMBERS = st.one_of(
    st.integers(-(10**18), 10**18),
    st.floats(-1e17, 1e17, allow_nan=False),
    st.floats(0, 1e5).map(lambda x: round(x, 2)),
    st.sampled_from([0, -0.0, 1e15, 1e15 + 1, 10**30, 4.0, 2.0**53, 1e-7, 4.5]),
)
FIGURES = st.text("0123456789" + ".,'’ \u2212-+()eE€$£kr\xa0", max_size=14)
AMOUNTS = st.one_of(
    NUMBERS,
    NUMBERS.map(str),
    FIGURES,
    st.sampled_from(
        [
            "5",
            "1,234.50",
            "1.234,50",
            "12,50",
            "1,234",
            "1.234",
            "(5.00)",
            "-5",
            "5-",
            "+5",
            "€20",
            "20 EUR",
            "US$ 3",
            "kr 4",
            "$5",
            "¥7",
            "1 234,5",
            "1'234.50",
            "12,34,567.5",
            "nan",
            "inf",
            "-inf",
            "1e400",
            "1e3",
            "5e",
            "x",
            "٣",
            "5 USD",
            "USD 5 USD",
            ".5",
            ",5",
            "0,123",
            "abc5",
        ]
    ),
    st.sampled_from([None, True, [5], {"a": 5}]),
    st.text(max_size=6),
)
DATES = st.datetimes(datetime(1969, 12, 25), datetime(2026, 4, 2))  # noqa: DTZ001
SHAPES = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f+05:30",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d %B %Y",
    "%B %d, %Y %I:%M %p",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%Y-%m-%dT%H:%M:%S-0800",
    "%Y-%m-%dT%H:%MZ",
]
TIMES = st.one_of(
    st.tuples(DATES, st.sampled_from(SHAPES)).map(lambda pair: pair[0].strftime(pair[1])),
    DATES.map(lambda t: int(t.replace(tzinfo=UTC).timestamp())),
    st.tuples(DATES, st.sampled_from([1, 1e3, 1e6, 1e9])).map(
        lambda pair: pair[0].replace(tzinfo=UTC).timestamp() * pair[1]
    ),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1).map(str),
    st.integers(19_700_000, 21_010_000),
    st.sampled_from([10**8, 4_102_444_800, 10**11, 10**14, 10**17, 4_102_444_800_000_000_001, -5]),
    st.sampled_from([None, True, "", "soon", "1707138429.5", "123456789", 0.5, 1e30, math.pi]),
    st.sampled_from(
        [
            "2026-03-29 02:30:00",
            "2025-10-26 02:30:00",
            "2024-02-30",
            "2026-01-01T24:00:00",
            "2026-01-01T23:59:60",
            "2026-03-30T12:00:00Z",
            "2026-03-30T12:00:00.000001Z",
            "1970-01-01",
            "1969-12-31T23:59:59Z",
            "2026-01-01T10:00:00.123456789Z",
            "0000-01-01",
            "0001-01-01 00:00",
            "9999-12-31T23:59:59",
            "2026-1-5",
            "2026-01-01T10:00:00z",
            "2026-01-01T10:00:00+25:00",
            "2026-01-01t10:00",
            "20260105T101500",
            "05-Jan-26",
        ]
    ),
    st.text("0123456789-:/. TZ+", max_size=20),
)
NAMES = st.one_of(
    st.tuples(
        BLANK, st.sampled_from(["ann", "çelik", "N/A", "nan", "4.0", "None", "<na>", "x y"]), BLANK
    ).map("".join),
    st.text(max_size=8).filter(lambda text: "\0" not in text),
    NUMBERS,
    st.none(),
)
TYPES = st.one_of(
    st.sampled_from(
        ["Cash-Out", "cash out", "PAYMENT ", "", " ", "Überweisung", "ΑΣ", None, 5, 5.5]
    ),
    st.text(max_size=8).filter(lambda text: "\0" not in text),
)
CODES = st.one_of(
    st.sampled_from(["EUR", "eur", " usd ", "$", "€", "US$", "JPY", "kr", "PTS", "Euro", "", None]),
    st.sampled_from(["GBP", "XYZ", "ab", "toolong", 5]),
    st.text(max_size=5),
)
PAYMENTS = st.fixed_dictionaries(
    {"transaction_id": NAMES, "user_id": NAMES, "amount": AMOUNTS, "timestamp": TIMES},
    optional={
        "transaction_type": TYPES,
        "counterparty_id": NAMES,
        "currency": CODES,
        "country": NAMES,
        "channel": NAMES,
        "device_id": NAMES,
    },
)


def usual(field, values):
    """Return payments that are sound but for one field."""
    return values.map(lambda value: {**GOOD, field: value})


ONE_ODD = st.one_of(
    usual("amount", AMOUNTS),
    usual("timestamp", TIMES),
    usual("user_id", NAMES),
    usual("transaction_type", TYPES),
    st.tuples(AMOUNTS, CODES).map(lambda pair: {**GOOD, "amount": pair[0], "currency": pair[1]}),
)
SETTINGS = st.builds(
    Intake,
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
    currency=st.sampled_from(["EUR", "USD", "NOK", "PTS"]),
    rates=st.sampled_from([None, RATES]),
    negative=st.sampled_from(["reject", "refund"]),
    now=st.just(NOW),
)


def reader(intake=None, **more):
    """Return a reader whose clock stands still."""
    return Reader(intake or Intake(currency="EUR", **more), lambda: MICROS, knows_types=False)


def by_the_intake(said, intake):
    """Return the row that the file intake makes of a payment, or the fields that it rejects."""
    frame = pl.DataFrame([_column(name, [value]) for name, value in said.items()])
    try:
        with warnings.catch_warnings():
            return accept(Raw.of(frame), intake).transactions.row(0, named=True)
    except CurrencyError:
        return {"currency"}
    except InputError as error:
        lines = [line.strip() for line in str(error).partition("\n\n")[0].splitlines()[1:]]
        return {line.split(" ", 1)[0] for line in lines}


@given(st.one_of(PAYMENTS, ONE_ODD), SETTINGS)
@settings(max_examples=400)
def test_a_payment_is_read_as_a_row_of_a_file_is(said, intake):
    """Accepted alike, every bit, or rejected in the same fields."""
    row = by_the_intake(said, intake)

    read = reader(intake).read(said)

    if isinstance(read, Payment):
        event("accepted")
        assert isinstance(row, dict)
        assert read.user_id == row["user_id"]
        assert read.timestamp == (row["timestamp"] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            microseconds=1
        )
        assert math.copysign(1, read.amount) == 1
        assert read.amount.hex() == row["amount"].hex()
        for name in ("transaction_type", "counterparty_id", "currency", "country", "channel"):
            assert getattr(read, name) == row.get(name), name
        assert read.device_id == row.get("device_id")
        assert read.amount_original == row.get("amount_original")
        assert read.transaction_id == row["transaction_id"]
        return
    fields = {error.field for error in read}
    event(f"rejected: {', '.join(sorted(fields))}")
    if any(OPEN in error.reason for error in read):
        form = guess(said["timestamp"].strip())
        assert form is not None
        assert form.is_open
        fields.discard("timestamp")
        row = row - {"timestamp"} if isinstance(row, set) else row
    if "transaction_id" in fields:  # a file's rows are numbered where they have no id
        assert (
            reader().read({**GOOD, "transaction_id": said["transaction_id"]})[0].field
            == "transaction_id"
        )
        fields.discard("transaction_id")
    if not isinstance(row, set):
        assert not fields
    else:
        # the intake looks at the rates only once a row is sound in everything else
        assert row == fields or row == fields - {"currency"}


def faults(**more):
    """Return what is wrong with a payment, as (field, reason)."""
    found = reader().read({**GOOD, **more})
    assert isinstance(found, list)
    return [(error.field, error.reason) for error in found]


@pytest.mark.parametrize(
    ("more", "field", "reason"),
    [
        ({"user_id": None}, "user_id", "user_id is missing"),
        ({"user_id": "N/A"}, "user_id", "user_id 'N/A' says that there is none"),
        ({"user_id": True}, "user_id", "user_id 'True' is neither a text nor a number"),
        ({"user_id": ["ann"]}, "user_id", "user_id '['ann']' is neither a text nor a number"),
        ({"user_id": "x" * 257}, "user_id", f"user_id '{'x' * 59}…' has more than 256 characters"),
        ({"device_id": "a\0b"}, "device_id", "device_id 'a\0b' holds a NUL character"),
        ({"transaction_type": {}}, "transaction_type", "transaction_type '{}' is neither a text nor a number"),
        ({"transaction_id": " "}, "transaction_id", "transaction_id is missing"),
        (
            {"amount": "-5"},
            "amount",
            "amount '-5' is negative (--negative refund keeps such rows as refunds)",
        ),
        ({"amount": 2e15}, "amount", "amount '2000000000000000.0' is more than 1e15"),
        ({"amount": "9" * 41}, "amount", f"amount '{'9' * 41}' has more than 40 characters"),
        (
            {"amount": "1,234"},
            "amount",
            "amount '1,234' can mean a thousand times more or less: its comma may group or be the decimal sign",
        ),
        (
            {"timestamp": "2031-01-01"},
            "timestamp",
            "timestamp '2031-01-01' lies in the future (now is 2026-03-29)",
        ),
        (
            {"timestamp": "05/06/2025"},
            "timestamp",
            "timestamp '05/06/2025' can be read day first and month first",
        ),
        (
            {"currency": "USD"},
            "currency",
            "currency 'USD' has no rate: amounts are counted in EUR",
        ),
        ({"amount": "$5"}, "currency", "currency is unknown: '$' can mean USD, CAD, AUD, NZD ... say which with --currency"),
        ({"note": {"a": 1}}, "note", "note '{'a': 1}' is neither a text, a number nor true or false"),
        ({"note": "x" * 1025}, "note", f"note '{'x' * 59}…' has more than 1024 characters"),
        ({"note": 2**63}, "note", f"note '{2**63}' is an integer of more than 64 bits"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(more, field, reason):
    """Each fault names its field, quotes the value and says why."""
    assert faults(**more) == [(field, reason)]


def test_everything_that_is_wrong_is_said_at_once():
    """One answer is enough to mend a payment."""
    found = reader().read({"amount": "x", "customer": "ann", "timestamp": "soon"})

    assert isinstance(found, list)
    assert [each.field for each in found] == ["transaction_id", "user_id", "timestamp", "amount"]
    assert found[1].hint == "say who pays, as a text; 'customer' is not read as user_id"


def test_other_fields_are_kept():
    """Scalars under any other name; null is no value; thirty-two of them."""
    payment = reader().read({**GOOD, "note": "x", "n": 5, "f": 0.5, "b": True, "gone": None})
    many = {f"f{k}": k for k in range(33)}

    assert isinstance(payment, Payment)
    assert payment.extra == {"note": "x", "n": 5, "f": 0.5, "b": True}
    assert faults(**many) == [("extra", "extra has 33 other fields; at most 32 are kept")]
    assert faults(**{"x" * 65: 1})[0][0] == "x" * 64


@given(st.one_of(PAYMENTS, ONE_ODD), st.dictionaries(st.text(max_size=5), NUMBERS, max_size=3))
def test_content_is_the_payment(said, extra):
    """The canonical JSON gives the payment back, every bit, and does not depend on the field order."""
    payment = reader(rates=RATES).read({**said, **extra})
    if not isinstance(payment, Payment):
        return
    content = content_of(payment)
    turned = reader(rates=RATES).read(dict(reversed({**said, **extra}.items())))

    assert payment_of(content) == payment
    assert math.copysign(1, payment_of(content).amount) == math.copysign(1, payment.amount)
    assert isinstance(turned, Payment)
    assert content_of(turned) == content
    assert len(hash_of(content)) == 16
    assert hash_of(content) != hash_of(content + b" ")


def test_a_missing_type_counts_as_unknown_where_types_are_known():
    """A model of payments with types takes one without as a file with an empty cell."""
    known = Reader(Intake(), lambda: MICROS, knows_types=True).read(GOOD)
    never = reader().read(GOOD)

    assert isinstance(known, Payment)
    assert isinstance(never, Payment)
    assert (known.transaction_type, never.transaction_type) == ("unknown", None)


def test_a_model_without_a_currency_takes_none():
    """Amounts in who knows which currency are not to be mixed with others."""
    found = Reader(Intake(), lambda: MICROS, knows_types=False).read({**GOOD, "currency": "EUR"})

    assert isinstance(found, list)
    assert "does not know which one it counts in" in found[0].reason
