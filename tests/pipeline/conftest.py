"""A small wallet, run once for all tests of the pipeline, and one with faults for jobs in parts."""

import polars as pl
import pytest

import outlay


@pytest.fixture(scope="session")
def wallet():
    """Return a wallet's transactions."""
    return outlay.synth(users=40, days=60, seed=3)


@pytest.fixture(scope="session")
def result(wallet):
    """Return what a run over the wallet found."""
    return outlay.run(wallet)


@pytest.fixture(scope="module")
def payments() -> pl.DataFrame:
    """Return a small wallet with repeated rows and one id on different ones."""
    frame = outlay.synth(users=40, days=60)
    place = pl.int_range(pl.len())
    same = pl.when(place % 397 == 5).then(pl.lit("T-same")).otherwise("transaction_id")
    frame = frame.with_columns(transaction_id=same)
    return pl.concat([frame, frame[100:120]])
