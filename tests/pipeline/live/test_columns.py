"""The columns of payments: what detectors read of them is what a table would give."""

import numpy as np
import polars as pl
import pytest

from outlay.errors import InputError
from outlay.pipeline.live.columns import TEXTS, PaymentColumns
from outlay.pipeline.live.payment import Payment
from outlay.schema.catalog import NAMES
from outlay.schema.table import Columns


@pytest.fixture
def made() -> tuple[PaymentColumns, Columns]:
    """Three payments as payments and as a table."""
    placed = np.random.default_rng(1).normal(size=(len(NAMES) + 1, 3))
    placed[4, 1] = np.nan
    kinds = ["transfer", None, "fuel"]
    payments = [Payment(f"T{k}", "U", 0, 1.0, kind) for k, kind in enumerate(kinds)]
    texts = {name: [getattr(payment, name) for payment in payments] for name in TEXTS}
    texts["note"] = ["a", None, "b"]
    extra = {"limit": np.array([1.0, 2.0, 3.0])}
    columns = PaymentColumns(payments, placed, extra, {"note": texts["note"]})
    table = pl.DataFrame(dict(zip((*NAMES, "amount"), placed, strict=True)))
    kept = pl.DataFrame({**texts, **extra}, schema_overrides=dict.fromkeys(texts, pl.String))
    return columns, Columns.of(table.hstack(kept))


@pytest.mark.parametrize("names", [("hour", "amount"), ("limit", "hour"), ("amount",)])
def test_payments_have_the_columns_of_a_table(
    made: tuple[PaymentColumns, Columns], names: tuple[str, ...]
) -> None:
    """Columns one by one, several at once and some rows of them are those of the table."""
    ours, table = made
    some = np.array([2, 0])

    for name in names:
        assert ours.has(name)
        assert ours.is_number(name)
        np.testing.assert_array_equal(ours.number(name), table.number(name))
    np.testing.assert_array_equal(list(ours.numbers(names)), list(table.numbers(names)))
    np.testing.assert_array_equal(
        list(ours.taken(some).numbers(names)), list(table.taken(some).numbers(names))
    )


def test_payments_as_a_table(made: tuple[PaymentColumns, Columns]) -> None:
    """A detector that needs a table is given all columns, whatever their order."""
    ours, table = made

    assert sorted(ours.names) == sorted(table.names)
    assert ours.frame().select(table.names).equals(table.frame(), null_equal=True)


def test_a_column_that_is_not_there(made: tuple[PaymentColumns, Columns]) -> None:
    """It is named, alone and among others."""
    ours, _ = made

    with pytest.raises(InputError, match="no column 'hours'"):
        ours.numbers(("hour", "hours"))
    for name in ("transaction_type", "note"):
        assert ours.has(name)
        assert not ours.is_number(name)
    assert ours.strings("transaction_type") == ["transfer", None, "fuel"]
    assert ours.strings("note") == ["a", None, "b"]
    with pytest.raises(InputError, match="holds texts"):
        ours.number("country")
