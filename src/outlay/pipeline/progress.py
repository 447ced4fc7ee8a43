"""How a long job tells what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Is told when a stage begins; the command line prints it, a library call keeps quiet."""

    def stage(self, words: str) -> None:
        """Say that the work described by ``words`` begins."""
        ...


class Quiet:
    """Tells nobody."""

    def stage(self, words: str) -> None:
        """Do nothing."""
