"""The made-up wallet: the same seed the same table, habits, and frauds that hide among them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from outlay.errors import ConfigError, OutputError
from outlay.sources import synthetic
from outlay.sources.synthetic import SCENARIOS, synthesise, write_synthetic
from outlay.sources.synthetic.table import ORDER


@pytest.fixture(scope="module")
def wallet() -> pl.DataFrame:
    """Four hundred users for 120 days."""
    return synthesise()


def frauds(wallet: pl.DataFrame, scenario: str) -> pl.DataFrame:
    """Return the payments of one kind of campaign."""
    return wallet.filter(pl.col("fraud_scenario") == scenario)


def test_the_same_seed_gives_the_same_table():
    """Nothing but the seed decides, least of all numpy's global generator."""
    np.random.seed(1)  # noqa: NPY002 - the global state is what must not matter
    first = synthesise(users=30, days=40, seed=5)
    np.random.seed(2)  # noqa: NPY002

    assert first.equals(synthesise(users=30, days=40, seed=5))
    assert not first.equals(synthesise(users=30, days=40, seed=6))


def test_columns_and_types(wallet):
    """Every column is there, in order, with times that are local and naive."""
    assert tuple(wallet.columns) == ORDER
    assert wallet.schema["timestamp"] == pl.Datetime("us")
    assert wallet.schema["is_fraud"] == pl.Boolean
    assert wallet["transaction_id"].is_unique().all()
    assert wallet["timestamp"].is_sorted()


def test_money_is_plausible(wallet):
    """Amounts are positive, in whole cents, and cash comes in round sums."""
    cents = wallet["amount"] * 100
    cash = wallet.filter(pl.col("transaction_type") == "cash_withdrawal")["amount"]

    assert (wallet["amount"] > 0).all()
    assert ((cents - cents.round()).abs() < 1e-6).all()
    assert (cash % 10 == 0).all()


def test_fraud_is_rare_and_of_every_kind(wallet):
    """Half to one percent of the rows is fraud, and every scenario occurs."""
    assert 0.005 <= wallet["is_fraud"].sum() / len(wallet) <= 0.01
    assert set(wallet["fraud_scenario"].drop_nulls()) == set(SCENARIOS)
    assert (wallet["is_fraud"] == wallet["fraud_scenario"].is_not_null()).all()


def test_harmless_change_is_noted_and_is_no_fraud(wallet):
    """Raises, holidays and the like occur, and none of them is labelled fraud."""
    noted = wallet.filter(pl.col("note").is_not_null())

    assert {"raise", "holiday", "moved_house", "new_phone"} <= set(noted["note"])
    assert not noted["is_fraud"].any()


def test_habits_come_before_fraud(wallet):
    """The first 30 % of the days hold no fraud, so that there is a past to break with."""
    first = wallet["timestamp"].min()
    since = (wallet.filter("is_fraud")["timestamp"] - first).dt.total_days()

    assert (since >= int(0.3 * 120) - 1).all()


def test_users_differ(wallet):
    """Some pay a few times a month, some several times a day."""
    a_day = wallet.group_by("user_id").len()["len"].to_numpy() / 120

    assert wallet["user_id"].n_unique() == 400
    assert np.quantile(a_day, 0.05) < 0.3
    assert np.quantile(a_day, 0.99) > 4


def test_night_cash_is_taken_at_night(wallet):
    """A night cash-out is cash, between one and six."""
    night = frauds(wallet, "night_cash_out")

    assert set(night["transaction_type"]) == {"cash_withdrawal"}
    assert night["timestamp"].dt.hour().is_between(1, 5).all()


def test_card_testing_is_mostly_tiny(wallet):
    """A tested card is charged with tiny sums, then with large ones."""
    amounts = frauds(wallet, "card_testing")["amount"].to_numpy()

    assert (amounts <= 4).mean() > 0.8
    assert amounts.max() > 50


def test_structuring_stays_below_the_limit():
    """Sums lie within a tenth below the limit, or below a tenth of it, and several come together."""
    some = frauds(synthesise(users=200, days=60, seed=2, limit=20_000), "structuring")
    share = some["amount"] / 20_000
    share = pl.Series([value if value > 0.1 else value * 10 for value in share])

    assert share.is_between(0.9, 0.9999).all()
    assert (some.group_by("user_id").len()["len"] >= 3).all()


