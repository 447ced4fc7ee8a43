"""What the rules say of every row of a table at once: violated, applying, and how nearly violated."""

from collections.abc import Sequence
from typing import Final, Self

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.inputs import numbers, texts
from outlay.detectors.rules.meaning import Input
from outlay.detectors.rules.pack import Combine, Mode, Pack, Rule
from outlay.detectors.rules.program import FEEDS, Program, program
from outlay.jit import in_chunks
from outlay.schema.table import Columns

Bools = NDArray[np.bool_]

WORD: Final = 64
"""Rules in one integer."""
_NOTHING: Final = np.empty(0)
_NOT_ASKED: Final = np.empty((0, 0, 0))
_NUMBERS: Final = k.FED + len(FEEDS)
_COMBINING: Final[dict[Combine, int]] = {"mean": k.MEAN, "max": k.MAX, "any": k.ANY}


class Verdicts(msgspec.Struct, frozen=True):
    """What some rules say of each row.

    Parameters
    ----------
    rules
        The rules, in the order of the file.
    bits
        The violated ones: (words, rows), the first rule in the lowest bit of the first word.
    numbers
        Confidence, confidence as shown, and the three scores that rules feed: (5, rows).
    marks
        Anomaly, place of the band (one past the last: none), always an alert: (3, rows).
    each
        Where it was asked for: whether a rule applies, is violated, and its score: (3, rules, rows).
    """

    rules: tuple[Rule, ...]
    bits: k.Words
    numbers: k.Floats
    marks: k.Marks
    each: k.Floats

    @property
    def confidence(self) -> k.Floats:
        """One number a row from the scores of the rules that apply to it, (rows,); 0 with none."""
        confidence: k.Floats = self.numbers[k.CONFIDENCE]
        return confidence

    @property
    def anomalies(self) -> Bools:
        """Whether a row violates a rule or comes near enough to several, (rows,)."""
        anomalies: Bools = self.marks[k.ANOMALY].view(np.bool_)
        return anomalies

    def violated(self, rule: int) -> Bools:
        """Return which rows violate the rule of this number, (rows,)."""
        bit = np.uint64(rule % WORD)
        found: Bools = (self.bits[rule // WORD] >> bit) & np.uint64(1) == 1
        return found

    def any_violated(self) -> list[int]:
        """Return the numbers of the rules that some row violates."""
        some = np.bitwise_or.reduce(self.bits, axis=1).tolist()
        return [n for n in range(len(self.rules)) if some[n // WORD] >> n % WORD & 1]

    def scores(self, row: int) -> list[tuple[float, Rule]]:
        """Return the scores above zero of the rules that apply to a row, highest first."""
        applies, _, score = self.each[:, :, row]
        scored = zip(score.tolist(), applies.tolist(), self.rules, strict=True)
        found = [(score, rule) for score, applying, rule in scored if applying and score > 0]
        return sorted(found, key=lambda pair: -pair[0])


class Judge:
    """Rules as one program, with how their answers make one confidence and a band.

    Parameters
    ----------
    rules
        The rules; of one group the first that applies judges.
    combine, anomaly_above
        How the scores become a confidence, and above which one a row is an anomaly.
    bands
        From which confidence on each band holds, falling; the last holds for all the rest.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        combine: Combine = "mean",
        anomaly_above: float = 1.0,
        bands: Sequence[float] = (0.0,),
    ) -> None:
        self.rules = tuple(rules)
        self.program: Program = program(self.rules)
        self._plain = _all_numbers(self.program)
        self._words = max(1, -(-len(self.rules) // WORD))
        self._asked = (
            *self.program.machine,
            *(np.array(bands, np.float64), _COMBINING[combine], float(anomaly_above)),
        )

    @classmethod
    def of(cls, pack: Pack, *modes: Mode) -> Self:
        """Return what judges by the rules of a pack that are in one of these modes."""
        bands = [band.at_least for band in pack.bands]
        return cls(pack.in_mode(*modes), pack.combine, pack.anomaly_above, bands)

    def verdicts(self, columns: Columns, *, each: bool = False) -> Verdicts:
        """Return what the rules say of the rows; columns that are not there count as missing.

        ``each`` keeps every rule's own answers, which takes room for 24 bytes a rule and row.
        """
        height = columns.height
        sources, said = self._sources(columns), texts(self.program, columns)
        found = self._room(height, each=each)

        def part(start: int, stop: int) -> None:
            inputs = _beside(sources, start, stop, height)
            k.evaluate(
                *self._asked, inputs, *said, start,
                found.numbers, found.marks, found.bits, found.each,
            )  # fmt: skip

        in_chunks(part, height)
        return found

    def _sources(self, columns: Columns) -> Sequence[k.Floats] | k.Floats:
        """Return what the program reads as numbers; numbers alone may stand side by side."""
        if self._plain and columns.are_numbers(self._plain):
            return columns.numbers(self._plain)
        return [numbers(source, columns) for source in self.program.columns]

    def _room(self, height: int, *, each: bool) -> Verdicts:
        """Return verdicts that are yet to be filled."""
        return Verdicts(
            self.rules,
            np.zeros((self._words, height), np.uint64),
            np.empty((_NUMBERS, height)),
            np.empty((3, height), np.uint8),
            np.empty((3, len(self.rules), height)) if each else _NOT_ASKED,
        )


def _all_numbers(of: Program) -> tuple[str, ...]:
    """Return the columns that a program reads; none if it reads any as something else."""
    plain = tuple(c.column for c in of.columns if isinstance(c, Input) and c.kind == "number")
    return plain if len(plain) == len(of.columns) else ()


def _beside(sources: Sequence[k.Floats] | k.Floats, start: int, stop: int, height: int) -> k.Floats:
    """Return the columns of some of the rows side by side: they stay in the cache meanwhile."""
    if isinstance(sources, np.ndarray):
        return np.ascontiguousarray(sources[:, start:stop])
    part = sources if stop - start == height else [source[start:stop] for source in sources]
    return np.concatenate(part or [_NOTHING]).reshape(len(part), stop - start)


def not_assessed(pack: Pack, table: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the rules that could not judge any row: their code and the columns that say nothing.

    A column says nothing when the table does not have it or every value in it is missing.
    """
    empty = {name for rule in pack.rules for name in rule.reads if _says_nothing(name, table)}
    lacking = {rule.code: tuple(sorted(rule.reads & empty)) for rule in pack.rules}
    return {code: columns for code, columns in lacking.items() if columns}


def _says_nothing(name: str, table: pl.DataFrame) -> bool:
    dtype = table.schema.get(name)
    if dtype is None or dtype.is_nested() or dtype.is_temporal():
        return True
    column = table[name]
    known = column.is_not_null()
    return not (known & column.is_not_nan()).any() if column.dtype.is_float() else not known.any()
