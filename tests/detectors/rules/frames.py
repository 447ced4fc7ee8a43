"""Small tables for the tests of the rules."""

import math

import polars as pl

from outlay.schema import catalog

ORDINARY = {
    "transaction_id": "t1",
    "user_id": "ann",
    "amount": 100.0,
    "transaction_type": "purchase",
    "counterparty_id": "shop",
    "country": "IE",
}


def row(**values):
    """Return one ordinary transaction with its features missing, and ``values`` in their place."""
    return {**ORDINARY, **dict.fromkeys(catalog.NAMES, math.nan), "hour": 12.0, **values}


def table(*rows):
    """Return a table of such rows."""
    numbers = dict.fromkeys(catalog.NAMES, pl.Float64)
    return pl.DataFrame(list(rows), schema_overrides=numbers, infer_schema_length=None)
