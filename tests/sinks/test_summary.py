"""The dashboard's numbers: by hand, by a slow twin, and at every edge."""

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import ConfigError, MissingColumnsError, NotFoundError
from outlay.sinks.dashboard.band import Band
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.dashboard.tables import daily_csv, transactions_csv
from outlay.sinks.dashboard.users import list_users
from tests.sinks import naive_dashboard as naive
from tests.sinks.frames import payments


def table(rows, user="U1", zone="UTC"):
    """Return a scored table of (time, amount, score, category)."""
    times, amounts, scores, categories = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "transaction_id": [f"T{n}" for n in range(len(rows))],
            "user_id": user,
            "amount": amounts,
            "timestamp": pl.Series(times).cast(pl.Datetime("us")).dt.replace_time_zone(zone),
            "anomaly_score": scores,
            "fuzzy_risk_category": categories,
        },
        schema_overrides={"anomaly_score": pl.Float64, "fuzzy_risk_category": pl.String},
    )


def at(day, hour=12):
    """Return an hour of a day in May."""
    return dt.datetime(2024, 5, day, hour)  # noqa: DTZ001


HAND = [
    (at(1), 10.0, 0.2, "low"),
    (at(1, 18), 20.0, 0.6, "low"),
    (at(3), 60.0, 0.2, "HIGH"),
    (at(4), 0.0, None, None),
]


def test_a_table_checked_by_hand():
    """Sums 30, 0, 60, 0: the band of each day is worked out on paper."""
    daily = summarise(table(HAND), "U1", threshold=0.6).daily

    assert [(day.day.day, day.amount_sum) for day in daily] == [(1, 30), (2, 0), (3, 60), (4, 0)]
    assert [day.rolling_mean for day in daily] == [30, 15, 30, 22.5]
    spreads = [0, math.sqrt(450), 30, math.sqrt((7.5**2 + 2 * 22.5**2 + 37.5**2) / 3)]
    assert [day.rolling_std for day in daily] == pytest.approx(spreads)
    assert daily[0].upper_band == daily[0].lower_band == 30
    assert daily[2].upper_band == 90
    assert [day.lower_band for day in daily[1:]] == [0, 0, 0]


def test_the_marks_of_the_table_checked_by_hand():
    """A score at the threshold counts, the category counts in any case, nothing else does."""
    marked = summarise(table(HAND), "U1", threshold=0.6).transactions

    assert [each.is_anomaly_flag for each in marked] == [False, True, True, False]
    assert [each.is_above_threshold for each in marked] == [False, True, False, False]
    assert [each.is_high_category for each in marked] == [False, False, True, False]


def test_a_score_that_is_not_a_number_marks_nothing():
    """NaN would be greater than any threshold to Polars; it means that there is no score."""
    marked = summarise(table([(at(1), 1.0, float("nan"), None)]), "U1").transactions

    assert marked[0].anomaly_score is None
    assert not marked[0].is_anomaly_flag


