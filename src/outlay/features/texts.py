"""Texts as numbers: a code for each that is told apart, and its fingerprint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from outlay.features._reading import coded, marked, prints
from outlay.features.marks import SALTS
from outlay.schema.views import Views

Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Prints = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Coded:
    """A column's values, told apart.

    Parameters
    ----------
    codes
        Each row's value as a number, in the order of first appearance; -1 = missing.
    values
        Them, by code.
    """

    codes: Codes
    values: pl.Series

    @classmethod
    def of(cls, column: pl.Series) -> "Coded":
        """Tell the values of a text column apart."""
        missing = column.is_null().to_numpy().view(np.int8)
        codes = np.negative(missing, dtype=np.int32)
        views = Views(column)
        if views.are_whole():
            return cls(codes, column.gather(coded(views.words(), codes)))
        # longer texts are told apart by what Polars hashes them to; two with one hash, all by Polars
        hashes = column.hash().to_numpy()
        values = column.gather(coded(np.stack([hashes, hashes], axis=1), codes))
        if (values.gather(np.maximum(codes, 0)) == column).all():
            return cls(codes, values)
        return cls._by_polars(column)

    @classmethod
    def _by_polars(cls, column: pl.Series) -> "Coded":
        values = column.drop_nulls().unique(maintain_order=True)
        numbers = column.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(-1)
        return cls(numbers.to_numpy(), values)

    def in_order(self) -> "Coded":
        """Return the same with the codes in the order of the values."""
        order = self.values.arg_sort()
        ranks = np.full(len(order) + 1, -1, np.int32)  # the last is that of a missing value
        ranks[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
        return Coded(ranks[self.codes], self.values.gather(order))

    def places(self, names: Sequence[str]) -> Codes:
        """Return where each row's value stands in ``names``: behind the last for any other."""
        known = {name: place for place, name in enumerate(names)}
        of_values = [known.get(value, len(names)) for value in self.values]
        return np.array([*of_values, len(names)], np.int32)[self.codes]

    def marks(self) -> Prints:
        """Return each row's fingerprint, 0 = missing; see `fingerprint`."""
        marks = np.empty(self.codes.size, np.uint32)
        marked(self.codes, np.maximum(crcs(self.values, SALTS[self.values.name]), 1), marks)
        return marks


def crcs(texts: pl.Series, salt: int) -> Prints:
    """Return the CRC-32 of each text, none of them missing, beginning from ``salt``."""
    found = np.empty(len(texts), np.uint32)
    lengths = texts.str.len_bytes().cast(pl.Int32).to_numpy()
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    data = np.frombuffer(texts.str.join("").item().encode(), np.uint8)
    prints(data, starts, lengths, salt, found)
    return found
