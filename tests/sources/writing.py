"""Files to read."""

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

from outlay.schema.intake import Raw
from outlay.sources import read

HEADER = "transaction_id,user_id,amount,timestamp\n"


def read_text(folder: Path, text: str | bytes, name: str = "t.csv") -> Raw:
    """Write a file and read it."""
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read([file])


def csv_text(
    rows: Sequence[Sequence[str]],
    separator: str = ",",
    *,
    newline: str = "\n",
    always: bool = False,
) -> str:
    """Return rows as the standard library writes them."""
    out = io.StringIO()
    csv.writer(
        out,
        delimiter=separator,
        lineterminator=newline,
        quoting=csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL,
    ).writerows(rows)
    return out.getvalue()


def packed(text: str) -> bytes:
    """Return a text in gzip, the same bytes at any time: they name a test."""
    return gzip.compress(text.encode(), mtime=0)
