"""The compiled machine that asks a pack's rules of rows.

A program is a list of instructions over numbered slots: the columns that it reads, what is asked of
texts, constants, then everything in between. An instruction passes over a block of rows before the
next one does: the machine looks at each instruction once a block, the loops over the rows become
vector instructions, and the slots stay in the cache. A million rows and one payment take the very
same steps.

Every value is a float64. NaN is missing. A condition is 1, 0 or missing, with SQL's three values:
what compares with something missing is missing, 0 and missing is 0, 1 or missing is 1.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel, leaf

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]
Marks = NDArray[np.uint8]

BLOCK: Final = 256

# instructions: (what, slot of the result, up to three slots)
RULE = 0  # (RULE, number of the rule, applies, when, score)
ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, NEGATE = 1, 2, 3, 4, 5, 6
LEAST, GREATEST, FIRST, CHOOSE = 7, 8, 9, 10
ABSOLUTE, LOGARITHM, ROOT, EXPONENTIAL, FLOOR, CEILING, ROUND = 11, 12, 13, 14, 15, 16, 17
LESS, AT_MOST, EQUAL, AND, OR, NOT, MISSING = 18, 19, 20, 21, 22, 23, 24
# leaves: where a value comes from
CONSTANT, COLUMN, ATOM = 25, 26, 27

MEAN, MAX, ANY = 0, 1, 2
CONFIDENCE, SHOWN, FED = 0, 1, 2  # rows of ``numbers``; three columns are fed
ANOMALY, BAND, ALWAYS = 0, 1, 2  # rows of ``marks``
APPLIES, WHEN, SCORE = 0, 1, 2  # rows of ``verdicts``
_TOTAL, _COUNT, _VIOLATED, _ALWAYS, _FED = 0, 1, 2, 3, 4  # rows of the tally
GROUP, FEEDS, NEAR_MISSES, ALWAYS_ALERT = 0, 1, 2, 3  # columns of ``rules``


@leaf
def _step(what: int, v: Floats, x: int, y: int, w: int, z: int, n: int) -> None:
    """Carry out one instruction on a block: ``z = what(x, y, w)``."""
    if what == ADD:
        for i in range(n):
            v[z, i] = v[x, i] + v[y, i]
    elif what == SUBTRACT:
        for i in range(n):
            v[z, i] = v[x, i] - v[y, i]
    elif what == MULTIPLY:
        for i in range(n):
            v[z, i] = v[x, i] * v[y, i]
    elif what == DIVIDE:
        for i in range(n):
            v[z, i] = v[x, i] / v[y, i]
    elif what == MODULO:
        for i in range(n):
            v[z, i] = v[x, i] - v[y, i] * np.floor(v[x, i] / v[y, i])
    elif what == NEGATE:
        for i in range(n):
            v[z, i] = -v[x, i]
    elif what == LEAST:  # missing if one is: least(amount / user_p95, 1) is not 1 then
        for i in range(n):
            v[z, i] = v[x, i] if v[x, i] <= v[y, i] else (v[y, i] if v[y, i] < v[x, i] else np.nan)
    elif what == GREATEST:
        for i in range(n):
            v[z, i] = v[x, i] if v[x, i] >= v[y, i] else (v[y, i] if v[y, i] > v[x, i] else np.nan)
    elif what == FIRST:
        for i in range(n):
            v[z, i] = v[y, i] if np.isnan(v[x, i]) else v[x, i]
    elif what == CHOOSE:  # a condition that is missing does not hold
        for i in range(n):
            v[z, i] = v[y, i] if v[x, i] == 1.0 else v[w, i]
    elif what == ABSOLUTE:
        for i in range(n):
            v[z, i] = abs(v[x, i])
    elif what == LOGARITHM:
        for i in range(n):
            v[z, i] = (
                math.log(v[x, i]) if v[x, i] > 0.0 else (-np.inf if v[x, i] == 0.0 else np.nan)
            )
    elif what == ROOT:
        for i in range(n):
            v[z, i] = math.sqrt(v[x, i]) if v[x, i] >= 0.0 else np.nan
    elif what == EXPONENTIAL:
        for i in range(n):
            v[z, i] = np.exp(v[x, i])
    elif what == FLOOR:
        for i in range(n):
            v[z, i] = np.floor(v[x, i])
    elif what == CEILING:
        for i in range(n):
            v[z, i] = np.ceil(v[x, i])
    elif what == ROUND:  # half to even
        for i in range(n):
            v[z, i] = np.rint(v[x, i])
    elif what == LESS:
        for i in range(n):
            v[z, i] = 1.0 if v[x, i] < v[y, i] else (0.0 if v[x, i] >= v[y, i] else np.nan)
    elif what == AT_MOST:
        for i in range(n):
            v[z, i] = 1.0 if v[x, i] <= v[y, i] else (0.0 if v[x, i] > v[y, i] else np.nan)
    elif what == EQUAL:
        for i in range(n):
            v[z, i] = (
                1.0
                if v[x, i] == v[y, i]
                else (0.0 if v[x, i] < v[y, i] or v[x, i] > v[y, i] else np.nan)
            )
    elif what == AND:
        for i in range(n):
            v[z, i] = 0.0 if v[x, i] == 0.0 or v[y, i] == 0.0 else v[x, i] * v[y, i]
    elif what == OR:
        for i in range(n):
            v[z, i] = 1.0 if v[x, i] == 1.0 or v[y, i] == 1.0 else v[x, i] + v[y, i]
    elif what == NOT:
        for i in range(n):
            v[z, i] = 1.0 - v[x, i]
    elif what == MISSING:
        for i in range(n):
            v[z, i] = 1.0 if np.isnan(v[x, i]) else 0.0


@leaf
def _judge(
    rule: int, rules: Ints, v: Floats, holds: int, broken: int, near: int,
    own: Floats, taken: Floats, tally: Floats, combine: int, n: int,
) -> None:  # fmt: skip
    """Settle one rule's answers, and add them to what the block's rows come to.

    Its own rows become: whether it applies, whether it is violated (each 0 or 1), its score in [0, 1].
    """
    group, feeds = rules[rule, GROUP], rules[rule, FEEDS]
    for i in range(n):
        own[APPLIES, i] = 1.0 if v[holds, i] == 1.0 else 0.0
    if group >= 0:  # of a group only the first rule that applies judges a row
        for i in range(n):
            own[APPLIES, i] *= 1.0 - taken[group, i]
            taken[group, i] += own[APPLIES, i]
    for i in range(n):
        own[WHEN, i] = own[APPLIES, i] if v[broken, i] == 1.0 else 0.0
    for i in range(n):  # what cannot be known is 1 where the rule is violated and 0 elsewhere
        score = own[WHEN, i] if np.isnan(v[near, i]) else v[near, i]
        own[SCORE, i] = min(max(score, 0.0), 1.0)
    if not rules[rule, NEAR_MISSES]:
        for i in range(n):
            own[SCORE, i] *= own[WHEN, i]
    if combine == MEAN:
        for i in range(n):
            tally[_TOTAL, i] += own[SCORE, i] * own[APPLIES, i]
            tally[_COUNT, i] += own[APPLIES, i]
    elif combine == MAX:
        for i in range(n):
            tally[_TOTAL, i] = max(tally[_TOTAL, i], own[SCORE, i] * own[APPLIES, i])
    else:  # 1 - (1 - a)(1 - b): several weak signs add up, never above 1
        for i in range(n):
            tally[_TOTAL, i] += own[SCORE, i] * own[APPLIES, i] * (1.0 - tally[_TOTAL, i])
    for i in range(n):
        tally[_VIOLATED, i] = max(tally[_VIOLATED, i], own[WHEN, i])
    if rules[rule, ALWAYS_ALERT]:
        for i in range(n):
            tally[_ALWAYS, i] = max(tally[_ALWAYS, i], own[WHEN, i])
    if feeds >= 0:
        for i in range(n):
            tally[_FED + feeds, i] = max(tally[_FED + feeds, i], own[SCORE, i] * own[APPLIES, i])


@leaf
def _settle(
    tally: Floats, combine: int, anomaly_above: float, bands: Floats, numbers: Floats, marks: Marks,
    at: int, n: int,
) -> None:  # fmt: skip
    """Turn a block's tally into confidence, anomaly and band, and write them out."""
    for i in range(n):
        confidence = tally[_TOTAL, i]
        if combine == MEAN:
            confidence /= max(tally[_COUNT, i], 1.0)
        numbers[CONFIDENCE, at + i] = min(max(confidence, 0.0), 1.0)
    for i in range(n):
        numbers[SHOWN, at + i] = np.rint(numbers[CONFIDENCE, at + i] * 1000.0) / 1000.0
    for feed in range(numbers.shape[0] - FED):
        for i in range(n):
            numbers[FED + feed, at + i] = tally[_FED + feed, i]
    for i in range(n):
        near = numbers[CONFIDENCE, at + i] > anomaly_above
        marks[ANOMALY, at + i] = near or tally[_VIOLATED, i] == 1.0
        marks[ALWAYS, at + i] = tally[_ALWAYS, i] == 1.0
        marks[BAND, at + i] = 0
    for band in range(bands.size - 1):
        for i in range(n):
            marks[BAND, at + i] += numbers[SHOWN, at + i] < bands[band]
    for i in range(n):
        if marks[ANOMALY, at + i] == 0:
            marks[BAND, at + i] = bands.size


