"""Hours and weekdays are those of the calendar, in every zone and at every change of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.features.clock import Clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
MOMENTS = st.lists(
    st.datetimes(datetime(1951, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
        lambda moment: (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    ),
    max_size=30,
)


@given(ZONES, MOMENTS)
def test_hours_and_weekdays_are_the_calendars(zone, times):
    """A table's moments, and one by one, have the hour and weekday that Python's calendar gives."""
    local = [(EPOCH + timedelta(microseconds=t)).astimezone(ZoneInfo(zone)) for t in times]
    expected = [(moment.hour, moment.weekday()) for moment in local]

    hours, weekdays = Clock(zone).many(np.array(times, np.int64))

    assert list(zip(hours.tolist(), weekdays.tolist(), strict=True)) == expected
    assert [Clock(zone).one(t) for t in times] == expected


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe", "Africa/Monrovia"])
def test_changes_are_found_to_the_microsecond(zone):
    """Either side of every change of offset has the hour that Polars' conversion gives."""
    days = np.arange(-400, 20_000) * 86_400_000_000
    utc = pl.Series(days).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    offsets = utc.dt.base_utc_offset() + utc.dt.dst_offset()
    days_with_change = days[:-1][np.diff(offsets.to_physical().to_numpy()) != 0]
    quarters = np.arange(0, 96) * 900_000_000
    times = (days_with_change[:, None] + quarters).ravel()
    times = np.concatenate([times - 1, times, times + 1])

    local = pl.Series(times).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    hours, weekdays = Clock(zone).many(times)

    assert times.size
    np.testing.assert_array_equal(hours, local.dt.hour().to_numpy())
    np.testing.assert_array_equal(weekdays, local.dt.weekday().to_numpy() - 1)


def test_moments_centuries_apart_need_no_table_of_all_between():
    """Two moments that lie five thousand years apart are told like any other."""
    times = [
        (datetime(year, 7, 1, 12, 30, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
        for year in (3, 5000)
    ]

    hours, weekdays = Clock("UTC").many(np.array(times))

    assert hours.tolist() == [12, 12]
    assert weekdays.tolist() == [datetime(year, 7, 1, tzinfo=UTC).weekday() for year in (3, 5000)]