ROWS = st.lists(
    st.tuples(
        st.integers(0, 60 * 86_400),
        st.floats(0, 1e6, allow_subnormal=False),
        st.none() | st.floats(0, 1) | st.just(float("nan")),
        st.none() | st.sampled_from(["low", "High", "HIGH", "medium", "higher"]),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS, st.integers(1, 40), st.floats(0, 1))
def test_the_numbers_are_what_the_definition_says(rows, days, threshold):
    """Sums, band and marks equal the slow twin's on any table, in whatever order it comes."""
    timed = [
        (naive.EPOCH.replace(tzinfo=None) + dt.timedelta(seconds=row[0]), *row[1:]) for row in rows
    ]
    summary = summarise(table(timed), "U1", threshold=threshold, days=days)

    expected = naive.daily(rows, days)
    assert [day.day for day in summary.daily] == [row[0] for row in expected]
    got = [
        (day.amount_sum, day.rolling_mean, day.rolling_std, day.upper_band, day.lower_band)
        for day in summary.daily
    ]
    for mine, theirs in zip(got, expected, strict=True):
        assert mine == pytest.approx(theirs[1:], rel=1e-9, abs=1e-6)
    marked = [each.is_anomaly_flag for each in summary.transactions]
    assert sorted(marked) == sorted(naive.marks(rows, days, threshold))


def test_the_window_reaches_back_to_the_second():
    """A payment 30 times 24 hours before the last is inside, one a second earlier is not."""
    last = at(31, 9)
    edge = last - dt.timedelta(days=30)
    rows = [
        (edge - dt.timedelta(seconds=1), 1.0, 0, None),
        (edge, 2.0, 0, None),
        (last, 4.0, 0, None),
    ]

    summary = summarise(table(rows), "U1")

    assert [each.amount for each in summary.transactions] == [2.0, 4.0]
    assert (summary.start, summary.end) == (
        edge.replace(tzinfo=dt.UTC),
        last.replace(tzinfo=dt.UTC),
    )
    assert len(summary.daily) == 31


def test_days_are_local_and_the_window_is_not():
    """A change to summer time moves no payment into or out of the window, but days are local."""
    late = at(1, 23) - dt.timedelta(days=32)  # 30 March; the clocks change on the 31st
    rows = [(late, 1.0, 0, None), (late + dt.timedelta(days=1), 2.0, 0, None)]

    utc = summarise(table(rows), "U1", days=1)
    paris = summarise(table(rows), "U1", days=1, timezone="Europe/Paris")

    assert [day.day.day for day in utc.daily] == [30, 31]
    assert [(day.day.month, day.day.day) for day in paris.daily] == [(3, 31), (4, 1)]
    assert paris.transactions[0].timestamp.isoformat() == "2024-03-31T00:00:00+01:00"
    assert paris.transactions[1].timestamp.isoformat() == "2024-04-01T01:00:00+02:00"


def test_times_without_a_zone_are_taken_as_they_stand():
    """A naive table gives the same days whatever zone is asked for."""
    frame = table(HAND).with_columns(pl.col("timestamp").dt.replace_time_zone(None))

    summary = summarise(frame, "U1", timezone="Asia/Tokyo")

    assert summary.timezone is None
    assert [day.amount_sum for day in summary.daily] == [30, 0, 60, 0]
    assert summary.transactions[0].timestamp == at(1)


def test_rows_without_time_or_amount_are_counted_and_left_out():
    """Nothing is dropped in silence."""
    frame = pl.concat([table(HAND), table([(None, 5.0, 0, None), (at(2), None, 0, None)])])

    summary = summarise(frame, "U1")

    assert summary.unreadable == 2
    assert summary.total == 90


@pytest.mark.parametrize("column", ["fuzzy_risk_category", "anomaly_score", "transaction_id"])
def test_optional_columns_may_be_missing(column):
    """Without the category or the score the other one marks; nothing else is needed."""
    summary = summarise(table(HAND).drop(column), "U1", threshold=0.6)

    marks = {"fuzzy_risk_category": [0, 1, 0, 0], "anomaly_score": [0, 0, 1, 0]}
    assert [each.is_anomaly_flag for each in summary.transactions] == marks.get(
        column, [0, 1, 1, 0]
    )


def test_users_that_are_numbers_are_found():
    """A CSV whose users are numbers is read as such; the user is asked for in text."""
    frame = table(HAND).with_columns(user_id=pl.lit(17))

    assert summarise(frame, "17").total == 90


def test_without_the_day_itself_the_first_day_has_no_band():
    """A large day is judged by the days before it and does not lift its own band."""
    daily = summarise(table(HAND), "U1", band=Band(include_day=False)).daily

    assert (daily[0].rolling_mean, daily[0].upper_band, daily[0].is_above) == (None, None, False)
    assert [day.rolling_mean for day in daily[1:]] == [30, 15, 30]
    assert [day.is_above for day in daily[1:]] == [False, True, False]


def test_the_median_is_not_moved_by_one_day():
    """Median and median deviation, scaled by 1.4826, of sums 30, 0, 60, 0."""
    daily = summarise(table(HAND), "U1", band=Band(centre="median")).daily

    assert [day.rolling_mean for day in daily] == [30, 15, 30, 15]
    assert [day.rolling_std for day in daily] == pytest.approx(
        [0, 15 * 1.4826, 30 * 1.4826, 15 * 1.4826]
    )


def test_the_band_is_never_narrower_than_asked_for():
    """On quiet days the least width applies, on others the usual one."""
    daily = summarise(table(HAND), "U1", band=Band(min_width=40.0)).daily

    assert (daily[0].upper_band, daily[0].lower_band) == (70, 0)
    assert daily[2].upper_band == 90


def test_the_window_of_the_band_is_a_choice():
    """Over one day the band is the day itself."""
    daily = summarise(table(HAND), "U1", band=Band(window_days=1, width=1)).daily

    assert [day.upper_band for day in daily] == [30, 0, 60, 0]


def test_flagged_ones_come_worst_first_and_the_usual_day_had_payments():
    """The worst by risk leads; days without payments do not count as usual."""
    frame = payments(30, flagged=(3, 9)).with_columns(
        risk=pl.when(pl.col("transaction_id") == "T9").then(99.9).otherwise("risk")
    )
    summary = summarise(frame, "U1")

    assert [each.transaction_id for each in summary.flagged] == ["T9", "T3"]
    hand = summarise(table(HAND), "U1")
    assert (hand.usual_day, hand.active_days, hand.total) == (30, 3, 90)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"threshold": 1.5},
            "the dashboard's threshold is 1.5; scores lie between 0 and 1\n\nHint: ",
        ),
        ({"threshold": float("nan")}, "the dashboard's threshold is nan"),
        ({"days": 0}, "the dashboard shows 0 days; it must be from 1 to 731\n\nHint: "),
        ({"timezone": "Mars/Base"}, "'Mars/Base' is no time zone\n\nHint: use a name of the IANA"),
        ({"timezone": "../etc"}, "'../etc' is no time zone"),
    ],
)
def test_options_that_cannot_be_are_refused(options, words):
    """The message says what is wrong, what may be, and what to do."""
    with pytest.raises(ConfigError) as caught:
        summarise(table(HAND), "U1", **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"window_days": 0}, {"width": -1.0}, {"min_width": float("inf")}, {"centre": "mode"}],
)
def test_a_band_that_cannot_be_is_refused(options):
    """The message names the setting, its value and what it must be."""
    with pytest.raises(ConfigError) as caught:
        Band(**options)
    (name, value), *_ = options.items()
    assert f"the dashboard's band has {name} = {value!r}; it must be " in str(caught.value)
    assert f"Hint: leave {name} out" in str(caught.value)


