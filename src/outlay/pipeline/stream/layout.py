"""How an input is cut, so that what is worked on at one time fits the memory."""

import os
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final

from outlay.errors import ConfigError
from outlay.jit import cores

BASE: Final = 600 << 20
"""Bytes that the libraries, those that train too, and the model take."""
ROW: Final = 1_500
"""Bytes a row takes while it is judged."""
BLOCK_ROW: Final = 3_000
"""Bytes a row of a chunk takes while blocks are written: several are on their way."""
WALK_ROW: Final = 4_500
"""Bytes a row of a chunk takes in a walk: several chunks are on their way."""
WHOLE_ROW: Final = 2_400
"""Bytes a row takes, from text to scored table, where the input is taken as a whole."""
USER: Final = 5_000
"""Bytes that a user takes whom the model knows, while his transactions are judged."""
LEAST: Final = 1 << 30
"""Bytes with which a run can do."""
THREADS: Final = 2
"""Partitions that are judged at one time, at most."""
_MOST_ROWS: Final = 1_000_000
_LEAST_ROWS: Final = 20_000
_MOST_READ: Final = 3 << 16
_PIECE: Final = 6_000  # rows a piece should have: smaller ones cost more than what they hold


@dataclass(frozen=True, slots=True)
class Layout:
    """How an input is cut.

    Parameters
    ----------
    chunk_rows
        Rows that are read, and walked through, at a time.
    partitions, threads
        Partitions that users are spread over where there can be no walk; so many are judged at a time.
    spread_rows
        Rows that are brought together by partition at a time.
    room
        Bytes that users' states may take in a walk.
    """

    chunk_rows: int
    partitions: int
    threads: int
    spread_rows: int = 1
    room: int = 1 << 28

    @classmethod
    def of(cls, rows: int, memory: int, users: int = 0) -> "Layout":
        """Return the layout for so many rows, at most, in so many bytes of memory.

        ``users`` are known to the model, be they in the input or not.
        """
        if memory < LEAST:
            raise ConfigError(
                f"{memory:,} bytes of memory are too few to judge in.\n\n"
                "Hint: give --memory 1GB or more."
            )
        threads = min(THREADS, cores())
        room = memory - BASE
        most = min(room // max(threads * ROW, BLOCK_ROW), _MOST_ROWS)
        size = int(min(max(sqrt(_PIECE * rows), _LEAST_ROWS), most))
        partitions = max(1, ceil(rows / size), ceil(users * USER * threads / room))
        read = min(size, _MOST_READ)
        return cls(read, partitions, threads, size, max(room - read * WALK_ROW, 0))


def fits(rows: int, memory: int, users: int = 0) -> bool:
    """Return whether so many rows can be judged at once, by a model that knows so many users."""
    return rows * WHOLE_ROW + users * USER <= memory - BASE


def default_memory() -> int:
    """Return what is taken where nobody says: half of the machine's memory, 4 GB at most."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        whole = 4 << 30
    return max(LEAST, min(4 << 30, whole // 2))
