"""The tables of a run, and CSV that no spreadsheet runs."""

import csv
import datetime as dt
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.sinks.cells import safe, safe_frame
from outlay.sinks.dashboard.names import file_stems
from outlay.sinks.table import alerts, write_alerts, write_rejected, write_scored_csv
from outlay.sinks.text import percent, shorten
from tests.sinks.frames import payments


def scored():
    """Return a small scored table with a list column of codes."""
    codes = [["A", "B"], [], None]
    return payments(3, flagged=(0, 2)).with_columns(
        rule_violations=pl.Series(codes, dtype=pl.List(pl.String)), row_number=pl.Series([1, 2, 3])
    )


def read(path):
    """Read a CSV as a list of dicts."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_joins_lists_and_leaves_cells_alone(tmp_path):
    """Items are separated by a bar; ids are not defused, since machines match them."""
    frame = scored().with_columns(transaction_id=pl.lit("=1"))

    write_scored_csv(tmp_path / "s.csv", frame)

    rows = read(tmp_path / "s.csv")
    assert [row["rule_violations"] for row in rows] == ["A | B", "", ""]
    assert [row["transaction_id"] for row in rows] == ["=1", "=1", "=1"]
    assert list(rows[0]) == frame.columns


def test_alerts_come_worst_first():
    """By risk, then score, then amount, then the order of the input; missing risks last."""
    frame = payments(6, flagged=range(6)).with_columns(
        risk=pl.Series([1.0, 5.0, 5.0, 5.0, None, float("nan")]),
        anomaly_score=pl.Series([0.9, 0.1, 0.2, 0.2, 0.5, 0.5]),
        amount=pl.Series([1.0, 1.0, 1.0, 2.0, 1.0, 1.0]),
        is_alert=pl.Series([True, True, True, True, True, None]),
    )

    worst = alerts(frame)

    assert worst["transaction_id"].to_list() == ["T3", "T2", "T1", "T0", "T4"]
    assert worst["place"].to_list() == [1, 2, 3, 4, 5]


def test_the_alerts_file_is_for_people(tmp_path):
    """Local times with their offset, reasons in words, no cell that a spreadsheet would run."""
    frame = scored().with_columns(user_id=pl.lit('=HYPERLINK("http://x")'))

    write_alerts(tmp_path / "alerts.csv", frame, timezone="Asia/Kolkata")

    rows = read(tmp_path / "alerts.csv")
    assert [row["transaction_id"] for row in rows] == ["T2", "T0"]
    assert rows[1]["timestamp"] == "2024-03-01 05:30:00+05:30"
    assert rows[0]["user_id"] == '\'=HYPERLINK("http://x")'
    assert rows[0]["reasons"] == "4,200 is 3.2 × the 95th percentile"


def test_an_empty_table_of_alerts_still_has_its_columns(tmp_path):
    """A run without alerts leaves a file that says so."""
    write_alerts(tmp_path / "alerts.csv", payments(3, flagged=()))

    assert (
        (tmp_path / "alerts.csv").read_text().startswith("place,transaction_id,user_id,timestamp,")
    )
    assert len((tmp_path / "alerts.csv").read_text().splitlines()) == 1


def test_rejected_rows_keep_their_text(tmp_path):
    """A negative amount stays a number; a formula is defused; times without a zone stay."""
    frame = pl.DataFrame(
        {
            "row_number": [2, 3],
            "original": ["-5", "=cmd|' /C calc'!A0"],
            "seen": [dt.datetime(2024, 1, 1, 3)] * 2,  # noqa: DTZ001
        }
    )

    write_rejected(tmp_path / "rejected.csv", frame)

    rows = read(tmp_path / "rejected.csv")
    assert [row["original"] for row in rows] == ["-5", "'=cmd|' /C calc'!A0"]
    assert rows[0]["seen"].startswith("2024-01-01T03:00:00")


@given(st.text(st.sampled_from("=+-@\t\r\n＝＋0123456789.,% aé;\"'"), max_size=8))
def test_a_cell_is_a_number_or_cannot_begin_a_formula(text):
    """One cell and a whole column are made safe alike, and nothing but an apostrophe is added."""
    cell = safe(text)

    assert cell in {text, "'" + text}
    assert cell[:1] not in tuple("=@\t\r＝＋")
    if cell[:1] in tuple("+-"):
        assert re.fullmatch(r"[-+]?[0-9., ]*[0-9]%?", cell)
    assert safe_frame(pl.DataFrame({"a": [text]}))["a"].to_list() == [cell]


USER = st.text(max_size=60) | st.sampled_from(
    ["../../etc/passwd", "CON", "nul", "U1", "u1", "a" * 500, "."]
)


@given(st.lists(USER, max_size=12))
def test_file_names_are_harmless_and_all_different(users):
    """Whatever the ids are: one plain part of a path, not too long, different even without case."""
    stems = file_stems(users)

    assert set(stems) == set(users)
    assert len({stem.lower() for stem in stems.values()}) == len(stems)
    for stem in stems.values():
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", stem)
        assert stem.lower() not in {"con", "nul"}


def test_plain_ids_keep_their_name():
    """A folder of dashboards is to be read by people."""
    assert file_stems(["U0005", "anna-b"]) == {"U0005": "U0005", "anna-b": "anna-b"}


@given(st.text(), st.integers(1, 80))
def test_shortened_text_is_one_short_line(text, limit):
    """No more letters than asked for, and none that break lines or turn the text round."""
    line = shorten(text, limit)

    assert len(line) <= limit
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", line)


def test_megabytes_in_a_cell_cost_nothing():
    """Only the beginning is looked at."""
    assert shorten("x" * 10_000_000, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100 %"), (0.0998, "10 %"), (0.05, "5 %"), (0.00123, "0.12 %"), (0, "0 %")],
)
def test_shares_are_written_with_the_digits_they_need(share, text):
    """Small shares keep two digits, large ones need none."""
    assert percent(share) == text
