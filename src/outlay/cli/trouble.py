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
