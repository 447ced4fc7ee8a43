"""What an explanation says would have been normal."""

from datetime import datetime, timedelta

import polars as pl
import pytest

import outlay


def payments(hours, users=3, days=60):
    """Return payments of some users, each day at the hours given, all alike."""
    rows = [
        {
            "transaction_id": f"{user}-{day}-{hour}",
            "user_id": f"U{user}",
            "amount": 20.0 + (day * 7 + hour + user) % 11,
            "timestamp": datetime(2025, 3, 1, hour) + timedelta(days=day),  # noqa: DTZ001 - local
        }
        for user in range(users)
        for day in range(days)
        for hour in hours
    ]
    return pl.DataFrame(rows)


def told(table, **settings):
    """Return what is normal for the last payment of a table."""
    model = outlay.run(table, **settings).model
    return model.explain(table["transaction_id"][-1]).normal


def test_normal_is_an_amount_and_the_hours():
    """A user who pays by day is told so: up to how much, and between which hours."""
    assert told(payments([9, 12, 17])).startswith("normal for this user: up to ")
    assert told(payments([9, 12, 17])).endswith(", mostly between 09:00 and 18:00")


def test_hours_go_round_midnight():
    """Someone who pays late and early has hours that end the next day."""
    assert told(payments([22, 23, 1])).endswith(", mostly between 22:00 and 02:00")


def test_hours_are_those_of_the_zone():
    """Hours are told in the zone in which the payments are judged."""
    zoned = told(payments([9, 12, 17]), input={"timezone": "Asia/Tokyo"})

    assert zoned.endswith(", mostly between 09:00 and 18:00")


def test_someone_who_pays_all_day_has_no_usual_hours():
    """Where the hours are spread over the day only the amount is normal."""
    assert "between" not in told(payments(range(0, 24, 2), days=20))


@pytest.mark.parametrize("days", [1, 2])
def test_too_little_past_has_no_normal(days):
    """With less than five earlier payments nothing is called normal."""
    assert told(payments([9, 12], days=days, users=40)) is None
