"""Small layouts, the orders a file may have, and results held against each other to the last bit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from outlay.pipeline.judge import answered, decided, held_to
from outlay.pipeline.model import Model
from outlay.pipeline.settings import Config, DashboardOptions, OutputOptions, TrainOptions
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.verdicts import Verdicts
from outlay.schema.table import Columns

LAYOUTS = (Layout(700, 3, 2), Layout(97, 11, 1), Layout(5000, 1, 1))
TEXTS = ("alerts.csv", "rejected.csv", "duplicates.csv", "report.html", "scored.csv")

ORDERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "in time": lambda frame: frame.sort("timestamp", maintain_order=True),
    "by day": lambda frame: frame.with_columns(pl.col("timestamp").dt.truncate("1d")).sort(
        "timestamp", maintain_order=True
    ),
    "shuffled": lambda frame: frame.sample(fraction=1.0, shuffle=True, seed=1),
    "newest first": pl.DataFrame.reverse,
}


def settings(most: int = 500) -> Config:
    """Return settings under which a small file is learned from in part."""
    return Config(
        train=TrainOptions(max_rows=most),
        dashboards=DashboardOptions(users=1),
        output=OutputOptions(csv=True),
    )


def held_alike(model: Model, columns: Columns) -> Verdicts:
    """Return the verdicts on payments that are all held to the budget's own tail share."""
    found = answered(model, columns)
    share = model.config.alerts.budget().share(model.books.rows_per_day)
    held = held_to(model, found, np.full(columns.height, share))
    return decided(model, columns, found, held)


def assert_same(one: Path, other: Path) -> None:
    """Compare two results: the scored table and every text."""
    assert_frame_equal(
        pl.read_parquet(one / "scored.parquet"),
        pl.read_parquet(other / "scored.parquet"),
        check_exact=True,
    )
    for name in TEXTS:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def assert_same_model(one: Path, other: Path) -> None:
    """Compare two models' folders."""
    assert (one / "model.json").read_bytes() == (other / "model.json").read_bytes()
    assert_same_users(one, other)


def assert_same_users(one: Path, other: Path) -> None:
    """Compare where two models stand."""
    assert (one / "books.json").read_bytes() == (other / "books.json").read_bytes()
    for name in ("users.parquet", "counterparties.parquet"):
        assert_frame_equal(
            pl.read_parquet(one / name, glob=False),
            pl.read_parquet(other / name, glob=False),
            check_exact=True,
        )
