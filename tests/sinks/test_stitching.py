"""Tables that lie one behind the other in a file are one table to whoever reads it."""

from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from outlay.sinks.growing import GrowingParquet
from outlay.sinks.stitching import Image, row_groups, stitch

ROWS = 40
GROUP = 7


def table() -> pl.DataFrame:
    """Return columns of many kinds: lists, structures, times, nothing at all."""
    place = pl.int_range(ROWS)
    return pl.select(
        text=pl.format("p{}", place),
        number=pl.when(place % 5 > 0).then(place * 0.5),
        many=pl.concat_list(place, -place).cast(pl.List(pl.String)),
        pair=pl.struct(one=place, other=place.cast(pl.String)),
        flag=place % 3 == 0,
        when=pl.from_epoch(place * 3600, time_unit="us").dt.replace_time_zone("UTC"),
        nothing=pl.when(place < 0).then(1.0),
    )


def appended(path: Path, frame: pl.DataFrame) -> Image:
    """Write a table behind what a file has."""
    with path.open("ab", buffering=0) as file:
        begin = file.tell()
        with GrowingParquet(path, group=GROUP, into=file) as growing:
            for at in range(0, frame.height, 5):
                growing.write(frame[at : at + 5])
    return Image(begin, path.stat().st_size)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.sets(st.integers(1, ROWS - 1), max_size=3),
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
)
def test_any_cut_gives_the_table(tmp_path: Path, cuts: set[int], owner: list[int]) -> None:
    """Rows may be cut into sections, and columns into images: two libraries read the whole."""
    whole, path = table(), tmp_path / "whole.parquet"
    path.unlink(missing_ok=True)
    edges = [0, *sorted(cuts), ROWS]
    images = [
        [name for name, own in zip(whole.columns, owner, strict=True) if own == image]
        for image in sorted({*owner})
    ]
    found = [
        [appended(path, whole[begin:end].select(names)) for begin, end in pairwise(edges)]
        for names in images
    ]
    sections = [[row_groups(path, image) for image in part] for part in zip(*found, strict=True)]
    stitch(path, sections, whole.schema)

    assert_frame_equal(pl.read_parquet(path), whole, check_exact=True)
    other = pl.DataFrame(pl.from_arrow(pq.read_table(path)))
    assert_frame_equal(other, whole, check_exact=True)
    groups = pq.ParquetFile(path).metadata
    assert sum(groups.row_group(at).num_rows for at in range(groups.num_row_groups)) == ROWS
    one = pl.scan_parquet(path).filter(pl.col("text") == "p33").select("number", "flag").collect()
    assert one.rows() == [(16.5, True)]


def test_parts_that_are_cut_differently_are_refused(tmp_path: Path) -> None:
    """Row groups that do not hold the same rows make no table."""
    whole, path = table(), tmp_path / "whole.parquet"
    one = appended(path, whole.select("text"))
    other = appended(path, whole[:-1].select("number"))

    with pytest.raises(ValueError, match="cut differently"):
        stitch(
            path,
            [[row_groups(path, part) for part in (one, other)]],
            whole.select("text", "number").schema,
        )


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    """A part that was not written to its end has no footer."""
    path = tmp_path / "whole.parquet"
    image = appended(path, table())

    with pytest.raises(ValueError, match="is no Parquet file"):
        row_groups(path, Image(0, image.end - 3))
