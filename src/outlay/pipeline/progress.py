"""How a long job tells what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Is told when a stage begins; the command line prints it, a library call keeps quiet."""

    def stage(self, words: str) -> None:
        """Say that the work described by ``words`` begins."""
        ...

    def rows(self, done: int, total: int) -> None:
        """Say how many rows of how many the stage has done; a total of 0 is not known."""
        ...

    def leave(self, words: str) -> None:
        """Say how to go on with a job that ends unfinished."""
        ...


class Quiet:
    """Tells nobody."""

    def stage(self, words: str) -> None:
        """Do nothing."""

    def rows(self, done: int, total: int) -> None:
        """Do nothing."""

    def leave(self, words: str) -> None:
        """Do nothing."""
