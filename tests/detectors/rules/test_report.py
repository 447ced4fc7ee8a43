"""The report of one transaction holds every fact, in words."""

from datetime import UTC, datetime

import polars as pl

from outlay.detectors.rules import RulesDetector, report
from tests.detectors.rules.frames import row, table

ODD = {
    "transaction_id": "TX-7",
    "user_id": "ann",
    "amount": 8000.0,
    "transaction_type": "withdrawal",
    "hour": 2.0,
    "timestamp": datetime(2025, 5, 14, 2, 15, tzinfo=UTC),
}


def test_a_report_says_all_there_is_to_say():
    """Severity, who, how sure, what, when, each violation, each score and what to do."""
    assert report(ODD, "EUR") == (
        "MEDIUM RISK by the rules\n"
        "\n"
        "Transaction  TX-7\n"
        "User         ann\n"
        "Confidence   0.500\n"
        "Amount       8,000 EUR\n"
        "Type         withdrawal\n"
        "Time         02:00 (very late night or early morning), 2025-05-14 02:15:00 UTC\n"
        "\n"
        "Violations\n"
        "  1. [high] Amount above the absolute limit: 8,000 EUR is above the limit of 5,000 EUR; "
        "normal is up to 5,000 EUR\n"
        "  2. [critical] Money out, or bought, at an unusual hour: 02:00 (very late night or early "
        "morning) is outside the usual 06:00 to 22:59 for withdrawal; normal is between 06:00 and "
        "22:59\n"
        "\n"
        "Scores\n"
        "  1.000  Amount above the absolute limit\n"
        "  1.000  Money out, or bought, at an unusual hour\n"
        "\n"
        "Recommended action: Monitor"
    )


def test_a_normal_transaction_needs_no_action():
    """A row that breaks no rule says so, shows its scores, and recommends nothing."""
    text = report({**ODD, "amount": 50.0, "hour": 14.0})

    assert text.startswith("NORMAL: no rule is violated\n")
    assert "Time         14:00 (afternoon), 2025" in text
    assert "Scores\n  0.010  Amount above the absolute limit" in text
    assert "Recommended action" not in text
    assert "Violations" not in text


def test_near_misses_alone_are_not_called_normal():
    """An anomaly by the sum of near misses says that no rule is violated, and what came near."""
    near = row(amount=4900.0, prior_count=20.0, user_p95=5000.0, user_mean=2000.0)

    text = report(near)

    assert text.startswith("HIGH RISK by the rules\n")
    assert "no rule is violated, but together the near misses reach 0.61" in text


def test_a_row_of_a_table_and_its_values_give_the_same_report():
    """A table of one row, its values by name, and the detector's own report agree."""
    frame = table(row(amount=8000.0))

    text = report(frame, "EUR")

    assert text == report(frame.row(0, named=True), "EUR")
    assert text == RulesDetector(currency="EUR").report(frame)
    assert text == RulesDetector().report(frame, "EUR")


def test_what_is_not_known_is_called_unknown():
    """A row with an amount alone is reported, with the rest unknown."""
    text = report(pl.DataFrame({"amount": [10.0]}))

    assert "User         unknown\n" in text
    assert "Time         unknown\n" in text


def test_a_report_is_safe_to_print():
    """Control characters in the file's texts do not reach the terminal."""
    text = report({**ODD, "user_id": "\x1b[2J\nann"})

    assert "\x1b" not in text
    assert "User         \ufffd[2J\ufffdann\n" in text
