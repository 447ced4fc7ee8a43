"""A model as bytes under its digest, so that the store can replay what it decided."""

import io
import json
from typing import Any, Final
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.decision import Books
from outlay.errors import ModelError, OutlayError
from outlay.features import Pasts
from outlay.pipeline import artifact
from outlay.pipeline.model import Model

_SETTINGS: Final = "settings"


def packed(model: Model) -> bytes:
    """Return all that decides as one archive of arrays, the settings among them as JSON."""
    settings, arrays = artifact.to_parts(model)
    told = {**settings, "rows_per_day": model.books.rows_per_day}
    text = np.frombuffer(json.dumps(told, sort_keys=True).encode(), np.uint8)
    named: dict[str, NDArray[Any]] = {_SETTINGS: text, **arrays}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **named)
    return file.getvalue()


def unpacked(body: bytes, digest: str) -> Model:
    """Return the model that was packed, with nobody in it; `ModelError` where it is another one."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        settings = json.loads(arrays.pop(_SETTINGS).tobytes())
        books = Books(settings.pop("rows_per_day"))
        model = artifact.from_parts((settings, arrays), Pasts(), books)
    except (
        ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, BadZipFile,
        msgspec.ValidationError, OutlayError,
    ) as error:  # fmt: skip
        raise _damaged(digest, f"{type(error).__name__}: {error}") from error
    if model.digest != digest:
        raise _damaged(digest, f"its content has the digest {model.digest[:16]}")
    return model


def _damaged(digest: str, damage: str) -> ModelError:
    return ModelError(
        f"The model {digest[:16]} in the store cannot be used: {damage}.\n\n"
        "Hint: if it was made by another release, use that one; else restore the store from a copy."
    )
