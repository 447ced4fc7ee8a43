"""How well `risk` ranks frauds without having seen a label, beside a plain isolation forest.

python -m benchmarks ranking
"""

from statistics import fmean

import numpy as np
import polars as pl
from benchmarks import public
from benchmarks.page import Promise, Section, table
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

import outlay
from outlay.pipeline.metrics import user_precision_at_k

SEEDS = (301, 302, 303, 304, 305)
"""Wallets that no choice was made on."""


def plain(frame, train=None):
    """Return the scores of an isolation forest on amount, hour and weekday."""
    model = IsolationForest(random_state=0).fit(_three(frame if train is None else train))
    return -model.score_samples(_three(frame))


def _three(frame):
    time = pl.col("timestamp").dt
    return frame.select("amount", time.hour().alias("hour"), time.weekday().alias("day")).to_numpy()


def by_kind(fraud, kind, score):
    """Return the average precision of all frauds, and of each kind's against all honest payments."""
    found = {"all together": average_precision_score(fraud, score)}
    for name in sorted(set(kind[fraud])):
        kept = ~fraud | (kind == name)
        found[name] = average_precision_score(fraud[kept], score[kept])
    return found


def synthetic(seed):
    """Return the average precisions of risk and of the plain forest on one made-up wallet."""
    frame = outlay.synth(seed=seed)
    scored = outlay.run(frame).scored
    fraud = frame["is_fraud"].to_numpy()
    kind = frame["fraud_scenario"].fill_null("").to_numpy().astype(str)
    scores = (scored["risk"].to_numpy(), plain(frame))
    return [by_kind(fraud, kind, score) for score in scores], int(fraud.sum()), len(frame)


def run(_folder, **_):
    """Measure; return the section and the lines for the table of promises."""
    found = {seed: synthetic(seed) for seed in SEEDS}
    together = [ours["all together"] for (ours, _), _, _ in found.values()]
    kinds = next(iter(found.values()))[0][0].keys()
    margins = [o[k] / p[k] for (o, p), _, _ in found.values() for k in kinds]
    sizes = "; ".join(f"seed {s}: {n:,} with {f:,}" for s, (_, f, n) in found.items())
    parts = [
        (
            "Average precision of `risk` on made-up wallets of 400 users and 120 days, by kind of fraud "
            "(each kind's frauds against all honest payments). In brackets an isolation forest on "
            f"amount, hour and weekday. Both learn from the same payments, neither sees a label. "
            f"Payments and frauds: {sizes}."
        ),
        table(
            ("kind", *(f"seed {seed}" for seed in found)),
            [(kind, *(_cell(both, kind) for both, _, _ in found.values())) for kind in kinds],
        ),
    ]
    promises = [
        Promise(
            "made-up wallets, average precision of all frauds, mean", fmean(together), least=0.5
        ),
        Promise("the same, worst seed", min(together), least=0.5),
        Promise(
            "each kind of fraud against the plain forest, the closest",
            min(margins),
            least=1,
            unit="×",
        ),
    ]
    if public.folder():
        more, reached = handbook()
        parts += more
        promises += reached
    return Section("Ranking without labels", parts), promises


def _cell(both, kind):
    return f"{both[0][kind]:.2f} ({both[1][kind]:.2f})"


def handbook():
    """Return the paragraphs and promises of the simulated cards of the Fraud Detection Handbook."""
    frame = public.handbook()
    train = frame.filter(pl.col("timestamp") < public.day(18))
    later = frame.filter(pl.col("timestamp") >= public.day(18))
    scored = outlay.train(train).score(later).with_columns(plain=plain(later, train))
    week = scored.filter(pl.col("day") >= public.day(25).date())
    asked = week.join(public.dropped(frame), on=["user_id", "day"], how="anti")
    rows, reached = [], None
    for name, part in (("all payments of the week", week), ("without known victims", asked)):
        for score in ("risk", "plain"):
            figures = _figures(part, score)
            reached = reached or figures
            label = "risk" if score == "risk" else "plain forest"
            rows.append((f"{name}: {label}", f"{len(part):,}", *_three_digits(figures)))
    words = (
        "The simulated cards of the Fraud Detection Handbook, no setting made for them and no label "
        "used: trained on the payments before 2018-07-18, then scored from there on, states carried "
        "along; judged on 2018-07-25 to 31. Known victims are users with a fraud in the week before "
        "07-18, or from 07-17 until 8 days before the day judged; the handbook leaves them out. "
        "Scenario 2 (bad terminals) leaves no trace in a user's behaviour. Card precision@100: of "
        "the 100 users ranked highest on a day, the share with a fraud that day."
    )
    header = ("", "payments", "AP", "AP without scenario 2", "ROC-AUC", "card precision@100")
    promises = [
        Promise("handbook's cards, average precision of all frauds", reached[0], least=0.25),
        Promise("the same without scenario 2", reached[1], least=0.65),
    ]
    return [words, table(header, rows)], promises


def _figures(part, score):
    fraud, value = part["is_fraud"].to_numpy(), part[score].to_numpy()
    kept = (part["fraud_scenario"].fill_null(0) != 2).to_numpy()
    user = part["user_id"].rank("dense").to_numpy().astype(np.int64) - 1
    day = part["day"].rank("dense").to_numpy().astype(np.int64) - 1
    return (
        average_precision_score(fraud, value),
        average_precision_score(fraud[kept], value[kept]),
        roc_auc_score(fraud, value),
        user_precision_at_k(fraud, value, day, user, 100),
    )


def _three_digits(figures):
    return [f"{figure:.3f}" for figure in figures]
