"""Compile the kernels before they are needed, and say so: once a machine it takes a while."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from outlay.features._kernels import fold
from outlay.jit import is_cached
from outlay.pipeline.job import judge_with, learn_and_judge
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.schema.intake import Raw, accept

WORDS: Final = "Compiling: once on this machine, about half a minute"
_FIRST: Final = datetime(2025, 1, 1)  # noqa: DTZ001 - any moment will do


def compile_kernels(progress: Progress) -> None:
    """Run a tiny job through every kernel, unless an earlier process left them compiled."""
    if is_cached(fold):
        return
    progress.stage(WORDS)
    accepted = accept(Raw.of(_payments()))
    job = learn_and_judge(accepted, Config())
    judge_with(accepted, job.model)


def _payments(rows: int = 60) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user_id": [f"U{row % 3}" for row in range(rows)],
            "amount": [1.0 + row * 7 % 13 for row in range(rows)],
            "timestamp": [_FIRST + timedelta(hours=5 * row) for row in range(rows)],
            "transaction_type": ["payment", "transfer"] * (rows // 2),
            "counterparty_id": [f"M{row % 5}" for row in range(rows)],
        }
    )
