"""What judging passes on: the detectors' answers, and everything that was decided."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.decision import Verdict
from outlay.pipeline.ask import Answers

Floats = NDArray[np.float64]


class Answered(msgspec.Struct, frozen=True):
    """What the detectors say of some rows, and how rare so much evidence is in training."""

    answers: Answers
    share: Floats


class Verdicts(msgspec.Struct, frozen=True):
    """Everything that is decided about some rows, an array each.

    Parameters
    ----------
    answers
        What the detectors said.
    share
        The tail share of the evidence in training.
    alert_share
        The tail share that each row was held to.
    verdict
        What follows; `outlay.decision.SEVERITIES` and ``OUTCOMES`` are the words of its codes.
    """

    answers: Answers
    share: Floats
    alert_share: Floats
    verdict: Verdict
