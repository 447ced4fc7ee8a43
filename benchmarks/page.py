"""What the benchmarks found, as Markdown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One part of the page: its title and its paragraphs and tables, top down."""

    title: str
    parts: list[str]

    def text(self):
        """Return the section as Markdown."""
        return "\n\n".join([f"## {self.title}", *self.parts])


def table(header, rows):
    """Return a Markdown table; every column but the first is set to the right."""
    line = "|" + "|".join([" --- ", *[" ---: "] * (len(header) - 1)]) + "|"
    cells = [[str(cell) for cell in row] for row in rows]
    return "\n".join([_row(header), line, *(_row(row) for row in cells)])


def _row(cells):
    return "| " + " | ".join(cells) + " |"
