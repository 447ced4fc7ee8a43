"""What only the whole input can decide, where it is read in parts.

Which of day and month comes first, whether a comma groups or is the decimal sign, whether ids are
floats that pandas left: such questions are answered by the whole column. Read in parts, each part
gives its evidence, counts that add up, and is read by the answer that the evidence so far gives.
If a later part changes an answer, the parts before it were read wrongly: `Whole.wavering` names
the question, and reading begins anew with the answer of all parts (`Whole.settled`).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

T = TypeVar("T")
Evidence = Mapping[str, int]


class Whole:
    """The evidence of the parts read so far, and the answers that it gave."""

    def __init__(self, settled: Mapping[str, Evidence] | None = None) -> None:
        self._settled = dict(settled or {})
        self._seen: dict[str, Counter[str]] = {}
        self._answers: dict[str, Any] = {}
        self.wavering: set[str] = set()
        self.reasons = Counter[str]()
        """How often which fault was found."""

    def choose(self, question: str, evidence: Evidence, decide: Callable[[Evidence], T]) -> T:
        """Return the answer to a question, by the evidence of this part and of those before."""
        if question in self._settled:
            return decide(self._settled[question])
        seen = self._seen.setdefault(question, Counter())
        seen.update(evidence)
        answer = decide(seen)
        if self._answers.setdefault(question, answer) != answer:
            self.wavering.add(question)
        return answer

    def answers(self) -> dict[str, Evidence]:
        """Return all evidence: with it parts can be read again, and are read the same."""
        return {**self._seen, **self._settled}

    def settled(self) -> Self:
        """Return what to begin anew with: the answers that changed on the way stand from the start."""
        changed = {question: self._seen[question] for question in self.wavering}
        return type(self)({**self._settled, **changed})


def choose(
    whole: Whole | None, question: str, evidence: Evidence, decide: Callable[[Evidence], T]
) -> T:
    """Return the answer of the whole input, which is this table where there are no parts."""
    return decide(evidence) if whole is None else whole.choose(question, evidence, decide)
