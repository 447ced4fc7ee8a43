"""Times: many ways of writing, one moment in UTC, or a reason."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import ConfigError, InputError
from outlay.schema.intake import Intake, Raw, accept
from outlay.schema.intake.time_formats import guess
from tests.schema.tables import column, moments, reasons, settings, take, times

MOMENT = "2024-02-05T13:07:09"
NAIVE = datetime.fromisoformat(MOMENT)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-05 13:07:09", MOMENT),
        ("2024-02-05T13:07:09", MOMENT),
        (" 2024-02-05T13:07:09 ", MOMENT),
        ("2024-02-05T13:07:09Z", MOMENT),
        ("2024-02-05 13:07:09 UTC", MOMENT),
        ("2024-02-05T13:07:09.123456Z", MOMENT),
        ("2024-02-05 13:07:09.5", MOMENT),
        ("2024-02-05T15:07:09+02:00", MOMENT),
        ("2024-02-05T15:07:09+0200", MOMENT),
        ("2024-02-05T15:07:09+02", MOMENT),
        ("2024-02-05 08:07:09.25 -05:00", MOMENT),
        ("2024-02-05T13:07", "2024-02-05T13:07:00"),
        ("2024/02/05 13:07:09", MOMENT),
        ("2024.02.05 13:07:09", MOMENT),
        ("05.02.2024 13:07:09", MOMENT),
        ("05.02.24 13:07", "2024-02-05T13:07:00"),
        ("20240205T130709Z", MOMENT),
        ("20240205130709", MOMENT),
        ("20240205", "2024-02-05T00:00:00"),
        ("2024-02-05", "2024-02-05T00:00:00"),
        ("5 Feb 2024 13:07", "2024-02-05T13:07:00"),
        ("5 February 2024", "2024-02-05T00:00:00"),
        ("05-Feb-2024", "2024-02-05T00:00:00"),
        ("Feb 5, 2024 01:07 PM", "2024-02-05T13:07:00"),
        ("Mon, 05 Feb 2024 13:07:09 GMT", MOMENT),
        ("1707138429", MOMENT),
        ("1707138429.75", MOMENT),
        ("1707138429123", MOMENT),
        ("1707138429123456", MOMENT),
        ("1707138429123456789", MOMENT),
    ],
)
def test_a_way_of_writing_is_found_out(text, moment):
    """Each usual way of writing a time is understood without being told."""
    assert moments(times(text)) == [moment]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "timestamp is missing"),
        (None, "timestamp is missing"),
        ("yesterday", "timestamp 'yesterday' is not a time that can be understood"),
        ("13:07", "timestamp '13:07' is not a time that can be understood"),
        ("17", "timestamp '17' is not a time that can be understood"),
        ("2024-02-30", "timestamp '2024-02-30' is not a date and time that exists"),
        ("2024-02-05 25:00", "timestamp '2024-02-05 25:00' is not a date and time that exists"),
        ("1969-12-31", "timestamp '1969-12-31' lies before 1970"),
        ("2025-01-03", "timestamp '2025-01-03' lies in the future (now is 2025-01-01)"),
        ("9999-12-31", "timestamp '9999-12-31' lies in the future (now is 2025-01-01)"),
    ],
)
def test_the_rest_is_rejected_with_its_reason(value, reason):
    """What is no time, or none at which a payment can have been made, says why."""
    assert reasons(times("2024-02-05", value)) == {2: reason}


def test_tomorrow_is_not_yet_the_future():
    """A day of grace: clocks and zones differ."""
    assert moments(times("2025-01-01 23:59")) == ["2025-01-01T23:59:00"]


def test_the_clock_is_looked_at_where_no_moment_is_given():
    """Without ``now`` a time three days ahead is in the future, one an hour ago is not."""
    soon = datetime.now(UTC) + timedelta(days=3)
    accepted = times((soon - timedelta(days=3, hours=1)).isoformat(), soon.isoformat(), now=None)

    assert list(reasons(accepted)) == [2]


def test_ways_of_writing_can_be_mixed():
    """Rows that are written differently are each read in their own way."""
    accepted = times(
        "2024-02-05 13:07:09", "2024-02-05T13:07:09Z", "1707138429", "5 Feb 2024 13:07"
    )

    assert moments(accepted) == [MOMENT, MOMENT, MOMENT, "2024-02-05T13:07:00"]


@pytest.mark.parametrize("mark", ["/", "-"])
def test_one_date_decides_day_and_month_for_all(mark):
    """A single 13th in the column says whether days or months come first."""
    day_first = times(*(d.replace("/", mark) for d in ("03/02/2024", "13/02/2024")))
    month_first = times(*(d.replace("/", mark) for d in ("02/03/2024", "02/13/2024 10:00")))

    assert moments(day_first)[0] == moments(month_first)[0] == "2024-02-03T00:00:00"
    assert "timestamp: dates have the day first" in day_first.notes
    assert "timestamp: dates have the month first" in month_first.notes


def test_undecided_dates_have_the_day_first_and_say_so():
    """Where every date can be read both ways, the notes say which was taken and how to change it."""
    accepted = times("03/02/2024", "02/03/2024")

    assert moments(accepted) == ["2024-02-03T00:00:00", "2024-03-02T00:00:00"]
    assert (
        "timestamp: dates such as '02/03/2024' can be read day first and month first; they are "
        "read day first (time_format = '%m/%d/%Y' reads the month first)"
    ) in accepted.notes


def test_dates_against_the_columns_order_are_rejected():
    """A date that only the other order can read is rejected, not turned round."""
    accepted = times("13/02/2024", "14/02/2024", "02/13/2024")

    assert reasons(accepted) == {
        3: "timestamp '02/13/2024' has day and month the other way round than the rest of the column"
    }


def test_two_digits_of_a_year_are_of_this_time():
    """``24`` is 2024, not the year 24."""
    assert moments(times("13/02/24 1:05 pm")) == ["2024-02-13T13:05:00"]


def test_a_given_format_is_the_only_one():
    """With ``time_format`` nothing is guessed; what does not fit is rejected."""
    accepted = times("02/03/2024", "2024-02-03", "", time_format="%m/%d/%Y")

    assert moments(accepted) == ["2024-02-03T00:00:00"]
    assert reasons(accepted)[2] == "timestamp '2024-02-03' does not fit the format %m/%d/%Y"
    assert reasons(accepted)[3] == "timestamp is missing"


def test_a_given_format_can_have_an_offset():
    """``%z`` in the format is honoured."""
    accepted = times("05.02.2024 15:07 +0200", time_format="%d.%m.%Y %H:%M %z")

    assert moments(accepted) == ["2024-02-05T13:07:00"]


def test_a_given_format_can_have_dates_only():
    """That a given format has no time of day is noted like a found one."""
    note = "timestamp has dates only: every payment counts as made at midnight"

    assert note in times("02/03/2024", time_format="%m/%d/%Y").notes
    assert note not in times("02/03/2024 10:00", time_format="%m/%d/%Y %H:%M").notes


@pytest.mark.parametrize("pattern", ["", "dd/mm/yyyy", "100%"])
def test_a_format_that_is_none_is_refused(pattern):
    """A format without a directive is an error that shows one."""
    with pytest.raises(ConfigError, match=r"is not the format of a time"):
        Intake(time_format=pattern)


def test_a_format_that_polars_refuses_is_refused():
    """An hour without minutes is no format, and the error says why."""
    with pytest.raises(ConfigError, match=r"cannot be used: .*both hour and minute"):
        times("02/03/2024 10", time_format="%d/%m/%Y %H")


def test_a_format_that_fits_nothing_says_so():
    """If no row fits the given format, the error names the format."""
    with pytest.raises(InputError, match=r"timestamp does not fit the format %d\.%Q \(1 row\)"):
        times("2024-02-05", time_format="%d.%Q")


def test_a_now_without_a_zone_is_utc():
    """The caller may give ``now`` without a zone."""
    assert list(reasons(times("2024-02-05", "2024-02-07 01:00", now=NAIVE))) == [2]


def test_clock_times_are_those_of_the_zone():
    """A time without an offset is local: in Kolkata 13:07 is 07:37 UTC."""
    assert moments(times("2024-02-05 13:07", timezone="Asia/Kolkata")) == ["2024-02-05T07:37:00"]


def test_a_skipped_hour_is_rejected():
    """02:30 did not exist in Berlin on the last Sunday of March."""
    accepted = times("2024-03-31 02:30", "2024-03-31 03:30", timezone="Europe/Berlin")

    assert moments(accepted) == ["2024-03-31T01:30:00"]
    assert reasons(accepted) == {
        1: "timestamp '2024-03-31 02:30' does not exist in Europe/Berlin: the clocks went forward"
    }


def test_a_repeated_hour_is_the_earlier_and_counted():
    """02:30 came twice in Berlin on the last Sunday of October: the first is taken, and said."""
    accepted = times("2024-10-27 02:30", timezone="Europe/Berlin")

    assert moments(accepted) == ["2024-10-27T00:30:00"]
    assert any("1 time that came twice in Europe/Berlin" in note for note in accepted.notes)


def test_mixed_zones_are_each_honoured():
    """Offsets count where they stand; times without are local; the notes count both."""
    accepted = times("2024-02-05T13:00:00+05:30", "2024-02-05T13:00:00", timezone="Europe/Berlin")

    assert moments(accepted) == ["2024-02-05T07:30:00", "2024-02-05T12:00:00"]
    assert any("1 times carry their zone, 1 do not" in note for note in accepted.notes)


def test_offsets_without_a_zone_are_said_to_be_judged_in_utc():
    """Hours of the day need a zone; that none was given is said."""
    assert any("judged in UTC" in note for note in times("2024-02-05T13:00:00+05:30").notes)


def test_dates_without_times_are_said():
    """A column of dates makes every hour midnight, which a reader must know."""
    note = "timestamp has dates only: every payment counts as made at midnight"

    assert note in times("2024-02-05").notes
    assert note in times(date(2024, 2, 5)).notes
    assert note not in times("2024-02-05", "2024-02-05 10:00").notes


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([NAIVE], dtype=pl.Datetime("ms")),
        pl.Series([NAIVE], dtype=pl.Datetime("ns")),
        pl.Series([datetime(2024, 2, 5, 14, 7, 9, tzinfo=ZoneInfo("Europe/Berlin"))]),
        pl.Series([1707138429]),
        pl.Series([1707138429.25]),
        pl.Series([1707138429123]),
        pl.Series([20240205130709]),
    ],
    ids=["ms", "ns", "zone", "seconds", "float seconds", "milliseconds", "digits"],
)
def test_typed_columns_are_moments(values):
    """Datetimes of any unit and zone, and numbers that can only be times, are read as they are."""
    assert moments(take({"timestamp": values})) == [MOMENT]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["ms", "us"])
@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1, 2**62])
def test_times_beyond_the_calendar_are_rejected(zone, unit, number):
    """A damaged Parquet column with a year of six digits costs its row, not the run."""
    good = 1_700_000_000 * (1_000 if unit == "ms" else 1_000_000)
    values = pl.Series([number, good]).cast(pl.Datetime(unit, zone))
    accepted = take({"timestamp": values, "seen": values})

    assert reasons(accepted) == {1: "timestamp lies outside the years 1 to 9999"}


def test_dates_beyond_the_calendar_are_rejected():
    """The same for a column of dates."""
    accepted = take({"timestamp": pl.Series([2**31 - 1, 19_000], dtype=pl.Int32).cast(pl.Date)})

    assert list(reasons(accepted)) == [1]


def test_numbers_that_are_no_times_are_rejected():
    """A step counter is not taken for seconds since 1970."""
    with pytest.raises(
        InputError, match=r"timestamp is not a time that can be understood \(2 rows\)"
    ):
        times(1, 744)


def test_a_time_of_day_alone_is_no_time():
    """A column of times of day says that the date is missing."""
    with pytest.raises(InputError, match="has a time of day but no date"):
        times(time(13, 7))


def test_date_and_time_of_day_in_two_columns_are_put_together():
    """Bank exports have both; neither alone is the time of the payment."""
    frame = pl.DataFrame(
        {"user_id": ["U"], "amount": [5], "Time": ["13:07"], "tx_date": ["25/02/2024"]}
    )
    accepted = accept(Raw.of(frame), settings())

    assert moments(accepted) == ["2024-02-25T13:07:00"]
    assert accepted.mapping["timestamp"] == "tx_date"
    assert "timestamp is put together from 'tx_date' and 'Time'" in accepted.notes
    assert column(accepted, "tx_date") == ["25/02/2024"]


def test_a_date_that_somebody_named_stays_alone():
    """``--map timestamp=tx_date`` means that column and no other."""
    frame = pl.DataFrame(
        {"user_id": ["U"], "amount": [5], "Time": ["13:07"], "tx_date": ["25/02/2024"]}
    )
    accepted = accept(Raw.of(frame), settings(columns={"timestamp": "tx_date"}))

    assert moments(accepted) == ["2024-02-25T00:00:00"]


def test_a_zone_that_is_none_is_refused():
    """A misspelt zone is an error that names the nearest."""
    with pytest.raises(
        ConfigError, match=r"'Europe/Berln' is not a time zone. Did you mean 'Europe/Berlin'"
    ):
        Intake(timezone="Europe/Berln")


@given(
    st.datetimes(datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2024-12-31")),
    st.sampled_from(["UTC", "Europe/London", "Asia/Kolkata", "America/New_York"]),
)
def test_local_times_agree_with_the_standard_library(moment, zone):
    """A clock reading is the moment that Python's zoneinfo says, unless the clocks skipped it."""
    local = moment.replace(tzinfo=ZoneInfo(zone), fold=0)
    skipped = local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment
    accepted = times(moment.isoformat(), "2024-01-01", timezone=zone)

    assert (1 in reasons(accepted)) == skipped
    if not skipped:
        assert column(accepted, "timestamp")[0] == local.astimezone(UTC)


@given(st.text(alphabet="0123456789-/.:TZ +,aPpMJjn", max_size=30))
def test_any_text_is_a_time_or_a_reason(text):
    """No text makes a traceback, and what a format reads is what its shape promises."""
    accepted = times("2024-01-01 10:00", text)

    assert accepted.transactions.height + accepted.rejected.height == 2
    found = guess(text)
    assert found is None or found.pattern.startswith(("%", "{"))
