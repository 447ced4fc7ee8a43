"""A trained model: everything that a decision depends on, as plain data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.decision import Books, Risk
from outlay.detectors.base import Detector
from outlay.features import Pasts, Population
from outlay.pipeline.settings import Config

Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]


_ASIDE: Final = ("dashboards", "output", "machine")
_OF_A_FILE: Final = ("columns", "rates", "currency", "negative", "time_format")


def _deciding(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out the settings that say how a file is read and what is drawn: they decide nothing."""
    read = {name: value for name, value in config["input"].items() if name not in _OF_A_FILE}
    return {**{k: v for k, v in config.items() if k not in _ASIDE}, "input": read}


@dataclass(frozen=True)
class Model:
    """What training learned, and where its users stand.

    Parameters
    ----------
    config
        The settings it was trained with.
    population
        The prior of users without a past.
    detectors
        The trained detectors, by name: rules, isolation_forest, fuzzy.
    risk
        The witnesses' tails in training.
    currency
        What amounts are counted in, where that is known.
    training
        Figures of the training, to be shown.
    pasts, books
        The users' states and the alert books after the last transaction. They move on with each
        scoring and are no part of the digest.
    """

    config: Config
    population: Population
    detectors: Mapping[str, Detector]
    risk: Risk
    currency: str | None
    training: Mapping[str, Any]
    pasts: Pasts = field(repr=False)
    books: Books

    @property
    def forest_threshold(self) -> float:
        """Return the anomaly score from which on a transaction is an anomaly."""
        return self.detectors["isolation_forest"].threshold

    def moved(self, pasts: Pasts, books: Books) -> "Model":
        """Return the model after more transactions."""
        return replace(self, pasts=self.pasts.merged(pasts), books=books)

    @cached_property
    def digest(self) -> str:
        """Return what identifies the model: equal digests decide alike, to the last bit."""
        from outlay.pipeline.artifact import to_parts

        settings, arrays = to_parts(self)
        settings = {**settings, "config": _deciding(settings["config"])}
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        for name in sorted(arrays):
            values = np.ascontiguousarray(arrays[name])
            digest.update(f"{name}:{values.dtype.str}:{values.shape}".encode())
            digest.update(values.tobytes())
        return digest.hexdigest()

    def feature_importance(self) -> dict[str, Any]:
        """Return what ``feature_importance.json`` holds; dashboards read its threshold."""
        forest: Any = self.detectors["isolation_forest"]
        return {
            "metrics": {"anomaly_score_threshold": self.forest_threshold, **self.training},
            "feature_importance": forest.importances(),
            "model_digest": self.digest,
        }
