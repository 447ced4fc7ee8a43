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
        raise damaged(name, error) from error
    if len(unpacked) > limit:
        raise too_long(name, limit)
    return unpacked, []


def damaged(name: str, error: Exception) -> InputError:
    """Say that a file is not what gzip packed."""
    return InputError(
        f"{name} is damaged: it cannot be unpacked ({error})."
        "\n\nHint: fetch the file again, or unpack it with gzip to see how far it goes."
    )


def too_long(name: str, limit: int) -> InputError:
    """Say that a file holds more than is unpacked."""
    return InputError(
        f"{name} unpacks to more than {limit:,} bytes."
        "\n\nHint: split the file, or give it as Parquet."
    )