def test_a_user_who_is_not_there_is_named_with_the_nearest():
    """The message offers the nearest user and the way to the list."""
    with pytest.raises(NotFoundError) as caught:
        summarise(table(HAND, user="U0005"), "U005")
    assert str(caught.value) == (
        "no transaction of user 'U005'; there are 1 users. Did you mean 'U0005'?\n\n"
        "Hint: leave the user out to list them, worst first."
    )


def test_a_user_without_a_readable_row_is_an_error():
    """There is nothing to draw."""
    with pytest.raises(NotFoundError, match="none of the 1 rows of user 'U1' has both"):
        summarise(table([(None, 1.0, 0, None)]), "U1")


def test_a_table_that_is_not_scored_is_named():
    """The message lists what is needed, what is there, and what to give."""
    with pytest.raises(MissingColumnsError) as caught:
        summarise(pl.DataFrame({"a": [1], "amount": [2.0]}), "U1")
    assert "needs the columns user_id, timestamp; the table has a, amount" in str(caught.value)
    with pytest.raises(MissingColumnsError, match="'timestamp' holds String, not times"):
        summarise(table(HAND).with_columns(pl.col("timestamp").cast(pl.String)), "U1")


def test_the_daily_table_has_these_columns_and_numbers():
    """Six columns, a line a day, empty where nothing came before."""
    text = daily_csv(summarise(table(HAND), "U1", band=Band(include_day=False)))

    lines = text.splitlines()
    assert lines[0] == "day,amount_sum,rolling_mean,rolling_std,upper_band,lower_band"
    assert lines[1] == "2024-05-01,30.0,,,,"
    assert lines[2] == "2024-05-02,0.0,30.0,0.0,30.0,30.0"
    assert len(lines) == 5


def test_the_table_of_transactions_starts_with_id_and_mark():
    """By time, with reasons in one cell; a cell that a spreadsheet would run is defused."""
    frame = payments(2, flagged=(1,), transaction_id=["=1+1", "T1"])

    lines = transactions_csv(summarise(frame, "U1")).splitlines()

    assert lines[0].startswith("transaction_id,is_anomaly_flag,timestamp,amount,anomaly_score,")
    assert lines[1].startswith("'=1+1,False,2024-03-01T00:00:00+00:00,20.0,0.3,low,")
    assert lines[2].startswith("T1,True,")
    assert lines[2].endswith(',True,"4,200 is 3.2 × the 95th percentile"')


def test_reasons_that_went_through_csv_are_taken_apart_again():
    """A scored table that was written as CSV has its reasons in one text."""
    frame = payments(1).with_columns(reasons=pl.lit("one | two"))

    assert summarise(frame, "U1").transactions[0].reasons == ("one", "two")


def test_users_are_listed_worst_first():
    """By risk where there is one, else by score; then by how much is flagged; then by name."""
    frame = pl.concat(
        [payments(4, flagged=(), user="calm"), payments(4, flagged=(1,), user="worst")]
    )

    assert list_users(frame).select("user_id", "worst", "flagged", "transactions").rows() == [
        ("worst", 99.5, 1, 4),
        ("calm", 10.0, 0, 4),
    ]
    assert list_users(frame.drop("risk"))["worst"].to_list() == [90.0, 30.0]
    assert list_users(frame.drop("risk", "anomaly_score"))["worst"].to_list() == [None, None]
