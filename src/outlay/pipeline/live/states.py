"""States and books as the store keeps them: bytes in, bytes out, every bit as it was."""

import sys
from typing import Final
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.decision import Books
from outlay.errors import StoreDamagedError, StoreError
from outlay.features.state import LAST_SEEN
from outlay.pipeline.model import Model

Floats = NDArray[np.float64]

MOMENTS: Final = 3
NEW: Final = np.empty(0)
"""The state of a user who never paid."""

_WORD: Final = 8
_SUM: Final = 4
"""Bytes of the checksum that a kept state ends in: the kernels trust the words that they are given."""
_WHOLE: Final = 0x2144DF1C
"""The CRC-32 of anything that ends in its own CRC-32."""
_LITTLE: Final = np.dtype("<f8")
_books: Final = msgspec.json.Decoder(Books)


def to_bytes(words: Floats) -> bytes:
    """Return a state's words as little-endian bytes, and their CRC-32."""
    body = words.tobytes() if sys.byteorder == "little" else words.astype(_LITTLE).tobytes()
    return body + crc32(body).to_bytes(_SUM, "little")


def to_words(kept: bytes | None, whose: str) -> Floats:
    """Return a user's state, that of a newcomer for None."""
    return NEW if kept is None else _words(kept, whose)


def to_moments(kept: bytes | None, whose: str) -> Floats:
    """Return a counterparty's count, mean and sum of squares, zeros for None."""
    if kept is None:
        return np.zeros(MOMENTS)
    words = _words(kept, whose)
    if words.size != MOMENTS:
        raise _damaged(whose, f"it has {words.size} words, and {MOMENTS} were to be expected")
    return words


def _words(kept: bytes, whose: str) -> Floats:
    n, left = divmod(len(kept), _WORD)
    if left != _SUM or crc32(kept) != _WHOLE:
        raise _damaged(whose, "its checksum does not fit")
    return np.frombuffer(kept, _LITTLE, n)


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
        raise _damaged("alert books", str(error)) from error


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
        f"The store's state of {whose!r} is damaged: {damage}.\n\n"
        "Hint: outlay store check STORE tells all that is damaged; restore a copy, or make the "
        "states anew with outlay store rebuild STORE."
    )
