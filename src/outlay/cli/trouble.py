"""Exit codes of commands that compare: as diff has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from outlay.cli import terminal
from outlay.errors import OutlayError

SAME: Final = 0
DIFFERENT: Final = 1
TROUBLE: Final = 2


@contextmanager
def trouble() -> Iterator[None]:
    """Let an error end the command with 2: 1 says that something was compared, and differs."""
    try:
        yield
    except OutlayError as error:
        terminal.fail(str(error))
        raise typer.Exit(TROUBLE) from error


def counted(count: int, noun: str) -> str:
    """Return how many there are, in words.

    >>> counted(1, "fault"), counted(1200, "fault")
    ('1 fault', '1,200 faults')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
