"""CSV for people: the same cells everywhere, and none that a spreadsheet would run.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a return is taken for a formula by
spreadsheets, and what comes from a payments file may have been written by anybody. In the files
that people open such a cell gets a leading apostrophe, unless it is a plain number. The scored
table, which machines read, is left as it is.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import polars as pl

from outlay.sinks.text import SEPARATOR

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # full width ones run too
_NUMBER = re.compile(r"[-+]?[\d., ]*\d%?")
_DATA_MEETS_FORMULA = "^[=+\\-@\t\r＝＋－＠]"
_DATA_IS_NUMBER = r"^[-+]?[\d., ]*\d%?$"


def safe(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula.

    >>> safe("=1+1"), safe("-5"), safe("@all"), safe("Anna")
    ("'=1+1", '-5', "'@all", 'Anna')
    """
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def safe_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with lists joined to texts and no cell that a spreadsheet would run."""
    text = pl.selectors.string()
    risky = text.str.contains(_DATA_MEETS_FORMULA) & ~text.str.contains(_DATA_IS_NUMBER)
    return joined(frame).with_columns(pl.when(risky).then("'" + text).otherwise(text).name.keep())


def joined(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every list column as one text, its items separated by `` | ``."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(SEPARATOR))


def text(names: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a small CSV text: ISO times, empty cells for what is missing, safe for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return safe(SEPARATOR.join(map(str, value)))
    return value
