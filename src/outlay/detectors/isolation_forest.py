"""The isolation forest: how few random splits set a payment apart from those of training.

scikit-learn trains it, on each feature's surprise; what it learned is kept as arrays over the raw
values and scored here, so scoring neither transforms anything nor imports scikit-learn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors._forest_training import Learned, learn
from outlay.detectors.base import Arrays, Parts, Settings
from outlay.detectors.forest import Forest
from outlay.detectors.forest_settings import FEATURES, ForestSettings
from outlay.detectors.given import Table, features_given
from outlay.detectors.saved import damaged, refuse_other
from outlay.detectors.surprise import Shape, Side
from outlay.errors import ConfigError, InputError, ModelError
from outlay.schema.reason import Reason
from outlay.schema.table import Columns
from outlay.schema.tail import Tail

Floats = NDArray[np.float64]
Ranks = NDArray[np.intp]

_VERSION = 1
_WHO = "isolation forest"
_MIDDLE = 0.5
_LEAST_SHARE = 0.05
_TINY = float(np.finfo(float).tiny)


class IsolationForestDetector:
    """Scores a payment by how easily its features set it apart.

    >>> import polars as pl
    >>> table = pl.DataFrame({"size": [*range(100), 1000], "pause": [*range(50, 150), 149]})
    >>> forest = IsolationForestDetector(features=["size", "pause"]).fit(table)
    >>> int(forest.score(table).argmax())
    100
    >>> forest.explain(table[100:])[0][0].code
    'size'

    Parameters
    ----------
    features
        The columns it looks at. A missing value counts as the training's median.
    sides
        For features in which low values are odd, ``lower``, and where either is, ``both``.
    n_trees, max_samples
        The forest's size: trees, and training rows each of them sees.
    transform
        What the trees are trained on: ``surprise``, ``exp_surprise`` or ``raw`` values.
    contamination
        The share of the training rows that the learned threshold lets through as anomalous.
    train_rows
        Train on at most so many rows, chosen by their values.
    seed
        Another seed grows another forest.
    """

    name: ClassVar[str] = "isolation_forest"

    def __init__(  # noqa: PLR0913 - the settings, by keyword only
        self,
        *,
        features: Sequence[str] = FEATURES,
        sides: Mapping[str, Side] | None = None,
        n_trees: int = 100,
        max_samples: int = 512,
        transform: Shape = "surprise",
        contamination: float = 0.01,
        train_rows: int = 200_000,
        seed: int = 0,
    ) -> None:
        self.settings = ForestSettings(
            features=tuple(features),
            sides=dict(sides or {}),
            n_trees=n_trees,
            max_samples=max_samples,
            transform=transform,
            contamination=contamination,
            train_rows=train_rows,
            seed=seed,
        )
        self._learned: Learned | None = None

    @property
    def reads(self) -> frozenset[str]:
        """Return the columns that it looks at."""
        return frozenset(self.settings.features)

    @property
    def threshold(self) -> float:
        """Return the learned threshold, or the scale's natural middle before training."""
        return self._learned.threshold if self._learned else _MIDDLE

    @property
    def learned(self) -> Learned:
        """Return what training left behind."""
        if self._learned is None:
            raise ModelError(
                "The isolation forest has not been trained.\n\n"
                "Hint: call fit(table), or load a trained one with from_parts()."
            )
        return self._learned

    def fit(self, table: pl.DataFrame) -> Self:
        """Learn from the table's rows, whatever their order."""
        if not table.height:
            raise InputError(
                "The isolation forest cannot be trained on a table without rows.\n\n"
                "Hint: train on at least a few hundred payments."
            )
        self._learned = learn(self._columns(table), self.settings)
        return self

    def score(self, table: pl.DataFrame) -> Floats:
        """Return each row's score: 0.5 is the middle, towards 1 the row is easily set apart."""
        return self.answers(Columns.of(table))["anomaly_score"]

    def answers(self, columns: Columns) -> dict[str, Floats]:
        """Return the scores as ``anomaly_score``."""
        learned = self.learned
        return {"anomaly_score": learned.forest.score(self._taken(columns), learned.single_fill)}

    def framed(self, answers: Mapping[str, Any]) -> pl.DataFrame:
        """Return the answers as the column of a scored table."""
        return pl.DataFrame({"anomaly_score": answers["anomaly_score"]})

    def detail(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return the scores as the column ``anomaly_score``."""
        return self.framed(self.answers(Columns.of(table)))

    def tail(self, scores: Floats) -> Floats:
        """Return the share of training scores at least as high as each of ``scores``."""
        return self.learned.tail.share(scores)

    def importances(self) -> dict[str, float]:
        """Return each feature's share in what set the oddest training rows apart."""
        shares = self.learned.importances.tolist()
        return dict(zip(self.settings.features, shares, strict=True))

    def explain(self, rows: pl.DataFrame) -> list[list[Reason]]:
        """Return, for each row, the features that set it apart, by their share of that.

        Features that could not be assessed are no reason, nor are those below a twentieth.
        """
        credits_ = self.credits(Columns.of(rows))
        names = self.settings.features
        return [[Reason(names[f], "", share, self.name) for f, share in own] for own in credits_]

    def credits(self, columns: Columns) -> list[list[tuple[int, float]]]:
        """Return, for each row, the features that set it apart, by number, with their shares.

        Weightiest first; the first stands even when it is slight.
        """
        order, shares, kept = self.ranked(columns)
        pairs = zip(order.T.tolist(), shares.T.tolist(), kept.tolist(), strict=True)
        return [list(zip(own[:n], share[:n], strict=True)) for own, share, n in pairs]

    def ranked(self, columns: Columns) -> tuple[Ranks, Floats, Ranks]:
        """Return what `credits` does as arrays, rank by row: the features, and their shares.

        And how many ranks of each row count.
        """
        values = self._taken(columns)
        credit = self.learned.forest.credit(values, self.learned.single_fill)
        credit[np.isnan(values)] = -np.inf
        saved = np.maximum(credit, 0.0)
        total = np.cumsum(saved, axis=0)[-1]  # feature by feature, in one order for any table
        shares = np.minimum(saved / np.maximum(total, _TINY), 1.0)
        order = np.argsort(-credit, axis=0, kind="stable")
        ranked = shares[order, np.arange(order.shape[1])]
        return order, ranked, np.maximum((ranked >= _LEAST_SHARE).sum(axis=0), 1)

    def to_parts(self) -> Parts:
        """Return the forest as JSON values and arrays."""
        learned = self.learned
        settings: Settings = {
            "version": _VERSION,
            "settings": asdict(self.settings),
            "threshold": learned.threshold,
            "normal": learned.forest.normal,
            "mean_excess": learned.tail.mean_excess,
        }
        arrays: Arrays = {
            "feature": learned.forest.feature,
            "cut": learned.forest.threshold,
            "expected": learned.forest.expected,
            "fill": learned.fill,
            "importances": learned.importances,
            "tail_scores": learned.tail.scores,
            "tail_shares": learned.tail.shares,
        }
        return settings, arrays

    @classmethod
    def from_parts(cls, settings: Settings, arrays: Arrays) -> Self:
        """Return the detector that these parts describe; damaged ones are refused."""
        refuse_other(_VERSION, settings, _WHO)
        try:
            detector = cls(**settings["settings"])
            learned = _learned(settings, arrays)
        except (KeyError, TypeError, ValueError, OverflowError, ConfigError) as error:
            raise damaged(_WHO, f"{type(error).__name__}: {error}") from error
        if damage := learned.damage(len(detector.settings.features)):
            raise damaged(_WHO, damage)
        detector._learned = learned
        return detector

    def _columns(self, table: pl.DataFrame) -> Floats:
        """Return the features, feature by row."""
        return np.stack(list(self._taken(Columns.of(table))))

    def _taken(self, columns: Columns) -> Table:
        return features_given(columns, self.settings.features, _WHO)


def _learned(settings: Settings, arrays: Arrays) -> Learned:
    """Put the parts together again, each with the type that the kernels take."""

    def array(name: str, kind: type[np.generic]) -> NDArray[Any]:
        return np.array(arrays[name], dtype=kind, order="C")

    forest = Forest(
        array("feature", np.uint16),
        array("cut", np.float32),
        array("expected", np.float64),
        float(settings["normal"]),
    )
    return Learned(
        forest=forest,
        fill=array("fill", np.float64),
        threshold=float(settings["threshold"]),
        importances=array("importances", np.float64),
        tail=Tail(
            array("tail_scores", np.float64),
            array("tail_shares", np.float64),
            float(settings["mean_excess"]),
        ),
    )
