"""Why a transaction stands out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground of a decision.

    Parameters
    ----------
    code
        The rule's code, or the feature's name in the catalogue.
    text
        A sentence in human units. Empty where the detector only credits a feature: the pipeline
        then words it from the catalogue.
    weight
        How much it counts, in [0, 1]; reasons are shown heaviest first.
    detector
        Who says so: ``rules``, ``isolation_forest``, ``fuzzy``.
    """

    code: str
    text: str
    weight: float
    detector: str
