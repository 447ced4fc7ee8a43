"""The battery of checks that every detector passes, ours or a plug-in's.

A plug-in's own test is one line::

    def test_my_detector():
        check_detector(MyDetector, table)

where the table holds a few hundred ordinary rows, the detector's columns in it. Each check raises
an ``AssertionError`` that says what was expected; ``CHECKS`` lists them, so that they can be
parametrised one by one.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from outlay.detectors.base import Detector
from outlay.schema.reason import Reason

Floats = NDArray[np.float64]
_EXTREME: Final = 1e3


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check is given: a way to make the detector, and rows to train it on.

    Parameters
    ----------
    factory
        Makes an untrained detector; called often, and every time with the same seed.
    table
        Ordinary rows.
    outlier
        A single row that any analyst would call odd.
    codes
        The codes that a reason may carry.
    """

    factory: Callable[[], Detector]
    table: pl.DataFrame
    outlier: pl.DataFrame
    codes: frozenset[str]

    def trained(self) -> Detector:
        """Return the detector, trained on the table."""
        return self.factory().fit(self.table)

    @property
    def rows(self) -> pl.DataFrame:
        """Return the table with the outlier as its last row."""
        return pl.concat((self.table, self.outlier), how="vertical")


def check_detector(
    factory: Callable[[], Detector],
    table: pl.DataFrame,
    *,
    outlier: pl.DataFrame | None = None,
    codes: Iterable[str] | None = None,
) -> None:
    """Check that a detector keeps the contract.

    Parameters
    ----------
    factory
        Makes an untrained detector, for example its class.
    table
        A few hundred ordinary rows that it can be trained on.
    outlier
        A single row that is odd to anybody. Left out, the last row with all its numbers far above
        the table's.
    codes
        The codes that its reasons may carry. Left out, the table's columns.
    """
    odd = far_above(table) if outlier is None else outlier
    known = frozenset(table.columns if codes is None else codes)
    subject = Subject(factory, table, odd, known)
    for check in CHECKS:
        check(subject)


