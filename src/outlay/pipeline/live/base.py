"""The first start on a store, and every start after it: a model meets the states that are there."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from outlay.errors import ConfigError, ModelError, StoreError, StoreVersionError
from outlay.features import STATE_VERSION
from outlay.pipeline.live.engine import Engine, now
from outlay.pipeline.live.kept_model import packed, unpacked
from outlay.pipeline.live.states import books_to_bytes, to_bytes
from outlay.pipeline.model import Model
from outlay.schema.intake import Intake
from outlay.store import Store

_VERSION, _ZONE, _CURRENCY = "state_version", "timezone", "currency"
_SERVED: Final = "served_model"
"""The digest of the model that began last."""
_ANY: Final = ""


def begin(
    model: Model,
    store: Store,
    *,
    intake: Intake | None = None,
    clock: Callable[[], int] = now,
) -> Engine:
    """Return the engine that decides with ``model`` from where the store's users stand.

    An empty store first takes up the model's own states and books. The model is kept under its
    digest, so that its decisions can be replayed.

    Raises
    ------
    ModelError
        If the model cannot judge payments as they happen.
    ConfigError
        If the store's states were made in another time zone or another currency.
    StoreVersionError
        If the store's states have a layout that this release does not read.
    """
    engine = Engine(model, store, intake=intake, clock=clock)
    with store.reading() as reading:
        is_empty = reading.head().books is None
        kept = {name: reading.meta(name) for name in (_VERSION, _ZONE, _CURRENCY)}
    wanted = _facts(model, engine)
    if not is_empty:
        _check(kept, wanted, store.where)
    with store.writing() as writing:
        writing.put_model(model.digest, packed(model), at=clock())
        for name, value in wanted.items():
            if is_empty or not kept[name]:
                writing.set_meta(name, value)
        writing.set_meta(_SERVED, model.digest)
    if is_empty:
        _import(model, store)
    return engine


def begin_again(
    store: Store,
    *,
    digest: str | None = None,
    intake: Intake | None = None,
    clock: Callable[[], int] = now,
) -> Engine:
    """Return the engine of a model that the store keeps: of the last that began, if none is named."""
    with store.reading() as reading:
        known = reading.models()
        chosen = digest or reading.meta(_SERVED)
        body = reading.model(chosen) if chosen else None
    if chosen is None or body is None:
        listed = ", ".join(each[:16] for each in known) or "none"
        raise ModelError(
            f"The store {store.where} keeps no such model; it keeps {listed}.\n\n"
            "Hint: give a model's folder with --model DIR."
        )
    return begin(unpacked(body, chosen), store, intake=intake, clock=clock)


def _facts(model: Model, engine: Engine) -> dict[str, str]:
    """Return what the meaning of a state depends on."""
    return {
        _VERSION: str(STATE_VERSION),
        _ZONE: model.config.input.timezone,
        _CURRENCY: engine.currency or _ANY,
    }


def _check(kept: dict[str, str | None], wanted: dict[str, str], where: str) -> None:
    if kept[_VERSION] != wanted[_VERSION]:
        raise StoreVersionError(
            f"The states in {where} have layout {kept[_VERSION]}; this release reads "
            f"{wanted[_VERSION]}.\n\n"
            "Hint: use the release that made the store, or start a new store with a model that was "
            "trained up to now."
        )
    for name, told in ((_ZONE, "time zone"), (_CURRENCY, "currency")):
        if kept[name] and wanted[name] and kept[name] != wanted[name]:
            raise ConfigError(
                f"The users' histories in {where} were made in the {told} {kept[name]}, and the "
                f"model judges in {wanted[name]}.\n\n"
                f"Hint: train the model with {kept[name]}, or start a new store with it."
            )


def _import(model: Model, store: Store) -> None:
    """Fill an empty store, unless another worker has just done so."""
    try:
        store.import_base(_users(model), _counterparties(model), books_to_bytes(model.books))
    except StoreError:
        with store.reading() as reading:
            if reading.head().books is None:
                raise


def _users(model: Model) -> Iterator[tuple[str, bytes]]:
    states = model.pasts.users
    for place, name in enumerate(states.ids.to_list()):
        yield name, to_bytes(states.words[states.offsets[place] : states.offsets[place + 1]])


def _counterparties(model: Model) -> Iterator[tuple[str, bytes]]:
    known = model.pasts.counterparties
    for name, moments in zip(known.ids.to_list(), known.moments, strict=True):
        yield name, to_bytes(np.ascontiguousarray(moments))
