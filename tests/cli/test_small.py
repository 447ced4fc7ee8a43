"""The small commands: rules, config, synth."""

import tomllib

import polars as pl


def test_rule_packs_are_listed_and_shown(call):
    """The shipped packs can be named, and looked into."""
    listed, shown = call("rules", "list"), call("rules", "show", "classic")
    written = call("rules", "show", "classic", "--toml")

    assert "classic" in listed.out
    assert "wallet" in listed.out
    assert "amount_above_limit" in shown.out
    assert tomllib.loads(written.out)["name"] == "classic"


def test_rule_pack_is_checked(call, tmp_path):
    """A sound pack is called sound; a wrong one fails with line and nearest name."""
    pack = """format = 1
name = "mine"
version = "1"
description = "d"
[[rule]]
code = "big"
name = "Big"
when = "amout > 5"
reason = "{amount} is big"
"""
    (tmp_path / "mine.toml").write_text(pack)

    wrong = call("rules", "check", "mine.toml")
    (tmp_path / "mine.toml").write_text(pack.replace("amout", "amount"))
    right = call("rules", "check", "mine.toml")

    assert (wrong.code, wrong.out) == (1, "")
    assert "mine.toml" in wrong.err
    assert "amount" in wrong.err
    assert right.code == 0
    assert right.out == "mine.toml: sound; 1 rule (1 active, 0 shadow, 0 paused)\n"


def test_rule_pack_is_tried_on_a_file(payments, call):
    """Hits and overlap with another pack are printed."""
    answer = call("rules", "test", "wallet", payments, "--against", "classic")

    assert answer.code == 0
    assert "transactions in 40 days" in answer.out
    assert "card_testing" in answer.out
    assert "Trying wallet" in answer.err


def test_rule_pack_is_tried_with_another_number(payments, call):
    """A parameter given on the command line is the pack's for this trial."""
    options = ("rules", "test", "classic", payments, "--rule-parameter")
    low, high = call(*options, "high_amount=1"), call(*options, "high_amount=1e9")
    wrong, none = call(*options, "high_amount=x"), call(*options, "high_amount")

    hits = [
        next(line.split()[2] for line in one.out.splitlines() if "above_limit" in line)
        for one in (low, high)
    ]
    assert int(hits[0].replace(",", "")) > int(hits[1]) == 0
    assert (wrong.code, none.code) == (2, 2)
    assert "high_amount is 'x'; it takes a number" in " ".join(wrong.err.split())
    assert "'high_amount' is not NAME=VALUE" in " ".join(none.err.split())


def test_settings_are_shown_with_their_origins(call, tmp_path, monkeypatch):
    """What is printed is TOML, and says where each value came from."""
    (tmp_path / "outlay.toml").write_text("[alerts]\nrate = 0.01\n")
    monkeypatch.setenv("OUTLAY_HISTORY", "full")

    answer = call("config", "show")

    shown = tomllib.loads(answer.out)
    assert (shown["history"], shown["alerts"]["rate"]) == ("full", 0.01)
    assert "# OUTLAY_HISTORY" in answer.out
    assert "# outlay.toml, line 2" in answer.out


def test_settings_file_is_begun_once(call, tmp_path):
    """The file to begin with changes nothing, and is not written over another one."""
    first, second = call("config", "init"), call("config", "init")

    assert (first.code, first.out) == (0, "outlay.toml\n")
    assert second.code == 1
    assert "is there already" in second.err
    assert call("config", "init", "--force").code == 0
    assert "# default" in call("config", "show").out
    assert (tmp_path / "outlay.toml").is_file()


def test_synth_writes_what_its_suffix_says(call, tmp_path):
    """A wallet is written as CSV or Parquet, the same for the same seed; other endings are refused."""
    options = ["--users", "5", "--days", "10", "--seed", "1"]

    answers = [call("synth", name, *options) for name in ("a.csv", "a.parquet", "a.xlsx")]

    assert [answer.code for answer in answers] == [0, 0, 1]
    assert answers[0].out == "a.csv\n"
    assert "next: outlay run a.csv" in answers[0].err
    csv, parquet = pl.read_csv(tmp_path / "a.csv"), pl.read_parquet(tmp_path / "a.parquet")
    assert csv["transaction_id"].to_list() == parquet["transaction_id"].to_list()
    assert "neither a .csv nor a .parquet" in answers[2].err
