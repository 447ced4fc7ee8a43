"""Pictures drawn by another process are those drawn here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from outlay.errors import OutlayError
from outlay.sinks.dashboard.artist import Artist
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.summary import summarise
from tests.test_imports import loaded

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


def summaries(*users):
    """Return the numbers of each user's dashboard."""
    return [summarise(ROWS, user, **OPTIONS) for user in users]


def test_a_picture_drawn_elsewhere_is_the_one_drawn_here():
    """To the byte, each user's own, in the order in which they were asked for."""
    with Artist() as artist:
        drawn = artist.draw(summaries("U2", "U1", "U2", "U2", "U1")).result()

    second, first = (png(each) for each in summaries("U2", "U1"))
    assert drawn == [second, first, second, second, first]


def test_what_lies_in_the_folder_is_not_run(tmp_path, monkeypatch):
    """A file there that bears a library's name is no library."""
    for name in ("matplotlib", "numpy", "outlay"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)

    with Artist() as artist:
        (drawn,) = artist.draw(summaries("U1")).result()

    assert drawn == png(summaries("U1")[0])


def test_what_cannot_be_drawn_is_said():
    """The other process's own last words are in the error, and what to do."""
    nothing = replace(summaries("U1")[0], daily=())

    with (
        Artist() as artist,
        pytest.raises(OutlayError, match=r"could not be drawn: ValueError(.|\n)*users = 0"),
    ):
        artist.draw([nothing]).result()


def test_leaving_early_leaves_no_process_behind():
    """A job that fails meanwhile does not wait for its pictures; leaving twice is leaving once."""
    artist = Artist()

    with artist:
        artist.draw(summaries("U1") * 200)
        artist.leave()

    assert None not in [hand.returncode for hand in artist._hands]


def test_who_asked_is_gone_so_is_the_artist():
    """When the pipe closes with no order, as when the one who asks is killed, each process ends."""
    with Artist() as artist:
        for hand in artist._hands:
            assert hand.stdin is not None
            hand.stdin.close()

            assert hand.wait(timeout=60)


def test_an_artist_is_told_to_get_ready_before_anything_heavy_is_imported():
    """Neither asking for pictures nor drawing them takes Polars or numba."""
    assert loaded("import outlay.sinks.dashboard.artist") == []
    drawing = "from outlay.sinks.dashboard.charts import prepare; prepare()"
    assert loaded(drawing) == ["matplotlib"]
