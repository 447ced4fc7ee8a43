"""Damage done to a SQLite store behind Outlay's back."""

import sqlite3
from contextlib import closing


def run(path, sql, *values):
    """Change a store's file by hand; say how many rows that changed."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql, values).rowcount


def look(path, sql, *values):
    """Return the first value of a query."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, values).fetchone()[0]


def flipped(blob, bit):
    """Return bytes with one bit turned round."""
    changed = bytearray(blob)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)
