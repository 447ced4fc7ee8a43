"""The picture: its size, its contents, and that nothing in the data can break it."""

import struct
import subprocess
import sys

import polars as pl
import pytest

from outlay.sinks.dashboard.band import Band
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.glyphs import drawable
from outlay.sinks.dashboard.scale import scale_of
from outlay.sinks.dashboard.summary import summarise
from tests.sinks.frames import NASTY, payments


def size_and_density(picture):
    """Read width, height and dots per inch from the PNG's own header."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    at = picture.index(b"pHYs") + 4
    return width, height, round(struct.unpack(">I", picture[at : at + 4])[0] * 0.0254)


def test_the_picture_has_150_dots_per_inch():
    """12 × 8 inches, as the notebook's."""
    assert size_and_density(png(summarise(payments(60), "U1"))) == (1800, 1200, 150)


@pytest.mark.parametrize(
    "frame",
    [
        payments(1, flagged=()),
        payments(1, flagged=(0,)),
        payments(3, amounts=[0.0, 0.0, 0.0]),
        payments(60, amounts=[20.0] * 59 + [1e15]),
        payments(40).with_columns(anomaly_score=pl.lit(None)),
        payments(1200, flagged=set(range(700))).with_columns(
            timestamp=pl.datetime(2024, 3, 1, time_zone="UTC")
            + pl.duration(minutes=pl.int_range(1200))
        ),
    ],
    ids=["one", "one flagged", "zeros", "huge", "no scores", "crowd"],
)
def test_any_user_can_be_drawn(frame):
    """One payment, only zeros, a giant, no scores, a crowd: each gives a picture without a warning."""
    summary = summarise(frame, "U1", band=Band(include_day=False))

    assert size_and_density(png(summary))[:2] == (1800, 1200)


def test_no_name_breaks_the_picture():
    """Formulas, emoji, markup and scripts without glyphs are drawn as plain text, without a warning."""
    frame = payments(12, user=NASTY, transaction_type=[NASTY] * 12)

    assert png(summarise(frame, NASTY, currency="$x^{$"))


def test_characters_that_the_font_lacks_become_one_question_mark():
    """Latin, Greek and Hebrew are drawn; a run of others is one question mark."""
    assert drawable("Ünï Ω ש 日本 x한") == "Ünï Ω ש ? x?"


def test_the_same_numbers_give_the_same_picture():
    """A picture can be compared byte by byte."""
    summary = summarise(payments(20), "U1")

    assert png(summary) == png(summary)


def test_what_is_flagged_is_seen():
    """Marking one payment changes the picture."""
    one, none = (summarise(payments(20, flagged=marks), "U1") for marks in ((7,), ()))

    assert png(one) != png(none)


DRAWN = """
import sys
from tests.sinks.test_charts import payments, png, summarise

png(summarise(payments(3), "U1"))
print("matplotlib" in sys.modules, "matplotlib.pyplot" in sys.modules)
"""


def test_drawing_leaves_no_global_state():
    """Neither pyplot nor a backend is chosen for the caller."""
    done = subprocess.run([sys.executable, "-c", DRAWN], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize(
    ("amounts", "ticks"),
    [
        ([20.0] * 59 + [48_000.0], (0, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)),
        ([1.0] * 59 + [1e12], (0, 1, 100, 1e4, 1e6, 1e8, 1e10, 1e12)),
    ],
    ids=["thousands", "a trillion"],
)
def test_the_compressed_axis_is_labelled_with_round_amounts(amounts, ticks):
    """Zero first, then ones and threes of each power of ten, fewer where there are many."""
    scale = scale_of(summarise(payments(60, amounts=amounts), "U1"))

    assert scale.is_compressed
    assert scale.ticks == pytest.approx(ticks)
