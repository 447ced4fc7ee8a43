"""Rules: SQL conditions over one row, from a TOML pack that is checked before it judges anybody.

The way through the folder: ``library`` finds a pack's text, ``reading`` checks its form and
``expressions`` its conditions, each of which becomes steps (``meaning``); ``program`` puts the steps
of all rules together, ``inputs`` brings what they read, and ``judge`` runs them over rows
(``_kernels``). ``columns``, ``reasons`` and ``report`` say what came out, ``trial`` tries a pack on a
file.
"""

from outlay.detectors.rules.detector import RulesDetector
from outlay.detectors.rules.library import builtin_packs, load_pack
from outlay.detectors.rules.pack import Pack, Rule
from outlay.detectors.rules.report import report
from outlay.detectors.rules.trial import TrialResult, describe, trial

__all__ = [
    "Pack",
    "Rule",
    "RulesDetector",
    "TrialResult",
    "builtin_packs",
    "describe",
    "load_pack",
    "report",
    "trial",
]
