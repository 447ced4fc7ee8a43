"""What one would write today, without Outlay: pandas, scikit-learn, scikit-fuzzy, each used well.

Grouped operations and rolling windows instead of loops, Parquet instead of CSV for the result, all
cores for the forest. The features are the same kinds as Outlay's, as far as pandas has a way.
"""

import numpy as np
import pandas as pd
import skfuzzy
from benchmarks.fuzzy_rules import INPUTS, RISK, RULES, TERMS
from skfuzzy import control
from sklearn.ensemble import IsolationForest

WINDOWS = ("1h", "24h", "7D", "30D")
GRID = np.linspace(0, 1, 101)


def read(path):
    """Return the file as a data frame, by user and time."""
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_csv(
            path, parse_dates=["timestamp"], date_format="%Y-%m-%d %H:%M:%S", low_memory=False
        )
    return table.sort_values(["user_id", "timestamp"], kind="stable", ignore_index=True)


def features(table):
    """Return features that see earlier transactions alone, rows by user and time."""
    table = table.assign(
        hour=table["timestamp"].dt.hour,
        weekday=table["timestamp"].dt.dayofweek,
        log=np.log(table["amount"].clip(lower=0.01)),
    )
    out = table[["hour", "weekday", "log"]].copy()
    own = table.groupby("user_id", sort=False)
    _habits(table, own, out)
    _amounts(table, own, out)
    _windows(table, out)
    _firsts(table, out)
    return out


def _habits(table, own, out):
    """Add counts, pauses, and how often the hour, weekday and type were seen before."""
    out["prior_count"] = own.cumcount()
    out["seconds_since_last"] = own["timestamp"].diff().dt.total_seconds()
    out["days_since_last"] = out["seconds_since_last"] // 86_400
    for name in ("hour", "weekday", "transaction_type"):
        seen = table.groupby(["user_id", name], sort=False).cumcount()
        out[f"{name}_prior_count"] = seen
        out[f"{name}_rarity"] = -np.log((seen + 1) / (out["prior_count"] + 10))


def _amounts(table, own, out):
    """Add the amount against the user's earlier ones."""
    n = out["prior_count"].replace(0, np.nan)
    amount, log = table["amount"], table["log"]
    mean = (own["amount"].cumsum() - amount) / n
    log_mean = (own["log"].cumsum() - log) / n
    squares = (log**2).groupby(table["user_id"], sort=False).cumsum() - log**2
    out["amount_zscore"] = (log - log_mean) / np.sqrt((squares / n - log_mean**2).clip(lower=1e-4))
    expanding = own["amount"].expanding()
    p95 = pd.Series(expanding.quantile(0.95).to_numpy()).groupby(table["user_id"]).shift()
    largest = own["amount"].cummax().groupby(table["user_id"]).shift()
    for name, usual in (("mean", mean), ("p95", p95), ("max", largest)):
        out[f"user_{name}"] = usual
        out[f"amount_ratio_{name}"] = amount / usual
    out["amount_share_below"] = (expanding.rank(method="min").to_numpy() - 1) / n


def _windows(table, out):
    """Add counts and sums of the windows, and their ratios to the user's usual rate."""
    by_time = table.set_index("timestamp").groupby("user_id", sort=False)["amount"]
    first = table.groupby("user_id", sort=False)["timestamp"].transform("first")
    days = ((table["timestamp"] - first).dt.total_seconds() / 86_400).clip(lower=1)
    for window in WINDOWS:
        found = by_time.rolling(window, closed="left").agg(["count", "sum"])
        length = pd.Timedelta(window).total_seconds() / 86_400
        usual = (out["prior_count"] + 1) / days * length
        out[f"count_{window}"] = found["count"].fillna(0).to_numpy()
        out[f"sum_{window}"] = found["sum"].fillna(0).to_numpy()
        out[f"count_ratio_{window}"] = out[f"count_{window}"] / usual
        out[f"sum_ratio_{window}"] = out[f"sum_{window}"] / (usual * out["user_mean"])


def _firsts(table, out):
    """Add what the user does for the first time, and the amount beside the counterparty's usual."""
    for name in ("counterparty_id", "device_id", "country"):
        out[f"new_{name}"] = table.groupby(["user_id", name], sort=False).cumcount() == 0
    in_time = table.sort_values("timestamp", kind="stable")
    theirs = in_time.groupby("counterparty_id", sort=False)
    n = theirs.cumcount()
    usual = (theirs["log"].cumsum() - in_time["log"]) / n.replace(0, np.nan)
    out["counterparty_prior_count"] = n
    out["amount_excess_counterparty"] = in_time["log"] - usual


