"""The slow twin of the training sample: arrays of keys, all of them sorted."""

import numpy as np

STEP = np.uint64(0x9E3779B97F4A7C15)


def canonical_sample(columns, limit, seed):
    """Return the positions of the rows with the smallest keys: every key sorted, step by step."""
    rows = columns.shape[1]
    key = _row_keys(columns, seed)
    order = np.argsort(key, kind="stable")
    key = key[order]
    key = _mixed(key + STEP * _occurrence(key))
    chosen = np.argpartition(key, limit)[:limit] if limit < rows else np.arange(rows)
    return order[chosen[np.argsort(key[chosen], kind="stable")]]


def _row_keys(columns, seed):
    """Return a 64-bit key of each row; 0.0 and -0.0 are one value, and so is every NaN."""
    key = np.full(columns.shape[1], seed, np.uint64)
    for column in columns:
        value = np.where(np.isnan(column), np.nan, column + 0.0)
        key = _mixed((key + STEP) ^ value.view(np.uint64))
    return key


def _mixed(key):
    """Return keys with every bit depending on every bit (the finaliser of splitmix64)."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


def _occurrence(key):
    """Return, for sorted keys, how many equal ones stand before each."""
    at = np.arange(len(key))
    is_new = np.append(True, key[1:] != key[:-1])[: len(key)]
    return (at - np.maximum.accumulate(np.where(is_new, at, 0))).astype(np.uint64)
