"""The dashboard's page, as text and in a real browser."""

import json
import re

import polars as pl
import pytest

from outlay.sinks import html
from outlay.sinks.dashboard.figure import figure
from outlay.sinks.dashboard.page import BUDGET, page
from outlay.sinks.dashboard.sample import Limits, sample
from outlay.sinks.dashboard.summary import summarise
from tests.sinks.browser import PHONE
from tests.sinks.frames import NASTY, payments


def nasty_summary():
    """Put markup, script, bidi overrides and templates into every field that data can reach."""
    frame = payments(
        12,
        flagged=(3, 7),
        user=NASTY,
        transaction_id=[NASTY + str(n) for n in range(12)],
        counterparty_id=[NASTY] * 12,
        transaction_type=[NASTY] * 12,
        severity=[NASTY] * 12,
        reasons=[[NASTY * 4, "x" * 5000]] * 12,
    )
    return summarise(frame, NASTY, currency="<b>&")


def figure_in(text, name="days"):
    """Read the figure back out of a page, as a browser would."""
    found = re.search(rf'<script type="application/json" id="{name}-data">(.*?)</script>', text)
    assert found is not None
    return json.loads(found[1])


def crowd(count=50_000):
    """Return a user with very many payments, a twentieth of them flagged."""
    flagged = range(0, count, 20)
    times = pl.datetime_range(
        pl.datetime(2024, 3, 1), pl.datetime(2024, 3, 30), "50s", time_zone="UTC", eager=True
    )
    return payments(count, flagged=set(flagged), timestamp=times[:count])


def test_the_page_says_it_in_words():
    """User, period, spend, usual day and flags stand in the head, before any chart."""
    text = page(summarise(payments(60), "U1", threshold=0.6, currency="EUR"), script="x.js")

    assert "User <bdi>U1</bdi>" in text
    assert "1–20 March 2024, up to the last transaction on 20 Mar 2024 16:00 (UTC)" in text
    words = "60 transactions came to 1,374 EUR. On a usual day with payments it is 69 EUR. "
    assert words + "2 are flagged by a score of 60 or more." in text


def test_alerts_before_the_window_stand_on_the_page():
    """Whoever comes for an older alert finds it, with its year and its reasons, worst first."""
    frame = payments(200, flagged=(4, 9, 190), risk=[99.0 + row / 1000 for row in range(200)])
    shown = summarise(frame, "U1", threshold=0.6, days=5)
    text = page(shown, script="x.js")
    earlier = text.partition('id="earlier"')[2]

    assert (shown.n_earlier, [each.transaction_id for each in shown.earlier]) == (2, ["T9", "T4"])
    assert "There were 2 alerts before these days." in text
    assert "04 Mar 2024 00:00" in earlier
    assert earlier.index("T9") < earlier.index("T4")
    assert "3.2 × the 95th percentile" in earlier


def test_the_worst_of_many_older_alerts_are_shown():
    """A page says how many it leaves out; without older alerts it says nothing of them."""
    many = payments(200, flagged=range(60))
    none = payments(200, flagged=(190,))
    text = page(summarise(many, "U1", days=5), script="x.js")

    assert "Of 60 alerts before these days the 20 worst are shown." in text
    assert text.partition('id="earlier"')[2].count("<time ") == 20
    assert "before these days" not in page(summarise(none, "U1", days=5), script="x.js")
    unknown = summarise(many.drop("is_alert"), "U1", days=5)
    assert (unknown.n_earlier, unknown.earlier) == (0, ())


def test_nothing_of_the_data_becomes_markup():
    """Escaped in the text, escaped in the JSON, and without characters that turn text round."""
    text = page(nasty_summary(), script="x.js")

    assert "<img" not in text
    assert "<script>window" not in text
    assert "\u202e" not in text
    assert "\u2028" not in text
    assert text.count("</script>") == 3  # the figure, the library, our own
    assert "&lt;img src=x" in text


def test_the_figure_in_the_page_is_the_figure():
    """What the browser reads back is what the figure says, to the last character."""
    summary = nasty_summary()

    assert figure_in(page(summary)) == json.loads(json.dumps(figure(summary)))


def test_what_plotly_shows_is_escaped_for_plotly():
    """Plotly reads a little HTML itself: links and breaks in the data must not reach it."""
    traces = figure(nasty_summary())["data"]

    texts = [text for trace in traces for text in trace.get("text", [])]
    assert texts
    assert not any(
        re.search(r"<(?!br>|/?b>|span style='font-size:7px'>|/span>)", text) for text in texts
    )