def forest(found):
    """Return the anomaly scores of an isolation forest over the features."""
    seen = found.fillna(found.median()).to_numpy(np.float64)
    model = IsolationForest(random_state=0, n_jobs=-1).fit(seen)
    return -model.score_samples(seen)


def levels(found):
    """Return the four inputs of the fuzzy system, each a rank in [0, 1]."""
    columns = ("amount_zscore", "hour_rarity", "count_ratio_1h", "new_counterparty_id")
    ranks = [found[name].astype(float).rank(pct=True).fillna(0) for name in columns]
    return np.stack([rank.to_numpy() for rank in ranks])


def fuzzy(given):
    """Return the risk of each row: memberships of all rows at once, the centroid row by row."""
    degrees = {
        (name, term): skfuzzy.interp_membership(GRID, skfuzzy.trapmf(GRID, corners), values)
        for name, values in zip(INPUTS, given, strict=True)
        for term, corners in TERMS.items()
    }
    fired = {risk: np.zeros(given.shape[1]) for risk in RISK}
    for condition, risk in RULES:
        strength = np.min([degrees[item] for item in condition.items()], axis=0)
        fired[risk] = np.maximum(fired[risk], strength)
    shapes = {risk: skfuzzy.trapmf(GRID, corners) for risk, corners in RISK.items()}
    out = np.zeros(given.shape[1])
    for row in range(given.shape[1]):
        cut = np.max([np.minimum(fired[risk][row], shapes[risk]) for risk in RISK], axis=0)
        out[row] = skfuzzy.defuzz(GRID, cut, "centroid") if cut.any() else 0.0
    return out


def fuzzy_by_steps(given):
    """Return the same step by step, a row at a time, as the older of its guide's two examples does."""
    terms = {term: skfuzzy.trapmf(GRID, corners) for term, corners in TERMS.items()}
    shapes = {risk: skfuzzy.trapmf(GRID, corners) for risk, corners in RISK.items()}
    return np.array([_step_by_step(row, terms, shapes) for row in given.T])


def _step_by_step(row, terms, shapes):
    degrees = {
        (name, term): skfuzzy.interp_membership(GRID, curve, value)
        for name, value in zip(INPUTS, row, strict=True)
        for term, curve in terms.items()
    }
    cut = np.zeros_like(GRID)
    for condition, risk in RULES:
        strength = min(degrees[item] for item in condition.items())
        cut = np.fmax(cut, np.fmin(strength, shapes[risk]))
    return skfuzzy.defuzz(GRID, cut, "centroid") if cut.any() else 0.0


def fuzzy_control(given):
    """Return the same from scikit-fuzzy's control system, which its guide tells most to prefer."""
    terms = {name: control.Antecedent(GRID, name) for name in INPUTS}
    risk = control.Consequent(GRID, "risk")
    for variable, shapes in (*((one, TERMS) for one in terms.values()), (risk, RISK)):
        for term, corners in shapes.items():
            variable[term] = skfuzzy.trapmf(GRID, corners)
    rules = []
    for condition, outcome in RULES:
        first, *others = (terms[name][term] for name, term in condition.items())
        for other in others:
            first &= other
        rules.append(control.Rule(first, risk[outcome]))
    system = control.ControlSystemSimulation(control.ControlSystem(rules))
    return [_one(system, row) for row in given.T]


def _one(system, row):
    for name, value in zip(INPUTS, row, strict=True):
        system.input[name] = value
    system.compute()
    return system.output.get("risk", 0.0)  # nothing where no rule fires


def rules(table):
    """Return the seed's amount rules with whole columns."""
    amount, own = table["amount"], table.groupby("user_id", sort=False)["amount"]
    known = own.transform("size") >= 10
    p95 = own.quantile(0.95).reindex(table["user_id"]).to_numpy()
    mean = own.transform("mean")
    hour = table["timestamp"].dt.hour
    parts = {
        "amount_score": np.minimum(amount / 5_000, 1),
        "user_percentile_score": np.where(known, np.minimum(amount / p95, 1), 0),
        "user_multiplier_score": np.where(known, np.minimum(amount / (5 * mean), 1), 0),
        "hour_risk_score": np.where((hour <= 4) | (hour >= 23), 1.0, 0.0),
    }
    return pd.DataFrame(parts)


def write(table, found, scores, path):
    """Write everything as Parquet."""
    columns = [table, found, rules(table), pd.DataFrame({"anomaly_score": scores})]
    pd.concat(columns, axis=1).to_parquet(path)
