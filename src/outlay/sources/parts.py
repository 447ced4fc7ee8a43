"""Files in parts of bounded size, one after the other: the rows that `read` gives at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from outlay.schema.intake.raw import Part, Raw
from outlay.schema.intake.text import as_text
from outlay.sources.cells import raw_of
from outlay.sources.columnar import read_columnar, unreadable
from outlay.sources.combine import common_type, lacking
from outlay.sources.delimited import Head
from outlay.sources.files import COLUMNAR, no_rows, read_places, refuse_foreign, text_format
from outlay.sources.places import Place, find_places
from outlay.sources.plain_text import Text, local_copy, plain_text, unpacked
from outlay.sources.text_parts import delimited_parts, head_of, json_parts

Schema = dict[str, pl.DataType]
_SOME: Final = 1 << 22  # bytes of a text whose lines tell how long a line is


@dataclass(slots=True)
class File:
    """One file: its name, its format, and what is known of it before it is read.

    ``origin`` is the file as it came, ``path`` where it lies unpacked. ``rows`` is exact for
    Parquet and Arrow, and the number of lines for texts.
    """

    name: str
    origin: Path
    path: Path
    kind: str
    rows: int
    schema: Schema
    text: Text | None = None
    head: Head | None = None
    notes: list[str] = field(default_factory=list)
    read: int = 0

    @property
    def is_lasting(self) -> bool:
        """Whether the file is there for another time."""
        return self.name == str(self.origin) or Path(self.name).exists()


@dataclass(slots=True)
class Parts:
    """An input that is read in parts, as often as one likes."""

    files: list[File]
    schema: Schema
    notes: list[str]

    @property
    def rows(self) -> int:
        """About how many rows there are; no fewer than there are."""
        return sum(file.rows for file in self.files)

    @property
    def names(self) -> list[str]:
        """How the user calls the files."""
        return [file.name for file in self.files]

    def read(self, rows: int) -> Iterator[Raw]:
        """Yield the rows, about so many at a time; row numbers run on over all files."""
        before = 0
        for file in self.files:
            file.read = 0
            for raw in _parts_of(file, rows):
                file.read += raw.n_read
                yield _placed(raw, before, self.schema, file)
                before += raw.n_read
        if not before:
            raise no_rows([Part(f.name, tuple(f.schema), 0) for f in self.files])

    def whole(self) -> Raw:
        """Return all rows at once."""
        return read_places([Place(f.name, f.origin) for f in self.files], self.notes)

    def told(self) -> list[str]:
        """Return what a reader should know, once all is read."""
        if len(self.files) == 1:
            return self.files[0].notes + self.notes
        notes = [note for file in self.files for note in file.notes]
        notes += [f"{file.name} is empty" for file in self.files if not file.read]
        notes += lacking([(f.name, tuple(f.schema)) for f in self.files if f.schema], self.schema)
        before = 0
        for file in self.files:
            if file.read:
                last = before + file.read
                notes.append(f"rows {before + 1:,} to {last:,} are those of {file.name}")
            before += file.read
        return notes + self.notes


def open_parts(files: Sequence[str | Path], scratch: Path) -> Parts:
    """Look at the files; what can be read only once, or is packed, is copied to ``scratch``."""
    places, notes = find_places(files)
    found = []
    for place in places:
        try:
            found.append(_opened(place, scratch))
        except OSError as error:
            raise place.unreadable(error) from error
    return Parts(found, _united([file.schema for file in found]), notes)


def _opened(place: Place, scratch: Path) -> File:
    origin = local_copy(place, scratch)
    path = unpacked(origin, place.name, scratch)
    with path.open("rb") as opened:
        first = opened.read(1024)
    refuse_foreign(first, place.name)
    kind = COLUMNAR.get(first[:4])
    if kind:
        return _columnar(origin, path, place.name, kind)
    text = plain_text(path, place.name, scratch)
    kind = text_format(text.head(1024), place.name)
    if kind == "jsonl":
        schema = _json_schema(text, place.name)
        return File(place.name, origin, path, kind, text.lines, schema, text, None, [*text.notes])
    head = head_of(text, place.name)
    schema = dict.fromkeys(head.names, pl.String()) if head else {}
    notes = [*text.notes, *(head.notes if head else [])]
    return File(place.name, origin, path, kind, text.lines, schema, text, head, notes)


def _columnar(origin: Path, path: Path, name: str, kind: str) -> File:
    try:
        frame = _scan(path, kind)
        schema = dict(frame.collect_schema())
        rows = frame.select(pl.len()).collect().item()
    except _FAILURES as error:
        raise unreadable(name, kind, error) from error
    return File(name, origin, path, kind, rows, schema)


_FAILURES: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def _scan(path: Path, kind: str) -> pl.LazyFrame:
    if kind == "parquet":
        return pl.scan_parquet(path, glob=False)
    with path.open("rb") as file:
        if file.read(6) == b"ARROW1":
            return pl.scan_ipc(path, glob=False)
    return read_columnar(path, str(path), kind).frame.lazy()  # a stream is read as a whole


def _parts_of(file: File, rows: int) -> Iterator[Raw]:
    if file.text is None:
        yield from _columnar_parts(file, rows)
        return
    length = max(1, (file.text.end - file.text.start) // max(1, file.text.lines))
    size = max(1, rows * length)
    if file.kind == "jsonl":
        yield from json_parts(file.text, file.name, size)
    elif file.head is not None:
        yield from delimited_parts(file.text, file.head, file.name, size)


def _columnar_parts(file: File, rows: int) -> Iterator[Raw]:
    try:
        for frame in _scan(file.path, file.kind).collect_batches(
            chunk_size=rows, maintain_order=True
        ):
            whole = frame.rechunk()  # else whoever looks at a column brings it together anew
            for at in range(0, whole.height, rows):
                yield raw_of(whole[at : at + rows], file.name)
    except _FAILURES as error:
        raise unreadable(file.name, file.kind, error) from error


def _json_schema(text: Text, name: str) -> Schema:
    """Look through the file once: a later line may have another type than the first."""
    return _united([dict(raw.frame.schema) for raw in json_parts(text, name, 1 << 25)])


def _united(schemas: Sequence[Schema]) -> Schema:
    full = [schema for schema in schemas if schema]
    names = dict.fromkeys(name for schema in full for name in schema)
    return {
        name: common_type({schema[name] for schema in full if name in schema}) for name in names
    }


def _placed(raw: Raw, before: int, schema: Schema, file: File) -> Raw:
    """Give the rows their numbers among all, and the columns that all files have."""
    for note in raw.notes:
        if note not in file.notes:
            file.notes.append(note)
    columns = [_column(raw.frame, name, dtype) for name, dtype in schema.items()]
    return Raw(
        pl.DataFrame(columns) if columns else raw.frame,
        raw.row_number + before,
        raw.rejected.with_columns(pl.col("row_number") + before),
        raw.n_read,
        (Part(file.name, tuple(file.schema), raw.n_read),),
    )


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    if name not in frame.columns:
        return pl.repeat(None, frame.height, dtype=dtype, eager=True).alias(name)
    column = frame[name]
    if column.dtype == dtype:
        return column
    return as_text(column, name) if dtype == pl.String else column.cast(dtype, strict=False)
