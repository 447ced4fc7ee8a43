"""``outlay dashboard``: on a table with scores, whoever made it, and on our own results."""

import csv
import json

import pytest

ROWS = [
    ("T1", "U0005", "100.0", "2025-03-01 10:00:00", "0.30", "low"),
    ("T2", "U0005", "300.0", "2025-03-02 10:00:00", "0.62", "medium"),
    ("T3", "U0005", "200.0", "2025-03-02 11:00:00", "0.10", "High"),
    ("T4", "U0005", "50.0", "2025-03-04 09:00:00", "0.55", ""),
    ("T0", "U0005", "9000.0", "2025-01-01 09:00:00", "0.99", "high"),
    ("T9", "U0001", "10.0", "2025-03-04 09:00:00", "0.20", "low"),
]
NAMES = ("transaction_id", "user_id", "amount", "timestamp", "anomaly_score", "fuzzy_risk_category")
THRESHOLD = 0.6


@pytest.fixture
def seed_files(tmp_path):
    """Return the two files that the seed's dashboard reads."""
    table, importance = tmp_path / "tx_with_fuzzy.csv", tmp_path / "feature_importance.json"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([NAMES, *ROWS])
    importance.write_text(json.dumps({"metrics": {"anomaly_score_threshold": THRESHOLD}}))
    return table, importance


def rows_of(path):
    """Return a CSV's rows."""
    with path.open() as file:
        return list(csv.DictReader(file))


def flags(folder):
    """Return which transactions a written dashboard marks."""
    rows = rows_of(folder / "user_last30_transactions.csv")
    return {row["transaction_id"]: row["is_anomaly_flag"].lower() == "true" for row in rows}


def test_seed_flow(seed_files, call, tmp_path):
    """The seed's two files give its four files: sums by day, marks by threshold and category."""
    table, importance = seed_files

    answer = call("dashboard", table, "--metadata", importance, "--user", "U0005", "--out", "d")

    folder = tmp_path / "d"
    names = ["anomaly.png", "anomaly.html", "daily.csv", "transactions.csv"]
    assert answer.code == 0
    assert answer.out.splitlines() == [f"d/user_last30_{name}" for name in names]
    assert (folder / "user_last30_anomaly.png").read_bytes().startswith(b"\x89PNG")
    page = (folder / "user_last30_anomaly.html").read_text()
    assert "U0005" in page
    assert "<script src=" not in page
    daily = rows_of(folder / "user_last30_daily.csv")
    assert list(daily[0]) == [
        *("day", "amount_sum", "rolling_mean", "rolling_std", "upper_band", "lower_band")
    ]
    sums = {row["day"]: float(row["amount_sum"]) for row in daily}
    assert sums == {"2025-03-01": 100, "2025-03-02": 500, "2025-03-03": 0, "2025-03-04": 50}
    assert flags(folder) == {"T1": False, "T2": True, "T3": True, "T4": False}


def test_metadata_beside_the_file_is_found_else_one_half(seed_files, call, tmp_path):
    """Without --metadata the file beside the table counts; without that the threshold is 0.5."""
    table, importance = seed_files

    beside = call("dashboard", table, "-u", "U0005", "-o", "a")
    importance.unlink()
    alone = call("dashboard", table, "-u", "U0005", "-o", "b")

    assert "threshold 0.6 (from" in beside.err
    assert not flags(tmp_path / "a")["T4"]
    assert "threshold 0.5 (no feature_importance.json" in alone.err
    assert flags(tmp_path / "b")["T4"]


def test_users_are_listed_worst_first(seed_files, call):
    """Without --user a table of users goes to stdout, and only it."""
    table, _ = seed_files

    answer = call("dashboard", table)

    assert answer.out.splitlines() == [
        "user_id  worst  flagged  transactions  last",
        "U0005    99.00        3             5  2025-03-04",
        "U0001    20.00        0             1  2025-03-04",
    ]
    assert "1 of 2 users; --top 0 lists all" in call("dashboard", table, "--top", "1").err


def test_columns_of_other_names(seed_files, call, tmp_path):
    """Columns are found by usual names, or by what --map says."""
    table, _ = seed_files
    text = table.read_text().replace("user_id", "who").replace("timestamp", "datetime")
    table.write_text(text)

    lost = call("dashboard", table, "-u", "U0005")
    found = call("dashboard", table, "-u", "U0005", "--map", "user_id=who", "-o", "d")

    assert lost.code == 1
    assert "no column for user_id" in lost.err
    assert found.code == 0
    assert flags(tmp_path / "d")["T2"]


def test_band_and_days_can_be_chosen(seed_files, call, tmp_path):
    """Another band gives other edges, another number of days another window and file name."""
    table, _ = seed_files

    options = ["--band", "median", "--band-before", "--band-width", "1", "--band-min", "7"]
    answer = call("dashboard", table, "-u", "U0005", "-o", "d", "--days", "90", *options)

    assert answer.code == 0
    daily = rows_of(tmp_path / "d" / "user_last90_daily.csv")
    assert daily[0]["day"] == "2025-01-01"
    assert (daily[0]["upper_band"], daily[1]["upper_band"]) == ("", "9007.0")


def test_own_result_is_drawn_with_its_threshold_and_zone(ran, call, tmp_path):
    """A run's folder can be given; its users stand there with their risk."""
    _, folder = ran

    listed = call("dashboard", folder, "--top", "1").out.splitlines()
    user = listed[1].split()[0]
    drawn = call("dashboard", folder, "--user", user, "--out", tmp_path)

    threshold = json.loads((folder / "feature_importance.json").read_text())["metrics"]
    assert f"threshold {threshold['anomaly_score_threshold']:.4g} (from {folder}" in " ".join(
        drawn.err.split()
    )
    assert (tmp_path / "user_last30_anomaly.html").is_file()


def test_unknown_user_gets_the_nearest(seed_files, call):
    """A user that is not there is told, with the nearest name, and nothing is written."""
    table, _ = seed_files

    answer = call("dashboard", table, "-u", "U0006", "-o", "d")

    assert (answer.code, answer.out) == (1, "")
    assert "Did you mean 'U0005'?" in answer.err or "Did you mean 'U0001'?" in answer.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "does not say the threshold"),
        ('{"metrics": {"anomaly_score_threshold": "x"}}', "does not"),
    ],
    ids=["json", "number"],
)
def test_metadata_that_says_nothing(seed_files, call, content, words):
    """Metadata that cannot be read is an error, not a silent 0.5."""
    table, importance = seed_files
    importance.write_text(content)

    answer = call("dashboard", table, "-u", "U0005")

    assert answer.code == 1
    assert words in answer.err


def test_table_without_scores_is_refused(payments, call):
    """A file that nobody scored says how to score it."""
    answer = call("dashboard", payments)

    assert answer.code == 1
    assert "there is no column anomaly_score" in answer.err
    assert "Hint: outlay run FILE scores a file" in answer.err


def test_score_that_is_no_number(seed_files, call):
    """A score in words is an error that shows it."""
    table, _ = seed_files
    table.write_text(table.read_text().replace("0.62", "much"))

    answer = call("dashboard", table, "-u", "U0005")

    assert answer.code == 1
    assert "'anomaly_score' holds 'much', which is no number" in answer.err