def far_above(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table's last row with every number far above the table's."""
    numbers = cs.float()
    return table.with_columns(
        (numbers.fill_nan(None).max().abs().fill_null(0.0) + 1.0) * _EXTREME
    ).tail(1)


def check_scores_lie_in_the_unit_interval(subject: Subject) -> None:
    """Expect scores in float64, one a row, finite, in [0, 1], and none for no rows."""
    detector = subject.trained()
    scores = detector.score(subject.rows)
    _expect(scores.shape == (subject.rows.height,), "a score for every row")
    _expect(scores.dtype == np.float64, "scores in float64")
    _expect(bool(np.isfinite(scores).all()), "finite scores")
    _expect(bool(((scores >= 0) & (scores <= 1)).all()), "scores in [0, 1]")
    _expect(detector.score(subject.table.clear()).shape == (0,), "no scores for no rows")


def check_detail_goes_row_by_row(subject: Subject) -> None:
    """Expect the added columns to have the table's height, whatever that is."""
    detector = subject.trained()
    for rows in (subject.rows, subject.table.head(1), subject.table.clear()):
        _expect(detector.detail(rows).height == rows.height, "a row of detail for every row")


def check_outliers_score_above_inliers(subject: Subject) -> None:
    """Expect the outlier to score above the typical row, and among the highest."""
    *inliers, outlier = subject.trained().score(subject.rows)
    _expect(bool(outlier > np.median(inliers)), "the outlier above the typical row")
    _expect(bool(outlier >= np.quantile(inliers, 0.9)), "the outlier among the highest scores")


def check_scoring_changes_nothing(subject: Subject) -> None:
    """Expect scoring, detailing and explaining to leave detector and table as they were."""
    detector = subject.trained()
    before, copy = _frozen(detector), subject.rows.clone()
    first = detector.score(copy)
    detector.detail(copy)
    detector.explain(copy)
    _expect(copy.equals(subject.rows, null_equal=True), "an unchanged table")
    _expect(_frozen(detector) == before, "an unchanged detector")
    _equal(detector.score(copy), first, "the same scores the second time")


def check_rows_do_not_see_each_other(subject: Subject) -> None:
    """Expect a row alone to score as it does in a table, in whatever order, beside whatever."""
    detector = subject.trained()
    rows = subject.rows
    scores = detector.score(rows)
    _equal(detector.score(rows.reverse()), scores[::-1], "the same scores in reverse order")
    _equal(detector.score(rows[2:9]), scores[2:9], "the same scores in a part of the table")
    for at in (0, rows.height // 2, rows.height - 1):
        _equal(detector.score(rows[at]), scores[at : at + 1], "the same score for a row alone")


def check_reasons_do_not_depend_on_other_rows(subject: Subject) -> None:
    """Expect a row alone to have the reasons it has in a table."""
    detector = subject.trained()
    together = detector.explain(subject.rows)
    _expect(len(together) == subject.rows.height, "reasons for every row")
    _expect(detector.explain(subject.outlier) == together[-1:], "the same reasons for a row alone")


def check_the_same_seed_gives_the_same_scores(subject: Subject) -> None:
    """Expect the same scores after training twice, and on reordered rows."""
    scores = subject.trained().score(subject.rows)
    again = subject.factory().fit(subject.table).score(subject.rows)
    _equal(again, scores, "the same scores after training twice")
    shuffled = subject.table.sample(fraction=1, shuffle=True, seed=1)
    reordered = subject.factory().fit(shuffled).score(subject.rows)
    _equal(reordered, scores, "the same scores after training on reordered rows")


def check_training_again_forgets(subject: Subject) -> None:
    """Expect training anew to leave nothing of the first training."""
    detector = subject.factory().fit(subject.table.head(subject.table.height // 2))
    retrained = detector.fit(subject.table).score(subject.rows)
    _equal(retrained, subject.trained().score(subject.rows), "nothing left of an earlier training")


def check_column_order_does_not_matter(subject: Subject) -> None:
    """Expect columns to be found by name, and those that nobody asked for to be ignored."""
    detector = subject.trained()
    turned = subject.rows.select(reversed(subject.rows.columns))
    more = turned.insert_column(0, pl.Series("nobody_asked", ["x"] * turned.height))
    _equal(detector.score(more), detector.score(subject.rows), "the same scores by column name")


def check_missing_values_are_scored(subject: Subject) -> None:
    """Expect scores where values are missing, in training or after, and for users never seen."""
    holes = _with_holes(subject.rows)
    for detector in (subject.trained(), subject.factory().fit(holes)):
        scores = detector.score(holes)
        _expect(bool(np.isfinite(scores).all()), "finite scores where values are missing")
        _expect(bool(((scores >= 0) & (scores <= 1)).all()), "scores in [0, 1] there too")
        detector.explain(holes)


def check_saved_and_loaded_scores_the_same(subject: Subject) -> None:
    """Expect parts of JSON and arrays that give back the same scores and reasons."""
    detector = subject.trained()
    settings, arrays = detector.to_parts()
    _expect(all(isinstance(array, np.ndarray) for array in arrays.values()), "parts in arrays")
    _expect(all(array.dtype != object for array in arrays.values()), "arrays of plain numbers")
    loaded = type(detector).from_parts(json.loads(json.dumps(settings)), arrays)
    _equal(loaded.score(subject.rows), detector.score(subject.rows), "the same scores when loaded")
    _expect(loaded.threshold == detector.threshold, "the same threshold when loaded")
    _expect(
        loaded.explain(subject.outlier) == detector.explain(subject.outlier),
        "the same reasons when loaded",
    )


def check_every_anomaly_has_a_reason(subject: Subject) -> None:
    """Expect a reason for each score at or above the threshold, of a code that exists."""
    detector = subject.trained()
    scores = detector.score(subject.rows)
    _expect(0 <= detector.threshold <= 1, "a threshold in [0, 1]")
    for score, reasons in zip(scores, detector.explain(subject.rows), strict=True):
        _expect(bool(reasons) or score < detector.threshold, "a reason for every anomaly")
        _check_reasons(reasons, subject.codes, detector.name)


def _check_reasons(reasons: list[Reason], codes: frozenset[str], name: str) -> None:
    """Check one row's reasons."""
    weights = [reason.weight for reason in reasons]
    _expect(weights == sorted(weights, reverse=True), "reasons with the weightiest first")
    _expect(all(0 <= weight <= 1 for weight in weights), "weights in [0, 1]")
    unknown = {reason.code for reason in reasons} - codes
    _expect(not unknown, f"reasons of known codes, not {sorted(unknown)}")
    _expect(all(reason.detector == name for reason in reasons), "reasons signed by the detector")


CHECKS: Final[tuple[Callable[[Subject], None], ...]] = (
    check_scores_lie_in_the_unit_interval,
    check_detail_goes_row_by_row,
    check_outliers_score_above_inliers,
    check_scoring_changes_nothing,
    check_rows_do_not_see_each_other,
    check_reasons_do_not_depend_on_other_rows,
    check_the_same_seed_gives_the_same_scores,
    check_training_again_forgets,
    check_column_order_does_not_matter,
    check_missing_values_are_scored,
    check_saved_and_loaded_scores_the_same,
    check_every_anomaly_has_a_reason,
)


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Fail with what was expected."""
    if not holds:
        raise AssertionError(f"A detector must give {what}.")


def _equal(got: Floats, want: Floats, what: str) -> None:
    """Fail unless two runs gave the same bits."""
    _expect(np.array_equal(got, want), what)


def _frozen(detector: Detector) -> tuple[str, dict[str, Any]]:
    """Return what a detector knows, in a form that compares."""
    settings, arrays = detector.to_parts()
    return json.dumps(settings, sort_keys=True), {k: v.tobytes() for k, v in arrays.items()}


def _with_holes(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with every third number missing, all in the last row, and new users.

    An amount is never missing: a row without one is no transaction.
    """
    row = pl.int_range(pl.len())
    names = [name for name in table.select(cs.float()).columns if name != "amount"]
    holes = [
        pl.when((row % 3 == at % 3) | (row == pl.len() - 1))
        .then(float("nan"))
        .otherwise(pl.col(name))
        .alias(name)
        for at, name in enumerate(names)
    ]
    users = [pl.lit("never seen before").alias("user_id")] if "user_id" in table.columns else []
    return table.with_columns(*holes, *users)
