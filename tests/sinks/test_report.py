"""The run's report: every number by hand, the guards, and the page in a real browser."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from outlay.sinks import html
from outlay.sinks.report.build import SCORE_BINS, summarise_run
from outlay.sinks.report.data import RunFacts
from outlay.sinks.report.page import BUDGET, page
from tests.sinks.browser import PHONE
from tests.sinks.frames import NASTY, payments

FACTS = RunFacts(
    read=14,
    rejected=3,
    duplicates=1,
    threshold=0.6,
    files=("payments.csv",),
    rejection_reasons=(("amount: not a number", 2), ("timestamp: missing", 1)),
    mapping=(("user_id", "CUSTOMER_ID"),),
    alert_rate=0.2,
    alert_risk=90.0,
    importances={"hour": 0.25, "amount_zscore": 0.75, "weekday": 0.0},
    training={"transactions": 5000, "trees": 100},
    settings={"history": "past"},
    rules={"BIG": "amount above 5,000", "NIGHT": "between 02 and 04", "DORMANT": "after 90 days"},
    dashboards={"U1": "dashboards/U1.html"},
    model_digest="3f1c",
    currency="EUR",
)


def scored():
    """Return ten transactions of two users whose signals are easily counted."""
    codes = [["BIG"], ["BIG", "NIGHT"], ["NIGHT"], *[[]] * 7]
    frame = payments(10, flagged=())
    return frame.with_columns(
        user_id=pl.Series(["U1"] * 6 + ["U2"] * 4),
        anomaly_score=pl.Series([0.9, 0.3, 0.6, 0.59, *[0.1] * 5, 1.0]),
        fuzzy_risk_category=pl.Series(["high", "low", "low", "High", *["low"] * 6]),
        rule_violations=pl.Series(codes, dtype=pl.List(pl.String)),
        rule_is_anomaly=pl.Series([True] * 3 + [False] * 7),
        is_anomaly=pl.Series([True] * 4 + [False] * 5 + [True]),
        is_alert=pl.Series([True, False, True, *[False] * 6, True]),
        risk=pl.Series([99.0, 50.0, 80.0, *[10.0] * 6, 95.0]),
        severity=pl.Series(["critical", "low", "high", *["low"] * 6, "medium"]),
        outcome=pl.lit("review"),
        assessed=pl.Series([True] * 6 + [False] * 4),
        hour=pl.Series([1.0] * 5 + [float("nan")] * 5),
        new_device=pl.lit(float("nan")),
        reasons=pl.Series([["because of this"]] * 10),
    )


def test_the_rows_add_up():
    """14 read = 10 scored + 3 rejected + 1 duplicate; one more and the report warns."""
    data = summarise_run(scored(), facts=FACTS)

    assert (data.scored, data.users, data.adds_up) == (10, 2, True)
    assert not any("add up" in warning for warning in data.warnings)
    wrong = summarise_run(scored(), facts=replace(FACTS, read=15))
    assert "The rows do not add up: 15 read, 14 accounted for." in wrong.warnings[0]


def test_alerts_are_counted_inside_and_outside_the_budget():
    """Three alerts, one of them below the budget's risk: an exception that a rule makes."""
    data = summarise_run(scored(), facts=FACTS)

    assert (data.anomalies, data.alerts, data.exceptions) == (5, 3, 1)
    assert data.alert_share == 0.2
    assert data.alert_amount == 20 + 22 + 22


def test_each_signal_is_counted_by_hand():
    """Hits, hits alone and hits in alerts of each detector and each rule."""
    signals = {
        s.name: (s.hits, s.alone, s.in_alerts) for s in summarise_run(scored(), facts=FACTS).signals
    }

    assert signals == {
        "rules": (3, 1, 2),
        "isolation forest": (3, 1, 3),
        "fuzzy": (2, 1, 1),
        "BIG": (2, 0, 1),
        "NIGHT": (2, 0, 1),
        "DORMANT": (0, 0, 0),
    }


def test_the_overlap_is_counted_by_hand():
    """Row and column say what two signals marked together; the diagonal what each marked."""
    overlap = summarise_run(scored(), facts=FACTS).overlap

    assert overlap.names == ("rules", "isolation forest", "fuzzy", "BIG", "NIGHT")
    assert overlap.counts == (
        (3, 2, 1, 2, 2),
        (2, 3, 1, 1, 1),
        (1, 1, 2, 1, 0),
        (2, 1, 1, 2, 1),
        (2, 1, 0, 1, 2),
    )


