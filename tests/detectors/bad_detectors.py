# ruff: noqa: D102 - each class says in one sentence what is wrong with it
"""A good detector, small enough to see through, and one that breaks each clause of the contract."""

from typing import ClassVar

import numpy as np
import polars as pl

from outlay.schema.reason import Reason


class Distance:
    """A good detector: a value's distance from the training's median, on a scale of 0 to 1."""

    name: ClassVar[str] = "distance"
    threshold = 0.9

    def __init__(self):
        self.middle = 0.0
        self.spread = 0.0

    def fit(self, table):
        values = table["size"].fill_nan(None)
        self.middle = float(values.median())
        self.spread = float(np.sort((values - self.middle).abs().drop_nulls().to_numpy()).mean())
        return self

    def score(self, table):
        distance = (table["size"].fill_nan(self.middle) - self.middle).abs().to_numpy()
        return distance / (distance + self.spread)

    def detail(self, table):
        return pl.DataFrame({"distance": self.score(table)})

    def explain(self, rows):
        return [[Reason("size", "", float(score), self.name)] for score in self.score(rows)]

    def to_parts(self):
        return {"middle": self.middle}, {"spread": np.array([self.spread])}

    @classmethod
    def from_parts(cls, settings, arrays):
        detector = cls()
        detector.middle, detector.spread = settings["middle"], float(arrays["spread"][0])
        return detector


class Constant(Distance):
    """Finds nothing."""

    def score(self, table):
        return np.full(table.height, 0.5)


class Unbounded(Distance):
    """Scores beyond 1."""

    def score(self, table):
        return 3 * super().score(table)


class Holed(Distance):
    """Has no score for a missing value."""

    def score(self, table):
        return np.where(np.isnan(table["size"].to_numpy()), np.nan, super().score(table))


class Single(Distance):
    """Scores in single precision."""

    def score(self, table):
        return super().score(table).astype(np.float32)


class LowIsOdd(Distance):
    """Has the scale upside down."""

    def score(self, table):
        return 1 - super().score(table)


class Learning(Distance):
    """Learns from what it is asked to score."""

    def score(self, table):
        scores = super().score(table)
        self.spread *= 1.1
        return scores


class Remembering(Distance):
    """Keeps a count of what it explained."""

    asked = 0

    def explain(self, rows):
        self.asked += rows.height
        return super().explain(rows)

    def to_parts(self):
        settings, arrays = super().to_parts()
        return settings | {"asked": self.asked}, arrays


class Meddling(Distance):
    """Writes into the table it is given."""

    def score(self, table):
        scores = super().score(table)
        table.replace_column(table.get_column_index("size"), pl.Series("size", scores))
        return scores


class Relative(Distance):
    """Scales a row by the others in the table."""

    def score(self, table):
        scores = super().score(table)
        return scores / max(scores.max(initial=0.0), 1e-9)


class InOrder(Distance):
    """Lets the row before have a say."""

    def score(self, table):
        scores = super().score(table)
        scores[1:] = (scores[1:] + 0.01 * scores[:-1]) / 1.01
        return scores


class RelativeReasons(Distance):
    """Explains a row by the others in the table."""

    def explain(self, rows):
        weight = 1 / max(rows.height, 1)
        return [[Reason("size", "", weight, self.name)] for _ in range(rows.height)]


class Unseeded(Distance):
    """Draws its own random numbers."""

    def fit(self, table):
        super().fit(table)
        self.spread *= 1 + np.random.default_rng().random()
        return self


class FirstRows(Distance):
    """Learns from where the rows stand in the file."""

    def fit(self, table):
        return super().fit(table.head(50))


class Accumulating(Distance):
    """Keeps some of an earlier training."""

    def fit(self, table):
        before = self.spread
        super().fit(table)
        self.spread += before
        return self


class ByPosition(Distance):
    """Looks at the first column, whatever it is called."""

    def score(self, table):
        return super().score(table.select(pl.nth(0).cast(pl.Float64, strict=False).alias("size")))


class Short(Distance):
    """Adds columns that are a row too short."""

    def detail(self, table):
        return super().detail(table).head(max(table.height - 1, 0))


class Forgetful(Distance):
    """Loads another detector than it saved."""

    @classmethod
    def from_parts(cls, settings, arrays):
        return super().from_parts(settings | {"middle": 0.0}, arrays)


class Mute(Distance):
    """Gives no reason."""

    def explain(self, rows):
        return [[] for _ in range(rows.height)]


class Inventive(Distance):
    """Gives reasons that name nothing."""

    def explain(self, rows):
        return [[Reason("gut_feeling", "", 1.0, self.name)] for _ in range(rows.height)]


class LightestFirst(Distance):
    """Sorts its reasons the wrong way."""

    def explain(self, rows):
        reasons = [Reason("size", "", weight, self.name) for weight in (0.1, 0.9)]
        return [reasons for _ in range(rows.height)]


class Overweight(Distance):
    """Weighs its reasons beyond 1."""

    def explain(self, rows):
        return [[Reason("size", "", 2.0, self.name)] for _ in range(rows.height)]


class Unsigned(Distance):
    """Signs its reasons with another's name."""

    def explain(self, rows):
        return [[Reason("size", "", 1.0, "somebody")] for _ in range(rows.height)]


class BadThreshold(Distance):
    """Has a threshold that no score reaches."""

    threshold = 7.0


BAD = {
    Constant: "outlier above the typical row",
    Unbounded: r"scores in \[0, 1\]",
    Holed: "finite scores where values are missing",
    Single: "scores in float64",
    LowIsOdd: "outlier above the typical row",
    Learning: "an unchanged detector",
    Remembering: "an unchanged detector",
    Meddling: "an unchanged table",
    Relative: "the same scores in a part of the table",
    InOrder: "the same scores in reverse order",
    RelativeReasons: "the same reasons for a row alone",
    Unseeded: "the same scores after training twice",
    FirstRows: "the same scores after training on reordered rows",
    Accumulating: "nothing left of an earlier training",
    ByPosition: "the same scores by column name",
    Short: "a row of detail for every row",
    Forgetful: "the same scores when loaded",
    Mute: "a reason for every anomaly",
    Inventive: r"known codes, not \['gut_feeling'\]",
    LightestFirst: "weightiest first",
    Overweight: r"weights in \[0, 1\]",
    Unsigned: "signed by the detector",
    BadThreshold: r"a threshold in \[0, 1\]",
}
"""The message that each bad detector must be refused with."""
