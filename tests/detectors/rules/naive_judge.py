"""What a pack's rules make of one row, rule by rule in plain Python; None is missing."""

FEEDS = ("amount_score", "user_percentile_score", "hour_risk_score")


def judged(rules, answers, combine, anomaly_above, bands):
    """Return what is decided of one row.

    Parameters
    ----------
    rules
        For each rule its group, the column it feeds, whether near misses count, whether it is always
        an alert.
    answers
        For each rule what came out of applies, when and score.
    bands
        The least confidence of each band, falling.
    """
    taken, violated, scores = set(), [], []
    fed = dict.fromkeys(FEEDS, 0.0)
    always = False
    for number, (rule, answer) in enumerate(zip(rules, answers, strict=True)):
        applies, when, score = answer
        if applies is not True or (rule["group"] in taken and rule["group"]):
            continue
        taken.add(rule["group"])
        if when is True:
            violated.append(number)
            always = always or rule["always_alert"]
        known = float(when is True) if score is None else min(max(score, 0.0), 1.0)
        if not rule["near_misses"] and when is not True:
            known = 0.0
        scores.append(known)
        if rule["feeds"]:
            fed[rule["feeds"]] = max(fed[rule["feeds"]], known)
    confidence = _combined(scores, combine)
    anomaly = bool(violated) or confidence > anomaly_above
    return {
        "violated": violated,
        "confidence": confidence,
        "fed": list(fed.values()),
        "always": always,
        "anomaly": anomaly,
        "band": _band(round(confidence, 3), bands) if anomaly else len(bands),
    }


def _combined(scores, combine):
    if combine == "max":
        return max(scores, default=0.0)
    if combine == "mean":
        return sum(scores) / len(scores) if scores else 0.0
    open_ = 0.0
    for score in scores:
        open_ += score * (1.0 - open_)
    return open_


def _band(confidence, bands):
    for place, least in enumerate(bands):
        if confidence >= least:
            return place
    return len(bands) - 1
