"""Choose training rows by what they hold, not by where they stand.

Every row gets a key from its own values, and equal rows one each from a count; the rows with the
smallest keys are the sample. Reordering the file, or reading it in other chunks, trains the same
forest.
"""

import numpy as np
from numpy.typing import NDArray

from outlay.detectors._sampling_kernels import part_equals, row_keys
from outlay.jit import in_chunks


def canonical_sample(columns: NDArray[np.float64], limit: int, seed: int) -> NDArray[np.intp]:
    """Return the positions of at most ``limit`` rows, in an order that only their values decide.

    Parameters
    ----------
    columns
        The values, feature by row.
    limit
        How many rows to choose.
    seed
        Another seed chooses other rows.
    """
    rows = columns.shape[1]
    bits, key = np.ascontiguousarray(columns).view(np.uint64), np.empty(rows, np.uint64)
    in_chunks(lambda start, stop: row_keys(bits, start, stop, seed, key), rows)
    part_equals(key)
    chosen = np.argpartition(key, limit)[:limit] if limit < rows else np.arange(rows)
    order: NDArray[np.intp] = chosen[np.argsort(key[chosen], kind="stable")]
    return order
