"""From rules to one program for the compiled machine: shared steps once, few slots."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final, cast

import numpy as np

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.meaning import Draft, Input, Meaning, Step
from outlay.detectors.rules.pack import Feeds, Rule
from outlay.detectors.rules.texts import Atom

FEEDS: Final[tuple[Feeds, ...]] = ("amount_score", "user_percentile_score", "hour_risk_score")
_LEAVES: Final = (k.COLUMN, k.ATOM, k.CONSTANT)
"""In the order of their slots."""

Answers = Callable[[Sequence[str | None]], list[float]]
"""A question about texts: 1, 0 or NaN for each."""

MOST_KNOWN: Final = 1024
"""Texts of a column whose answers are kept: a type or a country comes again with many a payment."""

Line = tuple[int, int, tuple[int, ...]]
"""An instruction: what; the step (or, of `k.RULE`, the rule) that it gives; the steps it takes."""


@dataclass(frozen=True, slots=True)
class Program:
    """Rules as `_kernels.evaluate` takes them.

    Slots are numbered: columns first, then atoms, constants, and what is worked out in between.

    Parameters
    ----------
    columns
        What is read as numbers: columns, and comparisons of two columns of texts.
    texts, answers_of_one
        The columns of texts, with what is asked of each; and what gives all answers on one text.
    asked
        The question's column, by number.
    texts_of_one, starts_of_one
        If there is one row: the texts by number, and where the answers to each question begin.
    constants
        The numbers that stand in the rules.
    code
        The instructions.
    rules
        What is to be known of each rule.
    groups, slots
        How many there are.
    """

    columns: tuple[Input | Atom, ...]
    texts: tuple[tuple[str, tuple[Answers, ...]], ...]
    answers_of_one: tuple[tuple[str, Callable[[str | None], tuple[float, ...]]], ...]
    asked: k.Ints
    texts_of_one: k.Ints
    starts_of_one: k.Ints
    constants: k.Floats
    code: k.Ints
    rules: k.Ints
    groups: int
    slots: int

    @property
    def machine(self) -> tuple[k.Ints, k.Ints, int, int, k.Floats, k.Ints]:
        """Return what `_kernels.evaluate` takes first."""
        return self.code, self.rules, self.groups, self.slots, self.constants, self.asked


def program(rules: Sequence[Rule]) -> Program:
    """Return the rules as a program, which gives their answers in this order."""
    draft = Draft()
    lines = list(_lines(rules, draft))
    steps = list(draft.steps)
    slots = _leaf_slots(steps)
    first = len(slots)
    code, n_slots = _with_slots(lines, slots, first)
    leaves = {what: [steps[at].leaf for at in slots if steps[at].what == what] for what in _LEAVES}
    texts = _texts(cast("list[Atom]", leaves[k.ATOM]))
    asked = [place for place, (_, questions) in enumerate(texts) for _ in questions]
    groups = list(dict.fromkeys(rule.group for rule in rules if rule.group))
    return Program(
        columns=cast("tuple[Input | Atom, ...]", tuple(leaves[k.COLUMN])),
        texts=texts,
        answers_of_one=tuple((column, _of_one(questions)) for column, questions in texts),
        asked=np.array(asked, np.int32),
        texts_of_one=np.zeros((len(texts), 1), np.int32),
        starts_of_one=np.arange(len(asked), dtype=np.int32),
        constants=np.array([float(cast("str", leaf)) for leaf in leaves[k.CONSTANT]]),
        code=np.array(code, np.int32).reshape(-1, 5),
        rules=np.array([_rule(rule, groups) for rule in rules], np.int32).reshape(-1, 4),
        groups=len(groups),
        slots=n_slots,
    )


def _rule(rule: Rule, groups: list[str]) -> tuple[int, int, bool, bool]:
    """Return what the machine knows of a rule, in the order of `_kernels`."""
    group = groups.index(rule.group) if rule.group else -1
    feeds = FEEDS.index(rule.feeds) if rule.feeds else -1
    return group, feeds, rule.near_misses, rule.always_alert


def _lines(rules: Sequence[Rule], draft: Draft) -> Iterator[Line]:
    """Yield the instructions of one rule after the other; what was worked out before is not again."""
    written: set[int] = set()
    for number, rule in enumerate(rules):
        answers = (
            _merged(rule.applies.meaning, draft) if rule.applies else draft.constant(1.0),
            _merged(rule.when.meaning, draft),
            _merged(rule.score.meaning, draft) if rule.score else draft.constant(float("nan")),
        )
        steps = list(draft.steps)
        for at in sorted(_needed(answers, steps) - written):
            written.add(at)
            if steps[at].what not in _LEAVES:
                yield steps[at].what, at, steps[at].of
        yield k.RULE, number, answers


def _merged(meaning: Meaning, draft: Draft) -> int:
    """Write an expression's steps into the draft of all, and return where its value is."""
    places: list[int] = []
    for step in meaning.steps:
        moved = Step(step.what, tuple(places[part] for part in step.of), step.leaf)
        places.append(draft.add(moved))
    return places[meaning.result]


def _needed(answers: Sequence[int], steps: Sequence[Step]) -> set[int]:
    """Return the steps that some answers rest on."""
    found: set[int] = set()
    waiting = list(answers)
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += steps[at].of
    return found


def _texts(atoms: Sequence[Atom]) -> tuple[tuple[str, tuple[Answers, ...]], ...]:
    """Return every column of texts with its questions; the atoms stand in this order."""
    columns = groupby(atoms, key=_column)
    return tuple((column, tuple(atom.answers() for atom in asked)) for column, asked in columns)


def _of_one(questions: tuple[Answers, ...]) -> Callable[[str | None], tuple[float, ...]]:
    """Return what answers all questions about one text; it remembers the last texts."""

    @lru_cache(maxsize=MOST_KNOWN)
    def answers(text: str | None) -> tuple[float, ...]:
        return tuple(answer for question in questions for answer in question([text]))

    return answers


def _column(atom: Atom) -> str:
    return atom.names[0].column


def _leaf_slots(steps: Sequence[Step]) -> dict[int, int]:
    """Return the slots of the leaves, by step."""
    columns, atoms, constants = (
        [at for at, step in enumerate(steps) if step.what == what] for what in _LEAVES
    )
    atoms.sort(key=lambda at: _column(cast("Atom", steps[at].leaf)))
    return {at: slot for slot, at in enumerate([*columns, *atoms, *constants])}


def _with_slots(
    lines: Sequence[Line], slots: dict[int, int], first: int
) -> tuple[list[tuple[int, ...]], int]:
    """Give every result a slot, and take it back after its last use.

    A result never gets the slot of its own operand: a loop that reads and writes different memory
    becomes vector instructions.
    """
    last = {step: at for at, (_, _, of) in enumerate(lines) for step in of}
    free: list[int] = []
    used, code = first, []
    for at, (what, result, of) in enumerate(lines):
        place = result
        if what != k.RULE:
            if not free:
                free.append(used)
                used += 1
            place = slots[result] = free.pop()
        taken = [slots[step] for step in of]
        code.append((what, place, *taken, *[taken[0]] * (3 - len(taken))))
        free += [slots[step] for step in {*of} if last[step] == at and slots[step] >= first]
    return code, used
