"""Bytes out of gzip, with a limit."""

import gzip
import io
import zlib
from typing import Final

from outlay.errors import InputError

MAX_BYTES: Final = 16 << 30  # gzip packs up to 1,000 to 1: a bomb would fill the memory


def unpack(data: bytes, name: str, limit: int = MAX_BYTES) -> tuple[bytes, list[str]]:
    """Return what gzip packed, or the bytes as they are."""
    if not data.startswith(b"\x1f\x8b"):
        return data, []
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(limit + 1)
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(
            f"{name} is damaged: it cannot be unpacked ({error})."
            "\n\nHint: fetch the file again, or unpack it with gzip to see how far it goes."
        ) from error
    if len(unpacked) > limit:
        raise InputError(
            f"{name} unpacks to more than {limit:,} bytes."
            "\n\nHint: split the file, or give it as Parquet."
        )
    return unpacked, []
