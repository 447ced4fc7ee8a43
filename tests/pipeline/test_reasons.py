"""Reasons: the same whoever asks, weightiest first, and nothing said twice."""

import numpy as np
import polars as pl
import pytest

from outlay.pipeline.ask import ask
from outlay.pipeline.judge import answered
from outlay.pipeline.quantities import quantities, quantity
from outlay.pipeline.reasons import explain, texts
from outlay.schema.catalog import NAMES
from outlay.schema.table import Columns
from outlay.schema.words import spelled
from tests.pipeline.parts import held_alike

TEXTS = ("transaction_type", "counterparty_id", "device_id", "country")


@pytest.fixture(scope="module")
def core(result):
    """Return the model behind the result."""
    return result.model._core


@pytest.fixture(scope="module")
def flagged(result):
    """Return the scored rows that were flagged."""
    return result.scored.filter(pl.col("is_anomaly") | pl.col("is_alert"))


def live(rows):
    """Return rows as a payment that just happens comes: plain arrays and lists, no table."""
    numbers = {name: rows[name].to_numpy().copy() for name in (*NAMES, "amount")}
    known = [name for name in TEXTS if name in rows.columns]
    return Columns(numbers, {name: rows[name].to_list() for name in known}, rows.height)


def test_explaining_a_row_alone_gives_the_texts_of_the_table(core, flagged):
    """What is explained one by one is what stands in the scored table."""
    for at in range(0, flagged.height, 7):
        (alone,) = explain(core, flagged[at])

        assert [reason.text for reason in alone] == flagged["reasons"][at].to_list()


def test_texts_without_a_table_are_those_of_the_table(core, result, flagged):
    """Payments as plain arrays get the words, in the order, of the same rows in a table."""
    rows = result.scored
    verdicts = held_alike(core, live(rows))
    said = texts(core, live(rows), verdicts)

    assert len(said) == flagged.height
    assert list(said.values()) == flagged["reasons"].to_list()


def test_the_loudest_speaks_first(core, flagged):
    """Of one row the rules' reasons stand first, those about too little history last."""
    for own in explain(core, flagged):
        who = [reason.detector for reason in own]

        assert who == sorted(who, key=lambda name: name == "decision")
        if "rules" in who and who[0] != "rules":
            heaviest = max(r.weight for r in own if r.detector == "rules")
            assert own[0].weight * 0.9 >= heaviest


def test_what_a_rule_said_the_forest_does_not_say_again(core, flagged):
    """Where a rule spoke of a quantity, no feature of that quantity is credited in words."""
    rules = core.detectors["rules"]
    reads = {rule.code: rule.reads for rule in rules.pack.rules}
    both = 0
    for own in explain(core, flagged):
        known = 0
        for reason in own:
            if reason.detector == "rules":
                known |= quantities(reads.get(reason.code, frozenset()))
        credited = [r.code for r in own if r.detector == "isolation_forest"]
        both += bool(known) and len(credited) > 1
        assert not any(quantity(code) & known for code in credited)
    assert both, "no row on which rules and forest both spoke"


def test_a_feature_is_still_credited_where_no_rule_spoke_of_it(core, flagged):
    """Leaving out what was said leaves the rest: amounts are credited where no rule broke."""
    silent = flagged.filter(~pl.col("rule_is_anomaly"))
    codes = {reason.code for own in explain(core, silent) for reason in own}

    assert codes & {"amount_oddity", "amount_log"}


@pytest.mark.parametrize(
    ("reads", "speaks_of", "silent_on"),
    [
        ({"amount"}, "amount_log", "amount_oddity"),
        ({"amount", "user_p95", "prior_count"}, "amount_ratio_p95", "amount_log"),
        ({"hour", "transaction_type"}, "hour_rarity", "type_rarity"),
        ({"count_24h"}, "burst", "sum_ratio_24h"),
        ({"sum_24h"}, "sum_ratio_24h", "burst"),
    ],
)
def test_what_a_rule_speaks_of(reads, speaks_of, silent_on):
    """A rule speaks of what it compares, not of what it compares it with."""
    assert quantity(speaks_of) & quantities(frozenset(reads))
    assert not quantity(silent_on) & quantities(frozenset(reads))


def test_any_part_of_a_table_is_judged_as_the_whole(core, result):
    """Detectors, shares and verdicts of some rows are those that they have among all."""
    rows = result.scored
    whole = answered(core, Columns.of(rows))
    some = np.arange(3, rows.height, 11)
    part = answered(core, Columns.of(rows).taken(some))

    np.testing.assert_array_equal(part.share, whole.share[some])
    for name, values in part.answers.given.items():
        np.testing.assert_array_equal(values, whole.answers.given[name][..., some])


def test_one_payment_is_judged_as_in_the_table(core, result):
    """A single row of plain arrays gets the very bits of the table, from features to risk."""
    rows = result.scored
    for at in (0, rows.height // 2, rows.height - 1, int(rows["risk"].arg_max() or 0)):
        one = rows[at]
        verdicts = held_alike(core, live(one))

        assert verdicts.verdict.risk[0] == one["risk"].item()
        assert verdicts.answers.given["anomaly_score"][0] == one["anomaly_score"].item()
        assert verdicts.verdict.is_anomaly[0] == one["is_anomaly"].item()
        own = ask(core.detectors, live(one)).framed(core.detectors).drop("rule_always_alert")
        assert spelled(own).equals(one.select(own.columns))
