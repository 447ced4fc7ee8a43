"""From the verdicts to the columns of the scored table."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.judge import WORD, Verdicts
from outlay.detectors.rules.pack import Pack
from outlay.detectors.rules.program import FEEDS
from outlay.schema.words import chosen, spelled

NORMAL: Final = "normal"
_AMOUNT, _PERCENTILE, _HOUR = FEEDS
ANSWERS: Final = (
    "rule_confidence",
    "rule_is_anomaly",
    "rule_violations",
    *FEEDS,
    "rule_severity",
    "rule_action",
    "rule_always_alert",
)


def answers(verdicts: Verdicts) -> dict[str, NDArray[np.generic]]:
    """Return what the scored table says about the rules, as arrays, (rows,) each.

    ``rule_violations`` holds bits, (words, rows). Severity and action are the place of the band, one
    past the last for what is normal: see `severities` and `actions`.
    """
    numbers, band, holds = verdicts.numbers, verdicts.marks[k.BAND], verdicts.marks.view(np.bool_)
    return {
        "rule_confidence": numbers[k.SHOWN],
        "rule_is_anomaly": holds[k.ANOMALY],
        "rule_violations": verdicts.bits,
        _AMOUNT: numbers[k.FED],
        _PERCENTILE: numbers[k.FED + 1],
        _HOUR: numbers[k.FED + 2],
        "rule_severity": band,
        "rule_action": band,
        "rule_always_alert": holds[k.ALWAYS],
    }


def severities(pack: Pack) -> tuple[str, ...]:
    """Return the severity of each band, and last that of what is normal."""
    return (*(band.severity for band in pack.bands), NORMAL)


def actions(pack: Pack) -> tuple[str | None, ...]:
    """Return what to do in each band, and last nothing."""
    return (*(band.action for band in pack.bands), None)


def detail(pack: Pack, verdicts: Verdicts) -> pl.DataFrame:
    """Return what the scored table says about the rules, one row a transaction."""
    return spelled(framed(pack, [rule.code for rule in verdicts.rules], answers(verdicts)))


def framed(pack: Pack, names: list[str], found: Mapping[str, NDArray[Any]]) -> pl.DataFrame:
    """Return the answers as the columns of a scored table: words for codes, lists for bits.

    See `outlay.schema.words` for the words.
    """
    band = found["rule_severity"]
    own = {name: found[name] for name in ANSWERS}
    words = {
        "rule_violations": codes(found["rule_violations"], names),
        "rule_severity": chosen(severities(pack), band),
        "rule_action": chosen(actions(pack), band),
    }
    return pl.DataFrame({**own, **words})


def codes(bits: NDArray[np.uint64], names: list[str]) -> pl.Series:
    """Return the codes of the violated rules of each row: few combinations, and mostly none."""
    found = np.flatnonzero(bits.any(axis=0))
    first, which = _combinations(bits[:, found])
    lists = [[], *(named(bits[:, at], names) for at in found[first])]
    place = np.zeros(bits.shape[1], np.uint32)
    place[found] = which + 1
    return pl.Series(lists, dtype=pl.List(pl.String)).gather(pl.Series(place))


def _combinations(bits: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each combination of bits first stands, and which one each row has."""
    # np.unique over an axis compares bytes, which takes fifty times as long
    _, first, which = np.unique(bits[0], return_index=True, return_inverse=True)
    for word in bits[1:]:
        known, own = np.unique(word, return_inverse=True)
        _, first, which = np.unique(
            which * known.size + own, return_index=True, return_inverse=True
        )
    return first, which


def named(words: NDArray[np.uint64], names: list[str]) -> list[str]:
    """Return the names whose bits are set.

    >>> named(np.array([5], np.uint64), ["a", "b", "c"])
    ['a', 'c']
    """
    mask = sum(int(word) << WORD * place for place, word in enumerate(words))
    return [name for place, name in enumerate(names) if mask >> place & 1]
