"""States and books as the store keeps them: bytes in, bytes out, every bit as it was."""

import sys
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.decision import Books
from outlay.errors import StoreDamagedError, StoreError
from outlay.features.state import LAST_SEEN
from outlay.pipeline.model import Model

Floats = NDArray[np.float64]

WORD: Final = 8
MOMENTS: Final = 3
NEW: Final = np.empty(0)
"""The state of a user who never paid."""

_LITTLE: Final = np.dtype("<f8")
_books: Final = msgspec.json.Decoder(Books)


def to_bytes(words: Floats) -> bytes:
    """Return a state's words as little-endian bytes."""
    return words.tobytes() if sys.byteorder == "little" else words.astype(_LITTLE).tobytes()


def to_words(kept: bytes | None, whose: str) -> Floats:
    """Return a user's state, that of a newcomer for None."""
    if kept is None:
        return NEW
    if len(kept) % WORD or not kept:
        raise _damaged(whose, f"{len(kept)} bytes are no whole words")
    return np.frombuffer(kept, _LITTLE)


def to_moments(kept: bytes | None, whose: str) -> Floats:
    """Return a counterparty's count, mean and sum of squares, zeros for None."""
    if kept is None:
        return np.zeros(MOMENTS)
    if len(kept) != MOMENTS * WORD:
        raise _damaged(whose, f"{len(kept)} bytes, and {MOMENTS * WORD} were to be expected")
    return np.frombuffer(kept, _LITTLE)


def last_seen(state: Floats) -> int:
    """Return when a user paid last, in microseconds; long ago for a newcomer."""
    return int(state[LAST_SEEN]) if state.size else -(2**62)


def books_to_bytes(books: Books) -> bytes:
    """Return the alert budget's books as JSON, floats to the last bit."""
    return msgspec.json.encode(books)


def books_of(kept: bytes) -> Books:
    """Return the books that were kept."""
    try:
        return _books.decode(kept)
    except msgspec.DecodeError as error:
        raise _damaged("the alert books", str(error)) from error


def stored_books(kept: bytes | None, model: Model) -> Books:
    """Return the books that a model goes on with: what is owed stays, the pace is its own."""
    if kept is None:
        raise StoreError(
            "The store has no base yet: no model's states were imported.\n\n"
            "Hint: outlay serve --model DIR --store STORE imports them at its first start."
        )
    return paced(books_of(kept), model)


def paced(books: Books, model: Model) -> Books:
    """Return books in a model's pace."""
    if books.rows_per_day == model.books.rows_per_day:
        return books
    return msgspec.structs.replace(books, rows_per_day=model.books.rows_per_day)


def _damaged(whose: str, damage: str) -> StoreDamagedError:
    return StoreDamagedError(
        f"The store's state of {whose} is damaged: {damage}.\n\n"
        "Hint: outlay store check STORE tells all that is damaged; restore a copy, or make the "
        "states anew with outlay store rebuild STORE."
    )