def test_scores_are_counted_in_bins():
    """Every score has its bin, 1.0 the last."""
    counts = summarise_run(scored(), facts=FACTS).score_counts

    assert len(counts) == SCORE_BINS == 50
    assert {place: n for place, n in enumerate(counts) if n} == {
        5: 5,
        15: 1,
        29: 1,
        30: 1,
        45: 1,
        49: 1,
    }


def test_a_missing_score_is_in_no_bin():
    """NaN and null are not counted as a score of any height."""
    frame = scored().with_columns(anomaly_score=pl.Series([float("nan"), None, *[0.1] * 8]))

    data = summarise_run(frame, facts=FACTS)

    assert sum(data.score_counts) == 8
    assert data.signals[1].hits == 0


def test_coverage_and_cold_start_are_counted():
    """Share of transactions with each feature, least first; users without any judged transaction."""
    data = summarise_run(scored(), facts=FACTS)

    assert data.coverage == (("new_device", 0.0), ("hour", 0.5))
    assert (data.not_assessed, data.users_not_assessed) == (4, 1)


def test_users_and_alerts_come_worst_first_with_their_dashboards():
    """U1 has the worst alert and a dashboard, U2 has none."""
    data = summarise_run(scored(), facts=FACTS)

    users = [(line.user, line.alerts, line.worst_risk, line.dashboard) for line in data.worst_users]
    assert users == [("U1", 2, 99.0, "dashboards/U1.html"), ("U2", 1, 95.0, None)]
    assert [line.transaction_id for line in data.worst_alerts] == ["T0", "T9", "T2"]
    assert data.worst_alerts[0].reasons == ("because of this",)


def test_alerts_are_counted_by_local_day_and_severity():
    """The third alert is at 16:00 UTC, which is the next day in Tokyo."""
    data = summarise_run(scored(), facts=replace(FACTS, timezone="Asia/Tokyo"))

    assert data.alerts_by == "day"
    days = {
        day.start.day: {k: n for k, n in day.by_severity.items() if n}
        for day in data.alerts_over_time
    }
    assert days == {1: {"critical": 1}, 2: {"high": 1}, 3: {}, 4: {"medium": 1}}


@pytest.mark.parametrize(
    ("days", "by", "bars"), [(99, "day", 100), (300, "week", 44), (3000, "month", 99)]
)
def test_long_periods_are_counted_in_weeks_or_months(days, by, bars):
    """No chart has thousands of bars, and no alert is lost."""
    times = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=d) for d in (0, days)]
    frame = payments(2, flagged=(0, 1), timestamp=times)

    data = summarise_run(frame, facts=RunFacts(read=2))

    assert data.alerts_by == by
    assert len(data.alerts_over_time) == bars
    assert sum(sum(each.by_severity.values()) for each in data.alerts_over_time) == 2


def test_what_fails_in_silence_is_said():
    """Silent and loud rules, features without data, rejected rows, missed budget, cold start."""
    many = pl.concat([scored()] * 20)
    warnings = summarise_run(
        many, facts=replace(FACTS, read=260, rejected=50, duplicates=10, alert_rate=0.5)
    ).warnings

    assert warnings == (
        "19 % of the rows were rejected.",
        "3.8 % of the rows were duplicates.",
        "20 % of transactions became alerts; 50 % were promised.",
        "1 rule never fired: DORMANT.",
        "Detector rules marks 30 % of all transactions.",
        "Detector isolation forest marks 30 % of all transactions.",
        "Detector fuzzy marks 20 % of all transactions.",
        "Rule BIG marks 20 % of all transactions.",
        "Rule NIGHT marks 20 % of all transactions.",
        "1 feature could not be computed for any transaction: new_device. A column that they need may be missing.",
        "40 % of transactions come from users with too little history; they were judged against the population.",
    )


def test_a_run_as_it_should_be_has_no_warnings():
    """A warning that is always there is not read."""
    frame = pl.concat([payments(100, flagged=(5,))] * 10)

    assert summarise_run(frame, facts=RunFacts(read=1000, alert_rate=0.01)).warnings == ()


@pytest.mark.parametrize("rows", [0, 1])
def test_a_report_needs_no_more_than_the_dashboards_columns(rows):
    """No features, no rules, no alerts, even no rows: there is a page all the same."""
    frame = (
        payments(1, flagged=())
        .head(rows)
        .drop("reasons", "risk", "severity", "fuzzy_risk_category")
    )

    text = page(summarise_run(frame, facts=RunFacts(read=rows)), script="x.js")

    assert f"<strong>{rows}</strong> read = <strong>{rows}</strong> scored" in text