@pytest.mark.parametrize("value", ["</script>", "<!--<script>", "\u2028\u2029", "&lt;", "'\"\\ 😀"])
def test_json_cannot_end_its_block_and_reads_back_the_same(value):
    """No character that HTML or old JavaScript could take for an end is left."""
    block = html.json_block({value: [value]})

    assert not re.search("[<>&\u2028\u2029]", block)
    assert json.loads(block) == {value: [value]}


def test_the_page_names_the_only_scripts_that_may_run():
    """The policy allows our two scripts by their hashes, and no address at all."""
    text = page(summarise(payments(3), "U1"))

    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert policy[1].count("sha256-") == 2
    assert "unsafe-inline" not in policy[1].split("style-src")[0]
    assert "http" not in policy[1]


def test_a_user_with_fifty_thousand_payments_fits_and_says_what_is_left_out():
    """Data and markup stay within the budget, and the page says that it shows a part."""
    text = page(summarise(crowd(), "U1"))

    assert len(text.encode()) - len(html.plotly_script()) <= BUDGET == 300_000
    assert "Of 47,500 transactions that are not flagged the chart shows" in text
    assert re.search(r"Of 2,500 flagged transactions the [\d,]+ worst are shown", text)
    assert "50,000 transactions came to" in text


def test_the_longest_texts_fit_too():
    """However long ids and reasons are, the budget holds."""
    count = 300
    frame = payments(
        count,
        flagged=set(range(count)),
        transaction_id=[f"{n}" + "&" * 10_000 for n in range(count)],
        reasons=[["<" * 10_000] * 50] * count,
    )

    text = page(summarise(frame, "U1", days=200), script="x.js")

    assert len(text.encode()) <= BUDGET


def test_leaving_points_out_keeps_every_peak():
    """The largest amount, the highest score and every flagged payment within the bound stay."""
    frame = payments(5000, flagged=(17,), amounts=[5.0 + (n * 7919) % 997 for n in range(5000)])
    frame = frame.with_columns(
        timestamp=pl.datetime(2024, 3, 1, time_zone="UTC")
        + pl.duration(minutes=pl.int_range(5000)),
        anomaly_score=pl.when(pl.int_range(5000) == 4321).then(0.49).otherwise("anomaly_score"),
    )
    summary = summarise(frame, "U1")

    shown = sample(summary, Limits(normal=100, flagged=10))

    assert len(shown.normal) <= 100
    assert max(each.amount for each in shown.normal) == 1001
    assert max(each.anomaly_score or 0 for each in shown.normal) == 0.49
    assert [each.transaction_id for each in shown.flagged] == ["T17"]
    times = [each.timestamp for each in shown.normal]
    assert times == sorted(times)


def test_few_points_are_all_shown():
    """Nothing is left out that fits, and the page does not say so."""
    summary = summarise(payments(60), "U1")

    shown = sample(summary, Limits())

    assert len(shown.normal) + len(shown.flagged) == 60
    assert "are shown" not in page(summary, script="x.js")


def test_an_amount_a_thousand_times_the_rest_starts_compressed():
    """The axis starts bent when one payment would flatten the others, and only then."""
    calm = figure(summarise(payments(60), "U1"))["layout"]["meta"]
    amounts = [20.0] * 59 + [48_000.0]
    wild = figure(summarise(payments(60, amounts=amounts), "U1"))["layout"]["meta"]

    assert (calm["is_compressed"], wild["is_compressed"]) == (False, True)
    assert wild["linear_below"] == 20
    assert wild["tick_texts"][0] == "0"
    assert wild["tick_texts"][-1] == "30,000"


def test_the_seed_files_give_a_page_without_reasons():
    """A table without reasons, risk or severity has no empty columns for them."""
    frame = payments(20).drop("reasons", "risk", "severity", "is_alert", "counterparty_id")

    text = page(summarise(frame, "U1"), script="x.js")

    assert ">Why</th>" not in text
    assert ">Risk</th>" not in text


