"""Pictures drawn by another process are those drawn here."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from outlay.errors import OutlayError
from outlay.sinks.dashboard.artist import Artist
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.summary import summarise

ROWS = pl.DataFrame(
    {
        "transaction_id": [f"T{n}" for n in range(20)],
        "user_id": ["U1", "U2"] * 10,
        "amount": [10.0 + n for n in range(20)],
        "timestamp": [datetime(2025, 3, 1, tzinfo=UTC) + timedelta(hours=9 * n) for n in range(20)],
        "anomaly_score": [0.4 + n / 50 for n in range(20)],
    },
    schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
)
OPTIONS: dict[str, Any] = {
    "threshold": 0.7,
    "days": 30,
    "timezone": "Europe/Berlin",
    "currency": "EUR",
}


def test_a_picture_drawn_elsewhere_is_the_one_drawn_here():
    """To the byte, each user's own, in the order in which they were asked for."""
    with Artist() as artist:
        drawn = artist.draw(ROWS, ["U2", "U1"], **OPTIONS).result()

    assert drawn == [png(summarise(ROWS, user, **OPTIONS)) for user in ("U2", "U1")]


def test_what_cannot_be_drawn_is_said():
    """The other process's own last words are in the error, and what to do."""
    with (
        Artist() as artist,
        pytest.raises(OutlayError, match=r"could not be drawn: .*'nobody'(.|\n)*users = 0"),
    ):
        artist.draw(ROWS, ["nobody"], **OPTIONS).result()


def test_leaving_early_leaves_no_process_behind():
    """A job that fails meanwhile does not wait for its pictures."""
    artist = Artist()

    with artist:
        artist.draw(ROWS, ["U1"] * 200, **OPTIONS)

    assert artist._process.returncode is not None
