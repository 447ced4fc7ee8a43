"""Questions about texts: each is asked once of every distinct text, and then known by its number.

The rest of the language is arithmetic over numbers, so what a condition says of texts is brought down
to such questions: is it in this set, does it begin like this.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import eq
from typing import Literal, cast

from outlay.detectors.rules.like import like

Asked = Literal["missing", "equal", "begins", "among", "like"]


@dataclass(frozen=True, slots=True)
class Name:
    """A column of texts, perhaps in lower case."""

    column: str
    lowered: bool = False

    def of(self, text: str) -> str:
        """Return a text of the column as it is compared."""
        return text.lower() if self.lowered else text


Side = Name | str | frozenset[str]


@dataclass(frozen=True, slots=True)
class Atom:
    """A question about one text of the row, or about two.

    Parameters
    ----------
    asked
        What is asked.
    left, right
        What it is asked of, and what that is compared with; one of them at least is a column.
    """

    asked: Asked
    left: Side
    right: Side = ""

    @property
    def names(self) -> tuple[Name, ...]:
        """The one or two columns it is about."""
        return tuple(side for side in (self.left, self.right) if isinstance(side, Name))

    def answers(self) -> Callable[[Iterable[str | None]], list[float]]:
        """Return the question about one column: for each text 1 or 0, or NaN where it is missing."""
        if self.asked == "missing":
            return lambda texts: [float(text is None) for text in texts]
        (name,) = self.names
        test = _bound(self.asked, self.left, self.right)
        if name.lowered:
            return lambda texts: [
                math.nan if text is None else float(test(text.lower())) for text in texts
            ]
        return lambda texts: [math.nan if text is None else float(test(text)) for text in texts]

    def answers_of_two(
        self, texts: Iterable[str | None], others: Iterable[str | None]
    ) -> list[float]:
        """Return the answer for each pair of texts of the two columns."""
        left, right = self.names
        test = TESTS[self.asked]
        return [
            math.nan if one is None or other is None else float(test(left.of(one), right.of(other)))
            for one, other in zip(texts, others, strict=True)
        ]


TESTS: Mapping[Asked, Callable[[str, str], bool]] = {"equal": eq, "begins": str.startswith}
"""The questions that two texts can be asked."""


def decided(asked: Asked, left: str, right: str | frozenset[str]) -> bool:
    """Return the answer where no column is asked about."""
    return _bound(asked, None, right)(left)


def _bound(asked: Asked, left: Side | None, right: Side) -> Callable[[str], bool]:
    """Return the question with all but the row's own text filled in."""
    if asked == "among":
        return cast("frozenset[str]", right).__contains__
    if asked == "like":
        return like(cast("str", right))
    test = TESTS[asked]
    if isinstance(right, Name):
        return lambda text: test(cast("str", left), text)
    return lambda text: test(text, cast("str", right))
