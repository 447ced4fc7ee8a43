"""What is wrong with which row: gathered field by field, told in one line a row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from outlay.schema.intake.raw import REJECTED
from outlay.schema.intake.text import row_text, shown

MISSING = "is missing"


@dataclass(slots=True)
class Faults:
    """Predicates ("is negative") by field and row; a row without any is accepted.

    ``found`` holds, for each field, its predicates (null where nothing is wrong) and the values
    to quote.
    """

    height: int
    found: list[tuple[str, pl.Series, pl.Series | None]] = field(default_factory=list)

    def add(self, name: str, predicates: pl.Series | None, values: pl.Series | None) -> None:
        """Note what is wrong in one field; ``None`` says: nothing, in no row."""
        if predicates is not None and predicates.null_count() < self.height:
            self.found.append((name, predicates, values))

    @property
    def is_bad(self) -> pl.Series:
        """Whether a row has any fault."""
        bad = pl.repeat(value=False, n=self.height, eager=True)
        for _, predicates, _ in self.found:
            bad |= predicates.is_not_null()
        return bad

    def table(self, frame: pl.DataFrame, row_number: pl.Series) -> pl.DataFrame:
        """Return the faulty rows in the columns of `REJECTED`."""
        rows = self.is_bad.arg_true()
        if not len(rows):
            return pl.DataFrame(schema=REJECTED)
        fields, reasons = self._told(rows)
        original = row_text(frame[rows])
        columns = [row_number.gather(rows), fields, reasons, original]
        return pl.DataFrame(dict(zip(REJECTED, columns, strict=True)), schema=REJECTED)

    def _told(self, rows: pl.Series) -> tuple[pl.Series, pl.Series]:
        names: list[pl.Series] = []
        sentences: list[pl.Series] = []
        for name, predicates, values in self.found:
            here = predicates.gather(rows)
            quoted = None if values is None else shown(values.gather(rows))
            names.append(_where(here, name))
            sentences.append(_sentence(name, here, quoted))
        return _joined(names, ", "), _joined(sentences, "; ")

    def counts(self) -> Counter[str]:
        """Return the reasons with their counts, as sentences without values."""
        found = Counter[str]()
        for name, predicates, _ in self.found:
            for predicate, count in predicates.drop_nulls().value_counts().iter_rows():
                found[f"{name} {predicate}"] += count
        return found


def predicate(mask: pl.Series, text: str) -> pl.Series:
    """Return ``text`` where ``mask`` is true, null elsewhere."""
    return _where(mask.replace(False, None), text)  # noqa: FBT003


def first(*predicates: pl.Series | None) -> pl.Series | None:
    """Return in each row the first predicate that is not null."""
    given = [found.alias(str(i)) for i, found in enumerate(predicates) if found is not None]
    return pl.DataFrame(given).select(pl.coalesce(pl.all())).to_series() if given else None


def _where(mask: pl.Series, text: str) -> pl.Series:
    expr = pl.when(pl.col("m").is_not_null()).then(pl.lit(text))
    return mask.rename("m").to_frame().select(expr.alias("m")).to_series()


def _sentence(name: str, predicates: pl.Series, quoted: pl.Series | None) -> pl.Series:
    """``amount '-5' is negative``; a missing value is not quoted."""
    told = pl.DataFrame({"p": predicates, "q": predicates if quoted is None else quoted})
    bare = pl.lit(name + " ") + pl.col("p")
    full = pl.lit(name + " ") + pl.col("q") + pl.lit(" ") + pl.col("p")
    plain = (pl.col("p") == MISSING) | pl.col("q").is_null() | pl.lit(quoted is None)
    return told.select(pl.when(plain).then(bare).otherwise(full)).to_series()


def _joined(texts: Sequence[pl.Series], separator: str) -> pl.Series:
    table = pl.DataFrame([text.alias(str(i)) for i, text in enumerate(texts)])
    return table.select(pl.concat_str(pl.all(), separator=separator, ignore_nulls=True)).to_series()