def test_a_dormant_account_was_silent(wallet):
    """Nothing is paid for five weeks before a dormant account wakes up."""
    for (user,), mine in frauds(wallet, "dormant_account").group_by("user_id"):
        theirs = wallet.filter(pl.col("user_id") == user, ~pl.col("is_fraud"))
        start = mine["timestamp"].min()
        before = theirs.filter(pl.col("timestamp") < start)["timestamp"].max()

        assert before is None or (start - before).days >= 34


def test_takeover_brings_new_devices_and_payees(wallet):
    """Most payments of a taken account go to strangers, most from a device never seen there."""
    taken = frauds(wallet, "account_takeover")
    honest = wallet.filter(~pl.col("is_fraud"))
    known = honest.select("user_id", "counterparty_id", "device_id").unique()
    payees = taken.join(known, on=["user_id", "counterparty_id"], how="anti")
    devices = taken.join(known, on=["user_id", "device_id"], how="anti")

    assert len(payees) > 0.9 * len(taken)
    assert 0.4 * len(taken) < len(devices) < len(taken)


def test_no_single_column_gives_fraud_away(wallet):
    """No value of a column that an honest user has is fraud alone, and amounts overlap."""
    honest, bad = wallet.filter(~pl.col("is_fraud")), wallet.filter("is_fraud")
    for column in ("transaction_type", "country", "channel", "currency"):
        assert set(bad[column]) <= set(honest[column])
    large = honest["amount"].quantile(0.99)

    assert (bad["amount"] < large).mean() > 0.5


def test_an_untidy_table_spells_types_in_several_ways():
    """The untidy table differs in spelling alone."""
    tidy = synthesise(users=20, days=30, seed=3)
    untidy = synthesise(users=20, days=30, seed=3, untidy=True)
    again = untidy["transaction_type"].str.to_lowercase().str.replace_all(" ", "_")

    assert untidy["transaction_type"].n_unique() > 2 * tidy["transaction_type"].n_unique()
    assert (again == tidy["transaction_type"]).all()


def test_no_fraud_when_none_is_wanted():
    """A share of 0 leaves honest people alone."""
    assert not synthesise(users=20, days=30, fraud_share=0)["is_fraud"].any()


def test_blocks_of_users_have_their_own_people(monkeypatch):
    """Users made in different blocks share neither devices nor numbers."""
    monkeypatch.setattr(synthetic, "BLOCK", 10)
    wallet = synthesise(users=25, days=30, seed=3)
    owners = wallet.drop_nulls("device_id").group_by("device_id").agg(pl.col("user_id").n_unique())

    assert wallet["user_id"].n_unique() == 25
    assert (owners["user_id"] == 1).all()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_file_holds_the_table(tmp_path: Path, ending, monkeypatch):
    """Written slice by slice, the file reads back as the whole table."""
    monkeypatch.setattr(synthetic, "SLICE", 200)
    path = tmp_path / "new" / f"payments.{ending}"
    wallet = synthesise(users=20, days=60, seed=4)

    assert write_synthetic(path, users=20, days=60, seed=4) == len(wallet) > 400
    if ending == "parquet":
        assert pl.read_parquet(path).equals(wallet)
    else:
        assert pl.read_csv(path, schema=wallet.schema).equals(wallet)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_ending_that_is_neither_csv_nor_parquet(tmp_path):
    """The error names the file and an ending that works."""
    with pytest.raises(
        ConfigError, match=r"(?s)'payments.xlsx' is neither .*Hint: .* payments.csv"
    ):
        write_synthetic(tmp_path / "payments.xlsx")


def test_a_folder_that_cannot_be_written(tmp_path):
    """A failed write names the path and leaves no half-written file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/payments.csv cannot be written"):
        write_synthetic(tmp_path / "file" / "payments.csv", users=5, days=10)


@pytest.mark.parametrize(("setting", "value"), [("users", 0), ("days", 3), ("fraud_share", 0.9)])
def test_settings_out_of_range(setting, value):
    """The error names the setting, what it is and what it may be."""
    with pytest.raises(ConfigError, match=f"{setting} is {value}, outside"):
        synthesise(**{setting: value})