def test_the_page_says_every_number():
    """What was read, the mapping, the budget, the contributions, the model."""
    text = page(summarise_run(scored(), facts=FACTS), script="x.js")

    for part in (
        "10 transactions of 2 users were scored. 5 are anomalous (50 %); 3 alerts should be looked at (30 %).",
        "<strong>14</strong> read = <strong>10</strong> scored + <strong>3</strong> rejected + <strong>1</strong>",
        "amount: not a number",
        "CUSTOMER_ID",
        "Promised: <strong>20 %</strong> of transactions become alerts, about 2. Realised inside the budget: <strong>20 %</strong>, 2.",
        "from rules that always alert: 1.",
        'href="dashboards/U1.html"',
        "never fired",
        "3f1c",
        "5,000",
        "4 of 10 transactions come from users with too little history",
    ):
        assert part in text, part


def test_importances_are_longest_first_and_zero_ones_left_out():
    """The longest bar fills its cell."""
    text = page(summarise_run(scored(), facts=FACTS), script="x.js")

    section = text[text.index("What the forest looks at") : text.index("What could be judged")]
    assert section.index("amount_zscore") < section.index("hour")
    assert "weekday" not in section
    assert "width: 100.0%" in section
    assert "width: 33.3%" in section


def nasty():
    """Return data whose every text tries to be markup."""
    frame = scored().with_columns(
        user_id=pl.lit(NASTY),
        transaction_id=pl.lit(NASTY),
        transaction_type=pl.lit(NASTY),
        severity=pl.lit(NASTY),
        outcome=pl.lit(NASTY),
        reasons=pl.lit([NASTY * 9]),
        rule_violations=pl.lit([NASTY]),
    )
    facts = replace(
        FACTS,
        files=(NASTY,),
        rejection_reasons=((NASTY, 3),),
        mapping=(("user_id", NASTY),),
        rules={NASTY: NASTY},
        dashboards={NASTY: 'a b"><script>.html'},
        settings={NASTY: NASTY},
        importances={NASTY: 1.0},
        currency="<b>",
    )
    return summarise_run(frame, facts=facts)


def test_nothing_of_the_data_becomes_markup():
    """Neither values nor links nor settings."""
    text = page(nasty(), script="x.js")

    assert "<img" not in text
    assert "<script>window" not in text
    assert "\u202e" not in text
    assert 'href="a%20b%22%3E%3Cscript%3E.html"' in text


def test_the_budget_of_bytes_holds():
    """Long ids and long reasons cost alerts in the page, never more bytes; the page says so."""
    frame = payments(
        400,
        flagged=set(range(400)),
        user='"' * 5000,
        transaction_id=['"' * 10_000] * 400,
        reasons=[['"' * 10_000] * 40] * 400,
    )

    text = page(summarise_run(frame, facts=RunFacts(read=400)))

    assert len(text.encode()) - len(html.plotly_script()) <= BUDGET
    assert "25 of 400 alerts; alerts.csv has all of them." in text


def test_the_page_opens_offline_and_draws_both_charts(visit, tmp_path):
    """Bars and scores are drawn; nothing is asked for, nothing complained about."""
    path = tmp_path / "report.html"
    path.write_text(page(summarise_run(scored(), facts=FACTS)), encoding="utf-8")

    seen = visit(path)

    assert seen.page.locator("#alerts-chart .bars .point").count() >= 3
    assert seen.page.locator("#scores-chart .bars .point").count() >= 6
    assert seen.complaints == []
    assert seen.requests == [path.as_uri()]


@pytest.mark.parametrize("size", [PHONE, (1280, 900)], ids=["phone", "desk"])
def test_hostile_data_neither_runs_nor_widens_the_page(visit, tmp_path, size):
    """The page keeps to the screen and no script of the data runs."""
    path = tmp_path / "report.html"
    path.write_text(page(nasty()), encoding="utf-8")

    seen = visit(path, size)

    assert seen.page.evaluate("window.hacked") is None
    assert seen.complaints == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_links_lead_to_the_dashboards(visit, tmp_path):
    """A click on a user opens the dashboard beside the report."""
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / "U1.html").write_text("<title>U1</title>")
    path = tmp_path / "report.html"
    path.write_text(page(summarise_run(scored(), facts=FACTS)), encoding="utf-8")

    seen = visit(path)
    seen.page.locator("a", has_text="U1").first.click()
    seen.page.wait_for_url("**/dashboards/U1.html")

    assert seen.page.title() == "U1"
