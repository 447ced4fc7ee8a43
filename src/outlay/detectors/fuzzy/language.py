"""The language of fuzzy conditions: ``amount is large and (time is unusual or not novelty is none)``.

A condition is read into its negation normal form: ``not`` moves down to the single statements
(De Morgan holds for min, max and 1 - x), so that a statement about something unknown can count for
nothing whether it is negated or not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, NoReturn

from outlay.errors import RuleError, nearest

LONGEST: Final = 500
DEEPEST: Final = 20
MOST_CLAUSES: Final = 64
_TOKEN: Final = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9]*|[()]|\S)")
_WORDS: Final = frozenset(("and", "or", "not", "is", "(", ")", ""))


@dataclass(frozen=True, slots=True)
class Is:
    """One statement: a variable is a term, or is not."""

    variable: str
    term: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds: the minimum."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Some part holds: the maximum."""

    parts: tuple["Condition", ...]


Condition = Is | All | Any
Clause = tuple[Is, ...]


def parse(text: str, terms: Mapping[str, Mapping[str, object]], where: str) -> Condition:
    """Return the condition that ``text`` says about variables and their ``terms``.

    >>> parse("not (a is big or b is old)", {"a": {"big": 0}, "b": {"old": 0}}, "rule 1")
    ... # doctest: +NORMALIZE_WHITESPACE
    All(parts=(Is(variable='a', term='big', negated=True),
               Is(variable='b', term='old', negated=True)))
    """
    return _Parser(text, terms, where).parsed()


def clauses(condition: Condition) -> list[Clause]:
    """Return the condition as alternatives of statements that all must hold.

    >>> a, b, c = Is("x", "a"), Is("x", "b"), Is("y", "c")
    >>> clauses(All((Any((a, b)), c))) == [(a, c), (b, c)]
    True
    """
    if isinstance(condition, Is):
        return [(condition,)]
    parts = [clauses(part) for part in condition.parts]
    if isinstance(condition, Any):
        return [clause for part in parts for clause in part]
    return [sum(choice, ()) for choice in product(*parts)]


def count_clauses(condition: Condition) -> int:
    """Return how many `clauses` there would be, without making them."""
    if isinstance(condition, Is):
        return 1
    counts = [count_clauses(part) for part in condition.parts]
    if isinstance(condition, Any):
        return sum(counts)
    total = 1
    for count in counts:
        total *= count
    return total


class _Parser:
    def __init__(self, text: str, terms: Mapping[str, Mapping[str, object]], where: str) -> None:
        self.text, self.terms, self.where = text, terms, where
        if len(text) > LONGEST:
            self._fail(0, f"is longer than {LONGEST} characters", "split it into several rules.")
        self.words: Iterator[re.Match[str]] = _TOKEN.finditer(text)
        self.at = 0
        self.word = ""
        self._next()

    def parsed(self) -> Condition:
        condition = self._any(depth=0, negated=False)
        if self.word:
            self._fail(self.at, f"does not go on with {self.word!r}", "join statements by and, or.")
        if count_clauses(condition) > MOST_CLAUSES:
            self._fail(0, "has too many alternatives", "split it into several rules.")
        return condition

    def _any(self, depth: int, *, negated: bool) -> Condition:
        parts = [self._all(depth, negated=negated)]
        while self.word == "or":
            self._next()
            parts.append(self._all(depth, negated=negated))
        kind = All if negated else Any
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _all(self, depth: int, *, negated: bool) -> Condition:
        parts = [self._one(depth, negated=negated)]
        while self.word == "and":
            self._next()
            parts.append(self._one(depth, negated=negated))
        kind = Any if negated else All
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _one(self, depth: int, *, negated: bool) -> Condition:
        if depth > DEEPEST:
            self._fail(self.at, "is nested too deeply", "split it into several rules.")
        if self.word == "not":
            self._next()
            return self._one(depth + 1, negated=not negated)
        if self.word != "(":
            return self._statement(negated=negated)
        self._next()
        inside = self._any(depth + 1, negated=negated)
        self._expect(")")
        return inside

    def _statement(self, *, negated: bool) -> Is:
        variable = self._name("variable", self.terms)
        self._expect("is")
        if self.word == "not":
            self._next()
            negated = not negated
        return Is(variable, self._name(f"term of {variable!r}", self.terms[variable]), negated)

    def _name(self, kind: str, known: Mapping[str, object]) -> str:
        name = self.word
        if name not in known:
            found = f"{name!r} is no {kind}" if name not in _WORDS else f"a {kind} is missing"
            guess = nearest(name, known)
            self._fail(self.at, f"{found}; there is {', '.join(known)}.{guess}", "see the file.")
        self._next()
        return name

    def _expect(self, word: str) -> None:
        if self.word != word:
            found = repr(self.word) if self.word else "the end"
            self._fail(self.at, f"has {found} where {word!r} should be", "write: variable is term.")
        self._next()

    def _next(self) -> None:
        match = next(self.words, None)
        self.word = match[1] if match else ""
        self.at = match.start(1) if match else len(self.text)

    def _fail(self, at: int, problem: str, hint: str) -> NoReturn:
        raise RuleError(
            f"{self.where}: the condition {self.text[:LONGEST]!r} {problem} (column {at + 1}).\n\n"
            f"Hint: {hint}"
        )
