"""The threshold with which a run meets its alert budget among the transactions that it judges.

A tail share says how rare a transaction is among those learned from. Where these are all, the
budget's share is the threshold. Where they are a sample, the rest may be a little worse or better;
so the threshold is looked up among all of them.
"""

from collections.abc import Iterable
from math import floor

import numpy as np
from numpy.typing import NDArray

from outlay.pipeline.model import Model

Floats = NDArray[np.float64]

_ROUNDING = 1e-9  # 0.29 of 100 rows are 29, not 28.999999999999996


def met_by(model: Model, parts: Iterable[Floats], rows: int) -> float:
    """Return the tail share up to which transactions become alerts.

    Parameters
    ----------
    model
        The model, trained on some or all of the transactions.
    parts, rows
        The tail shares of all transactions, in parts of any size and order, and how many there are.
    """
    share = model.config.alerts.budget().share(model.books.rows_per_day)
    if "learned_from" not in model.training:
        return share
    return largest_with_room(parts, floor(share * rows + _ROUNDING))


def largest_with_room(parts: Iterable[Floats], room: int) -> float:
    """Return the largest tail share that at most ``room`` values reach; equal values go together.

    No more than the smallest ``room`` values, one more and a part are in memory.

    >>> largest_with_room([np.array([0.3, 0.1]), np.array([0.2, 0.2])], room=2)
    0.1
    """
    least = np.zeros(0)
    for part in parts:
        least = np.concatenate([least, part if least.size <= room else part[part < least[-1]]])
        if least.size > room:
            least = np.partition(least, room)[: room + 1]  # the largest of them comes last
    if least.size <= room:
        return 1.0
    inside = least[least < least[-1]]
    return float(inside.max()) if inside.size else float(np.nextafter(least[-1], -1.0))
