"""What an expression comes to: steps over the values of a row, each worked out once.

Texts have no steps of their own. A text is a column, a constant or a choice among texts, and whatever
is asked of a choice is asked of both sides: ``lower(if(c, a, b)) = 'x'`` becomes
``if(c, lower(a) = 'x', lower(b) = 'x')``. So only questions about single columns remain (`Atom`).
"""

import math
from dataclasses import dataclass, field

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.scope import Kind
from outlay.detectors.rules.texts import Asked, Atom, Name, decided

Leaf = Name | str | None
"""A column's text, the rule's own text, or a missing one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two texts, by a condition."""

    condition: int
    yes: "Text"
    no: "Text"


Text = Leaf | Choice


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is read as numbers: 1 and 0 where it holds conditions."""

    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on the results of earlier steps, or a leaf.

    Constants are kept as texts: 0 is not -0, and NaN is NaN. An atom about two columns is a column.
    """

    what: int
    of: tuple[int, ...] = ()
    leaf: str | Input | Atom | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """The steps of a checked expression, the operands of each before it, and which is its value."""

    steps: tuple[Step, ...]
    result: int


@dataclass(slots=True)
class Draft:
    """An expression's meaning while it is written."""

    steps: dict[Step, int] = field(default_factory=dict)

    def finished(self, result: int) -> Meaning:
        """Return the meaning of the expression whose value is ``result``."""
        return Meaning(tuple(self.steps), result)

    def step(self, what: int, *of: int) -> int:
        """Return the result of an operation."""
        return self.add(Step(what, of))

    def constant(self, value: float) -> int:
        """Return a number, or 1 or 0 for a condition; NaN is what is missing."""
        return self.add(Step(k.CONSTANT, leaf=repr(float(value))))

    def column(self, name: str, kind: Kind) -> int:
        """Return a column of numbers or conditions."""
        return self.add(Step(k.COLUMN, leaf=Input(name, kind)))

    def choose(self, condition: int, yes: int, no: int) -> int:
        """Return one of two values, by a condition."""
        return yes if yes == no else self.step(k.CHOOSE, condition, yes, no)

    def asked(self, asked: Asked, left: Text, right: Text | frozenset[str] = "") -> int:
        """Return the answer to a question about texts."""
        if isinstance(left, Choice):
            yes, no = (self.asked(asked, side, right) for side in (left.yes, left.no))
            return self.choose(left.condition, yes, no)
        if isinstance(right, Choice):
            yes, no = (self.asked(asked, left, side) for side in (right.yes, right.no))
            return self.choose(right.condition, yes, no)
        return self._leaf(asked, left, right)

    def _leaf(self, asked: Asked, left: Leaf, right: Leaf | frozenset[str]) -> int:
        if asked == "missing":
            return (
                self._atom(Atom(asked, left))
                if isinstance(left, Name)
                else self.constant(left is None)
            )
        if left is None or right is None:
            return self.constant(math.nan)
        if isinstance(left, Name) or isinstance(right, Name):
            return self._atom(Atom(asked, left, right))
        return self.constant(decided(asked, left, right))

    def _atom(self, atom: Atom) -> int:
        return self.add(Step(k.ATOM if len(atom.names) == 1 else k.COLUMN, leaf=atom))

    def add(self, step: Step) -> int:
        """Return where a step is, which is written unless it already is."""
        return self.steps.setdefault(step, len(self.steps))


def lowered(text: Text) -> Text:
    """Return a text in lower case."""
    if isinstance(text, Choice):
        return Choice(text.condition, lowered(text.yes), lowered(text.no))
    return Name(text.column, lowered=True) if isinstance(text, Name) else text and text.lower()