def test_a_page_opens_offline_and_draws(visit, tmp_path):
    """Both panels are drawn by the script inside; nothing is asked for, nothing complained about."""
    path = tmp_path / "a.html"
    path.write_text(page(summarise(payments(60), "U1", currency="EUR")), encoding="utf-8")

    seen = visit(path)

    assert seen.page.locator("#days .main-svg").count() == 3
    assert seen.page.locator("#days .xy2 .scatter.trace5, #days .xy2 .trace").count() == 2
    assert seen.complaints == []
    assert seen.requests == [path.as_uri()]


def test_pages_share_a_script_that_lies_beside_them(visit, tmp_path):
    """The page asks for the file beside it and for nothing else."""
    (tmp_path / html.SCRIPT_NAME).write_text(html.plotly_script())
    path = tmp_path / "a.html"
    path.write_text(page(summarise(payments(9), "U1"), script=html.SCRIPT_NAME), encoding="utf-8")

    seen = visit(path)

    assert seen.page.locator("#days .main-svg").count() == 3
    assert seen.complaints == []
    assert seen.requests == [path.as_uri(), (tmp_path / html.SCRIPT_NAME).as_uri()]


def test_a_missing_script_is_said_on_the_page(visit, tmp_path):
    """The chart's place says which file is missing; the tables are there."""
    path = tmp_path / "a.html"
    path.write_text(page(summarise(payments(60), "U1"), script="gone.js"), encoding="utf-8")

    seen = visit(path)

    assert "plotly-basic.min.js must lie in the same folder" in seen.page.inner_text("#days")
    assert seen.page.locator("table.cards tbody tr").count() == 2


def test_nothing_of_the_data_runs_in_a_browser(visit, tmp_path):
    """Names with scripts, quotes and emoji are shown as they are; none of them acts."""
    path = tmp_path / "a.html"
    path.write_text(page(nasty_summary()), encoding="utf-8")

    seen = visit(path)
    seen.page.wait_for_timeout(200)

    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("img").count() == 0
    assert seen.complaints == []
    assert seen.requests == [path.as_uri()]
    heading = seen.page.inner_text("h1")
    assert heading.startswith('User <img src=x onerror="window.hacked=1">')


def test_pointing_at_a_flagged_payment_tells_its_story(visit, tmp_path):
    """The box has amount, type, time, score and reasons."""
    path = tmp_path / "a.html"
    path.write_text(page(summarise(payments(60), "U1", currency="EUR")), encoding="utf-8")

    seen = visit(path)
    seen.page.evaluate("Plotly.Fx.hover('days', [{curveNumber: 5, pointNumber: 0}], 'xy')")
    told = seen.page.locator("#days .hoverlayer").text_content()

    for part in ("25 EUR", "bill payment to M0", "Thu 14 Mar 08:00", "score 90", "4,200 is 3.2 ×"):
        assert part in told.replace("\u2068", "").replace("\u2069", ""), part


def test_the_scale_is_changed_with_the_keyboard(visit, tmp_path):
    """The button can be reached and pressed without a mouse, and says what is on."""
    path = tmp_path / "a.html"
    amounts = [20.0] * 59 + [48_000.0]
    path.write_text(page(summarise(payments(60, amounts=amounts), "U1")), encoding="utf-8")

    seen = visit(path)
    button = seen.page.locator("[data-bends=days]")
    height = "document.getElementById('days').data[4].y.at(-1)"
    assert button.get_attribute("aria-pressed") == "true"
    assert seen.page.evaluate(height) == pytest.approx(8.476, abs=0.01)  # asinh(48000 / 20)
    button.focus()
    seen.page.keyboard.press("Enter")

    assert button.get_attribute("aria-pressed") == "false"
    assert seen.page.evaluate(height) == 48_000


@pytest.mark.parametrize("size", [PHONE, (320, 700)], ids=["phone", "small phone"])
def test_a_phone_shows_the_page_without_scrolling_sideways(visit, tmp_path, size):
    """Nothing is wider than the screen, whatever the data hold."""
    path = tmp_path / "a.html"
    path.write_text(page(nasty_summary()), encoding="utf-8")

    seen = visit(path, size)

    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_page_can_be_printed(visit, tmp_path):
    """On paper there is no button, and the head is there."""
    path = tmp_path / "a.html"
    path.write_text(page(summarise(payments(60), "U1")), encoding="utf-8")

    seen = visit(path)
    seen.page.emulate_media(media="print")

    assert not seen.page.locator("[data-bends=days]").is_visible()
    assert seen.page.locator("h1").is_visible()
    assert seen.page.pdf()[:5] == b"%PDF-"
