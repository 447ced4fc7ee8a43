"""A scoring service as one usually writes it: the rival of `benchmarks.live`.

FastAPI with a pydantic model; the user's history by SQL into pandas; the features from that frame;
scikit-learn's forest for one row; one insert and one commit a request. Nothing is slow on purpose:
an index on the user, WAL, compiled server, the forest loaded once, 30 days of history and no more.
"""

import sqlite3
import sys
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sklearn.ensemble import IsolationForest

NAMES = (
    "zscore",
    "ratio_p95",
    "ratio_max",
    "gap",
    "n_1h",
    "n_24h",
    "sum_24h",
    "hour_share",
    "new_party",
)


class Payment(BaseModel):
    """What is sent."""

    transaction_id: str
    user_id: str
    amount: float
    timestamp: datetime
    transaction_type: str | None = None
    counterparty_id: str | None = None


def features(history, payment):
    """Return a payment's features from its user's earlier ones."""
    if history.empty:
        return [0.0, 1.0, 1.0, 30 * 86400.0, 0, 0, 0.0, 0.0, 1]
    at, logs = payment.timestamp.timestamp(), np.log(history["amount"])
    recent = history[history["at"] > at - 86400]
    hours = pd.to_datetime(history["at"], unit="s").dt.hour
    return [
        (np.log(payment.amount + 0.01) - logs.mean()) / (logs.std(ddof=0) + 0.1),
        payment.amount / history["amount"].quantile(0.95),
        payment.amount / history["amount"].max(),
        at - history["at"].max(),
        int((history["at"] > at - 3600).sum()),
        len(recent),
        recent["amount"].sum(),
        (hours == payment.timestamp.hour).mean(),
        int(payment.counterparty_id not in set(history["party"])),
    ]


def prepare(path, users, days=60):
    """Make the database with everyone's history, two payments a day for 1,000 users."""
    dice = np.random.default_rng(1)
    opened = sqlite3.connect(path)
    opened.execute("PRAGMA journal_mode = WAL")
    opened.execute(
        "CREATE TABLE payment (id TEXT PRIMARY KEY, user TEXT, at REAL, amount REAL, kind TEXT, party TEXT, score REAL)"
    )
    n = users * days
    at = np.sort(1_750_000_000 - dice.uniform(0, 30 * 86400, n))
    amounts = dice.lognormal(3.2, 0.9, n).round(2)
    who, whom = dice.integers(0, users, n), dice.integers(0, 2000, n)
    rows = (
        (f"H{i}", f"U{who[i]:07d}", float(at[i]), float(amounts[i]), "grocery", f"M{whom[i]}", 0.4)
        for i in range(n)
    )
    opened.executemany("INSERT INTO payment VALUES (?,?,?,?,?,?,?)", rows)
    opened.execute("CREATE INDEX by_user ON payment (user, at)")
    opened.commit()
    opened.close()


def create(path):
    """Return the app."""
    dice = np.random.default_rng(0)
    forest = IsolationForest(n_estimators=100, max_samples=512, random_state=0)
    forest.fit(pd.DataFrame(dice.normal(size=(20_000, len(NAMES))), columns=list(NAMES)))
    app = FastAPI()

    @app.post("/v1/transactions")
    def decide(payment: Payment):
        opened = sqlite3.connect(path, timeout=30)
        try:
            opened.execute("PRAGMA synchronous = FULL")
            opened.execute("BEGIN IMMEDIATE")
            since = (payment.timestamp - timedelta(days=30)).timestamp()
            history = pd.read_sql_query(
                "SELECT at, amount, party FROM payment WHERE user = ? AND at > ?",
                opened, params=(payment.user_id, since),
            )  # fmt: skip
            row = pd.DataFrame([features(history, payment)], columns=list(NAMES))
            score = float(-forest.score_samples(row)[0])
            opened.execute(
                "INSERT INTO payment VALUES (?,?,?,?,?,?,?)",
                (payment.transaction_id, payment.user_id, payment.timestamp.timestamp(),
                 payment.amount, payment.transaction_type, payment.counterparty_id, score),
            )  # fmt: skip
            opened.commit()
        except sqlite3.IntegrityError:
            raise HTTPException(409) from None
        finally:
            opened.close()
        return {"transaction_id": payment.transaction_id, "score": score, "is_anomaly": score > 0.6}

    return app


if __name__ == "__main__":
    uvicorn.run(
        create(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
    )
