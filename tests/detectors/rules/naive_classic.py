"""The classic rules for one transaction in plain Python; shares no code with the package."""

import math

HIGH = {
    "withdraw", "withdrawal", "atm_withdrawal", "cash_withdrawal", "withdraw_cash", "top_up",
    "topup", "reload", "add_funds", "cashout", "cash_out", "redeem", "purchase", "buy", "payment",
    "shop", "retail", "transfer_out", "send_money", "wire_transfer",
}  # fmt: skip
MEDIUM = {"deposit", "receive", "refund", "credit", "income"}
LOW = {"balance_check", "inquiry", "statement", "view"}


def amount_scores(amount, count, mean, p95):
    """Return the three scores of the amount and the codes of what it violates."""
    scores, codes = [min(amount / 5000, 1)], ["amount_above_limit"] if amount > 5000 else []
    if count < 10 or math.isnan(mean) or math.isnan(p95):
        return [*scores, 0.0, 0.0], codes
    for code, limit in (("amount_above_p95", p95), ("amount_multiple_of_mean", mean * 5)):
        above = amount > limit
        codes += [code] * above
        scores.append(1.0 if above else (amount / limit if limit else 0.0))
    return scores, codes


def hour_scores(kind, hour):
    """Return no score, or one with its code and its severity."""
    if kind in HIGH:
        odd, very = hour < 6 or hour > 22, hour <= 4 or hour >= 23
        return "hour_high_risk", (1.0 if very else 0.8) if odd else 0.0
    if kind in MEDIUM:
        return "hour_medium_risk", (0.8 if hour <= 3 else 0.6) if hour < 5 else 0.0
    if kind in LOW:
        return "hour_low_risk", 0.5 if 2 <= hour <= 4 else 0.0
    return None


def judge(row):
    """Return confidence, anomaly, codes, severity and the scores of one transaction."""
    amount, kind, hour, count, mean, p95 = row
    scores, codes = amount_scores(amount, count, mean, p95)
    found = hour_scores(kind, hour)
    if found:
        scores.append(found[1])
        codes += [found[0]] * (found[1] > 0)
    confidence = sum(scores) / len(scores)
    anomaly = bool(codes) or confidence > 0.5
    shown = round(confidence, 3)
    severity = next(
        word
        for least, word in ((0.8, "critical"), (0.6, "high"), (0.4, "medium"), (-1, "low"))
        if shown >= least
    )
    return {
        "rule_confidence": shown,
        "rule_is_anomaly": anomaly,
        "rule_violations": codes,
        "amount_score": scores[0],
        "user_percentile_score": scores[1],
        "hour_risk_score": found[1] if found else 0.0,
        "rule_severity": severity if anomaly else "normal",
    }
