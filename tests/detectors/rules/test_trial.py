"""A trial counts what a pack would do before it does it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from outlay.detectors.rules import describe, load_pack, trial
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.reading import read_pack
from outlay.errors import InputError

HEAD = 'format = 1\nname = "mine"\nversion = "1.2"\ndescription = "Mine."\n'
RULE = '[[rule]]\ncode = "{}"\nname = "N"\nwhen = "{}"\nreason = "r"\nmode = "{}"\n'
ROWS = pl.DataFrame(
    {
        "user_id": ["ann", "ann", "bob", "cat"],
        "amount": [10.0, 20.0, 30.0, 40.0],
        "timestamp": [datetime(2025, 1, 1, 23, tzinfo=UTC) + timedelta(days=d) for d in range(4)],
        "is_fraud": [False, True, None, True],
    }
)


def pack(*rules):
    """Return a pack of rules given by code, condition and mode."""
    return read_pack(Source("mine.toml", HEAD + "".join(RULE.format(*rule) for rule in rules)))


MINE = pack(
    ("over15", "amount > 15", "active"),
    ("over25", "amount > 25", "shadow"),
    ("never", "amount > 99", "paused"),
    ("blind", "hour > 3", "active"),
)


def test_hits_are_counted_by_rule():
    """Hits, shares, alerts a day, users, hits of this rule alone and frauds, for every mode."""
    found = trial(MINE, ROWS)

    assert (found.transactions, found.days, found.anomalies) == (4, 4, 3)
    assert found.rules.drop("note").rows() == [
        ("over15", "active", 3, 0.75, 0.75, 3, 1, 2, pytest.approx(2 / 3)),
        ("over25", "shadow", 2, 0.5, 0.5, 2, 0, 1, 0.5),
        ("never", "paused", 0, 0.0, 0.0, 0, 0, 0, None),
        ("blind", "active", 0, 0.0, 0.0, 0, 0, 0, None),
    ]
    assert found.rules["note"].to_list() == [
        "too wide to tell anything",
        "too wide to tell anything",
        "never violated",
        "not assessed in full: nothing known of hour",
    ]


def test_overlap_is_counted_within_a_pack_and_with_the_one_in_use():
    """Of each pair it is told how many hits they share, and which share of the rule's hits that is."""
    found = trial(MINE, ROWS, pack(("old", "amount > 35", "active"), ("off", "true", "shadow")))

    assert found.overlap.rows() == [
        ("over15", "over25", 2, pytest.approx(2 / 3)),
        ("over15", "baseline:old", 1, pytest.approx(1 / 3)),
        ("over25", "over15", 2, 1.0),
        ("over25", "baseline:old", 1, 0.5),
    ]


def test_without_labels_nothing_is_said_of_frauds():
    """A file without labels gives no precision, rather than one of 0."""
    found = trial(MINE, ROWS.drop("is_fraud"))

    assert found.rules["frauds"].to_list() == [None] * 4
    assert found.rules["precision"].to_list() == [None] * 4


def test_a_trial_reads_as_a_table():
    """The text for the terminal has a head, a line a rule, and the overlaps worth a word."""
    lines = str(trial(MINE, ROWS)).splitlines()

    assert lines[:2] == [
        "mine 1.2: 4 transactions in 4 days",
        "3 anomalies by the rules (75.00%, 0.8 a day)",
    ]
    figures = ["over15", "active", "3", "75.00%", "0.8", "3", "1"]
    assert lines[4].split()[:7] == figures
    assert lines[4].endswith("  67% fraud, too wide to tell anything")
    assert lines[8:] == [
        "67% of the hits of over15 are hits of over25",
        "100% of the hits of over25 are hits of over15",
    ]


def test_an_empty_table_cannot_be_tried_on():
    """Shares of nothing are refused with a message."""
    with pytest.raises(InputError, match="without transactions\n\nHint: check the file"):
        trial(MINE, ROWS.clear())


def test_a_description_tells_every_rule():
    """Name, parameters, how confidence is made, and each rule's condition stand in the text."""
    text = describe(load_pack("classic"))

    assert text.startswith("classic 1.0.0: Amounts against a limit")
    assert "high_amount = 5000" in text
    assert "6 rules; confidence: the mean of the scores of the rules that apply" in text
    assert "hour_high_risk (critical, high; active)" in text
    assert "  for  transaction_type in high_risk_types" in text
    assert "  when amount > high_amount" in text
