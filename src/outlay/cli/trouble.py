"""Exit codes of commands that compare: as diff has them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, Protocol, TypeVar

import typer

from outlay.cli import terminal
from outlay.errors import OutlayError

SAME: Final = 0
DIFFERENT: Final = 1
TROUBLE: Final = 2


class Compared(Protocol):
    """What a comparison found."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        ...


Found = TypeVar("Found", bound=Compared)


@contextmanager
def trouble() -> Iterator[None]:
    """Let an error end the command with 2: 1 says that something was compared, and differs."""
    try:
        yield
    except OutlayError as error:
        terminal.fail(str(error))
        raise typer.Exit(TROUBLE) from error


def end(found: Found, lines: Callable[[Found], list[str]], *, as_json: bool) -> NoReturn:
    """Print what was found, for machines or in these lines, and end the command."""
    if as_json:
        terminal.show_json(found)
    else:
        for line in lines(found):
            print(line)
    raise typer.Exit(SAME if found.is_clean else DIFFERENT)


def counted(count: int, noun: str) -> str:
    """Return how many there are, in words.

    >>> counted(1, "fault"), counted(1200, "fault")
    ('1 fault', '1,200 faults')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
