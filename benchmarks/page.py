"""What the benchmarks found, as Markdown."""

import re
from dataclasses import dataclass

from benchmarks.measure import number


@dataclass(frozen=True)
class Section:
    """One part of the page: its title and its paragraphs and tables, top down."""

    title: str
    parts: list[str]

    def text(self):
        """Return the section as Markdown."""
        return "\n\n".join([f"## {self.title}", *self.parts])


@dataclass(frozen=True)
class Promise:
    """What is to be reached, and what was.

    Parameters
    ----------
    name
        What is measured.
    least, most
        The limit: a value at or above ``least``, or at or below ``most``.
    value, unit
        What was reached.
    """

    name: str
    value: float
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def row(self):
        """Return its line of a table."""
        sign, limit = ("≥", self.least) if self.most is None else ("≤", self.most)
        kept = self.value >= limit if self.most is None else self.value <= limit
        reached = f"{number(self.value)} {self.unit}".strip()
        return self.name, f"{sign} {limit:g} {self.unit}".strip(), reached, "yes" if kept else "no"


def promised(promises):
    """Return the table of what was to be reached."""
    return table(("to be reached", "target", "reached", "kept"), [one.row() for one in promises])


def table(header, rows):
    """Return a Markdown table; every column but the first is set to the right."""
    line = "|" + "|".join([" --- ", *[" ---: "] * (len(header) - 1)]) + "|"
    cells = [[str(cell) for cell in row] for row in rows]
    return "\n".join([_row(header), line, *(_row(row) for row in cells)])


def _row(cells):
    return "| " + " | ".join(cells) + " |"


def by_sentence(text):
    """Return Markdown with a line a sentence, so that the next run changes few lines."""
    lines = (
        line if line.startswith(("|", "- ")) else re.sub(r"(?<=[a-z)`\d]\.) (?=[A-Z])", "\n", line)
        for line in text.splitlines()
    )
    return "\n".join(lines)
