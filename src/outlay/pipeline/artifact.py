"""A model's folder: JSON, arrays and tables, nothing that runs when it is read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import msgspec
import numpy as np
import polars as pl

from outlay.decision import Books, Risk
from outlay.detectors.base import load_detector
from outlay.errors import ModelError
from outlay.features import STATE_VERSION, Pasts, Population
from outlay.features.state import Counterparties, States
from outlay.pipeline.model import Model, Parts
from outlay.pipeline.settings import Config
from outlay.schema.tail import Tail

VERSION: Final = 1
MODEL, ARRAYS, BOOKS = "model.json", "arrays.npz", "books.json"
USERS, COUNTERPARTIES = "users.parquet", "counterparties.parquet"
IMPORTANCE: Final = "feature_importance.json"
USERS_A_BATCH: Final = 1 << 14
"""Users that are read and written at one time; a state has some thousand bytes."""
FILES: Final = (MODEL, ARRAYS, BOOKS, USERS, COUNTERPARTIES, IMPORTANCE)


def to_parts(model: Model) -> Parts:
    """Return all that decides, without the users' states: JSON values, and arrays by name."""
    settings: dict[str, Any] = {
        "version": VERSION,
        "state_version": STATE_VERSION,
        "config": msgspec.to_builtins(model.config),
        "population": msgspec.to_builtins(model.population),
        "currency": model.currency,
        "training": dict(model.training),
        "detectors": {},
        "excess": {name: tail.mean_excess for name, tail in _tails(model.risk).items()},
    }
    arrays: dict[str, Any] = {}
    for name, detector in model.detectors.items():
        own, its_arrays = detector.to_parts()
        settings["detectors"][name] = own
        arrays |= {f"detector/{name}/{key}": value for key, value in its_arrays.items()}
    for name, tail in _tails(model.risk).items():
        arrays[f"tail/{name}/scores"] = tail.scores
        arrays[f"tail/{name}/shares"] = tail.shares
    return settings, arrays


def _tails(risk: Risk) -> dict[str, Tail]:
    return {**risk.tails, "total": risk.total}


def save(model: Model, folder: Path) -> None:
    """Write the model's files into ``folder``, which is there."""
    settings, arrays = to_parts(model)
    _write_json(folder / MODEL, {**settings, "digest": model.digest})
    np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
    _write_json(folder / IMPORTANCE, model.feature_importance())
    save_pasts(model, folder)


def save_pasts(model: Model, folder: Path) -> None:
    """Write where the model's users, counterparties and books stand."""
    _write_json(folder / BOOKS, msgspec.to_builtins(model.books))
    model.pasts.users.to_frame().write_parquet(folder / USERS, row_group_size=USERS_A_BATCH)
    model.pasts.counterparties.to_frame().write_parquet(folder / COUNTERPARTIES)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load(folder: Path, *, users: bool = True) -> Model:
    """Read a model; raise `ModelError` where something is missing, damaged or of another version.

    Without ``users`` their states are left where they are: they may be more than memory holds.
    """
    missing = [name for name in FILES[:-1] if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{folder} holds no model: {', '.join(missing)} is not there.\n\n"
            "Hint: outlay train FILE --model DIR makes one; outlay run leaves one in DIR/model."
        )
    with _whole(folder):
        settings = json.loads((folder / MODEL).read_bytes())
        for name, known in (("version", VERSION), ("state_version", STATE_VERSION)):
            if settings.get(name) != known:
                raise _of_another_version(folder, name, settings.get(name), known)
        model = _read(folder, settings, _users(folder) if users else States.empty())
    if model.digest != settings.get("digest"):
        raise _damaged(folder, "its digest does not fit its content")
    return model


def with_users(model: Model, folder: Path) -> Model:
    """Return a model that was loaded without its users, and they."""
    with _whole(folder):
        return replace(model, pasts=replace(model.pasts, users=_users(folder)))


def count_users(folder: Path) -> int:
    """Return how many users a model knows."""
    with _whole(folder):
        return int(pl.scan_parquet(folder / USERS, glob=False).select(pl.len()).collect().item())


def user_batches(folder: Path) -> Iterator[pl.DataFrame]:
    """Yield where a model's users stand, some thousand at a time; see `States.to_frame`."""
    for at in range(0, count_users(folder), USERS_A_BATCH):
        with _whole(folder):
            batch = pl.scan_parquet(folder / USERS, glob=False).slice(at, USERS_A_BATCH).collect()
        yield batch


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """Say so where a file of the model cannot be read."""
    try:
        yield
    except (
        ValueError, KeyError, TypeError, AttributeError, OSError, BadZipFile,
        msgspec.ValidationError, pl.exceptions.PolarsError,
    ) as error:  # fmt: skip
        raise _damaged(folder, f"{type(error).__name__}: {error}") from error


def _users(folder: Path) -> States:
    return States.from_frame(pl.read_parquet(folder / USERS, glob=False))


def _read(folder: Path, settings: dict[str, Any], users: States) -> Model:
    with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    pasts = Pasts(
        users, Counterparties.from_frame(pl.read_parquet(folder / COUNTERPARTIES, glob=False))
    )
    books = msgspec.json.decode((folder / BOOKS).read_bytes(), type=Books)
    return from_parts((settings, arrays), pasts, books)


def from_parts(parts: Parts, pasts: Pasts, books: Books) -> Model:
    """Return the model that gave these parts, with users and books that stand where they are said."""
    settings, arrays = parts
    tails = {
        name: Tail(arrays[f"tail/{name}/scores"], arrays[f"tail/{name}/shares"], excess)
        for name, excess in settings["excess"].items()
    }
    if damage := "".join(tail.damage() for tail in tails.values()):
        raise ValueError(damage)
    return Model(
        config=msgspec.convert(settings["config"], Config),
        population=msgspec.convert(settings["population"], Population),
        detectors={
            name: load_detector(name).from_parts(own, _arrays_of(name, arrays))
            for name, own in settings["detectors"].items()
        },
        risk=Risk({name: tail for name, tail in tails.items() if name != "total"}, tails["total"]),
        currency=settings["currency"],
        training=settings["training"],
        pasts=pasts,
        books=books,
    )


def _arrays_of(name: str, arrays: dict[str, Any]) -> dict[str, Any]:
    start = f"detector/{name}/"
    return {
        key.removeprefix(start): value for key, value in arrays.items() if key.startswith(start)
    }


def _of_another_version(folder: Path, name: str, version: object, known: int) -> ModelError:
    return ModelError(
        f"The model in {folder} has {name} {version!r}; this release reads {known}.\n\n"
        "Hint: train it again, or use the release that made it."
    )


def _damaged(folder: Path, damage: str) -> ModelError:
    return ModelError(
        f"The model in {folder} is damaged: {damage}.\n\n"
        "Hint: restore the folder from a copy, or train again."
    )