@kernel
def evaluate(
    code: Ints, rules: Ints, groups: int, slots: int, constants: Floats, asked: Ints,
    bands: Floats, combine: int, anomaly_above: float,
    inputs: Floats, coded: Ints, starts: Ints, answers: Floats, at: int,
    numbers: Floats, marks: Marks, violated: Words, verdicts: Floats,
) -> None:  # fmt: skip
    """Ask a program of some rows, the first of which is the row ``at`` of the table.

    Parameters
    ----------
    code, rules, groups, slots, constants, asked
        The program.
    bands, combine, anomaly_above
        What becomes of the answers.
    inputs
        The columns it reads, (columns, rows), of these rows alone.
    coded, starts, answers
        The texts as numbers, (columns, height); where the answers to each question about texts
        begin; the answers, by the numbers of the texts.
    numbers, marks, violated
        To be filled, each (…, height); the last with one bit a rule, zero before.
    verdicts
        Where each rule's answers (applies, when, score) are wanted: (3, rules, height); else empty.
    """
    n_inputs, rows = inputs.shape
    width, n_atoms = min(rows, BLOCK), starts.size
    work = np.empty((slots, width))
    tally = np.empty((_FED + 3, width))
    own = np.empty((3, width))
    taken = np.empty((groups, width))
    for c in range(constants.size):
        work[n_inputs + n_atoms + c, :] = constants[c]
    for start in range(0, rows, BLOCK):
        n = min(BLOCK, rows - start)
        tally[:] = 0.0
        taken[:] = 0.0
        for k in range(n_inputs):
            for i in range(n):
                work[k, i] = inputs[k, start + i]
        for a in range(n_atoms):
            column, first = asked[a], starts[a]
            for i in range(n):
                work[n_inputs + a, i] = answers[first + coded[column, at + start + i]]
        for line in range(code.shape[0]):
            what, out = code[line, 0], code[line, 1]
            x, y, w = code[line, 2], code[line, 3], code[line, 4]
            if what != RULE:
                _step(what, work, x, y, w, out, n)
                continue
            _judge(out, rules, work, x, y, w, own, taken, tally, combine, n)
            word, bit = out // 64, np.uint64(1) << np.uint64(out % 64)
            for i in range(n):
                violated[word, at + start + i] |= bit if own[WHEN, i] == 1.0 else np.uint64(0)
            for part in range(verdicts.shape[0]):
                for i in range(n):
                    verdicts[part, out, at + start + i] = own[part, i]
        _settle(tally, combine, anomaly_above, bands, numbers, marks, at + start, n)
