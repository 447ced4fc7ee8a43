"""What is wrong with a rule pack: each problem with its place in the file, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from outlay.errors import RuleError

_WIDEST = 96
"""Columns of a source line that are shown; a longer one is cut around the problem."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the file: character offsets, the end not included."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, where it is, and what to do about it."""

    message: str
    hint: str
    span: Span


@dataclass(frozen=True, slots=True)
class Source:
    """A pack's text and the name it is called by in messages."""

    name: str
    text: str

    def show(self, problem: Problem) -> str:
        """Return the problem with file, line, column, and the line with the place underlined."""
        line, column, shown, caret = self._place(problem.span)
        margin = f"  {line} | "
        return (
            f"{self.name}:{line}:{column}: {problem.message}\n"
            f"{margin}{shown}\n{' ' * (len(margin) - 2)}| {caret}"
        )

    def _place(self, span: Span) -> tuple[int, int, str, str]:
        start = self.text.rfind("\n", 0, span.start) + 1
        stop = self.text.find("\n", span.start)
        end = len(self.text) if stop < 0 else stop
        line = "".join(c if c.isprintable() else " " for c in self.text[start:end])
        column = span.start - start
        left = max(0, column - _WIDEST // 2) if len(line) > _WIDEST else 0
        shown = line[left : left + _WIDEST]
        width = max(1, min(span.end - span.start, len(shown) - (column - left)))
        caret = " " * (column - left) + "^" * width
        return self.text.count("\n", 0, span.start) + 1, column + 1, shown, caret

    def error(self, problems: Sequence[Problem]) -> RuleError:
        """Return one error that tells all the problems in the order of the file."""
        ordered = sorted(problems, key=lambda problem: (problem.span.start, problem.span.end))
        head = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
        texts = "\n\n".join(self.show(problem) for problem in ordered)
        hints = list(dict.fromkeys(problem.hint for problem in ordered))
        advice = hints[0] if len(hints) == 1 else "".join(f"\n  - {hint}" for hint in hints)
        return RuleError(f"{head} in rule pack {self.name}\n\n{texts}\n\nHint: {advice}")
