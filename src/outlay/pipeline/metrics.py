"""How good a ranking and its alerts are: plain functions of arrays, each with its definition.

``label`` is True for fraud, ``score`` high for suspicious, ``day`` and ``user`` small integers.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFINITIONS: Final = {
    "roc_auc": "chance that a fraud scores higher than a legitimate payment, ties half; "
    "optimistic where fraud is rare",
    "average_precision": "mean precision over the ranking, weighted by the recall each step adds",
    "precision_at_k": "of the {k} highest payments of a day, the share that is fraud; mean over days",
    "user_precision_at_k": "of the {k} users with the highest payment of a day, the share with a "
    "fraud that day; users caught drop out of later days; mean over days (card precision of the "
    "Fraud Detection Handbook)",
    "alert_rate": "alerts / payments",
    "precision": "alerts that are fraud / alerts",
    "recall": "frauds with an alert / frauds",
    "false_positive_ratio": "false alerts for each true one, n:1",
    "false_positive_rate": "false alerts / legitimate payments",
    "value_detection_rate": "fraud value from a user's first alerted fraud on, that one included / "
    "fraud value: what could have been stopped",
}
"""What each figure is, by its name."""


def roc_auc(label: Flags, score: Floats) -> float:
    """Return the area under the ROC curve, ties counted half."""
    frauds, legitimate = _cumulated(label, score)
    widths = np.diff(legitimate, prepend=0)
    heights = frauds - np.diff(frauds, prepend=0) / 2
    return float((widths * heights).sum() / (frauds[-1] * legitimate[-1]))


def average_precision(label: Flags, score: Floats) -> float:
    """Return the sum over distinct scores of the precision down to it times the recall it adds."""
    frauds, legitimate = _cumulated(label, score)
    precision = frauds / (frauds + legitimate)
    return float((precision * np.diff(frauds, prepend=0)).sum() / frauds[-1])


def _cumulated(label: Flags, score: Floats) -> tuple[Floats, Floats]:
    """Return how many frauds and how many legitimate payments score at least each distinct score."""
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    frauds = np.cumsum(label[order])[last_of_tie]
    return frauds.astype(np.float64), last_of_tie + 1.0 - frauds


def precision_at_k(label: Flags, score: Floats, day: Ints, k: int) -> float:
    """Return the daily precision of the ``k`` highest scores; of equal ones the earlier row."""
    order = np.lexsort((-score, day))
    days, first, counts = np.unique(day[order], return_index=True, return_counts=True)
    place = np.arange(len(day)) - np.repeat(first, counts)
    return float(label[order][place < k].sum() / (k * len(days)))


def user_precision_at_k(label: Flags, score: Floats, day: Ints, user: Ints, k: int) -> float:
    """Return the daily precision of the ``k`` highest users; a user caught is not judged again."""
    order = np.lexsort((-score, day))
    label, day, user = label[order], day[order], user[order]
    caught = np.zeros(user.max() + 1, np.bool_)
    bounds = np.append(np.flatnonzero(np.diff(day, prepend=-1)), len(day))
    hits = 0
    for start, stop in pairwise(bounds):
        users, labels = user[start:stop], label[start:stop]
        known = caught[users]
        users, labels = users[~known], labels[~known]
        _, first = np.unique(users, return_index=True)
        top = users[np.sort(first)[:k]]
        found = np.intersect1d(top, users[labels])
        caught[found] = True
        hits += len(found)
    return hits / (k * (len(bounds) - 1))


def random_precision_at_k(label: Flags, day: Ints, k: int) -> float:
    """Return what a ranking by lot reaches on average."""
    _, which, counts = np.unique(day, return_inverse=True, return_counts=True)
    frauds = np.bincount(which, label)
    return float((frauds / counts * np.minimum(counts, k) / k).mean())


def random_user_precision_at_k(label: Flags, day: Ints, user: Ints, k: int) -> float:
    """Return what users drawn by lot reach on average, none of them dropping out."""
    pair, which = np.unique(np.column_stack([day, user]), axis=0, return_inverse=True)
    hit = np.bincount(which.ravel(), label) > 0
    return random_precision_at_k(hit, pair[:, 0], k)


def value_detection_rate(
    label: Flags, alert: Flags, amount: Floats, user: Ints, time: Ints
) -> float | None:
    """Return the share of fraud value at or after its user's first alerted fraud.

    The first alerted payment itself counts as stopped, since it is held for review. Sources: the
    account-level metrics of Microsoft's fraud detection template (value of the frauds after the one
    that triggers blocking), and the same from the triggering one on, as taken here.
    """
    first = np.full(user.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, user[label & alert], time[label & alert])
    total = amount[label].sum()
    stopped = amount[label & (time >= first[user])].sum()
    return float(stopped / total) if total > 0 else None
