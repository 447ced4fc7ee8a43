"""A million users with one payment each."""

import numpy as np
import polars as pl
import pytest

from outlay.pipeline.files import run_files
from outlay.pipeline.settings import Config

USERS = 1_000_000


@pytest.mark.slow
def test_a_million_users_with_one_payment_each(tmp_path):
    """Each is scored against the population, none is called assessed, and the budget holds."""
    rng = np.random.default_rng(0)
    seconds = rng.integers(0, 90 * 86_400, USERS).astype("timedelta64[s]")
    payments = pl.DataFrame(
        {
            "user_id": np.arange(USERS),
            "amount": rng.lognormal(3, 1, USERS).round(2) + 0.01,
            "timestamp": np.datetime64("2025-01-01", "us") + seconds,
        }
    )
    payments.write_parquet(tmp_path / "payments.parquet")

    run_files([str(tmp_path / "payments.parquet")], tmp_path / "out", Config())

    scored = pl.read_parquet(
        tmp_path / "out" / "scored.parquet", columns=["user_id", "assessed", "is_alert"]
    )
    assert scored["user_id"].n_unique() == USERS
    assert not scored["assessed"].any()
    assert scored["is_alert"].mean() == pytest.approx(0.005, rel=0.05)
