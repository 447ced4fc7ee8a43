"""A wallet's model, and the later half of its payments as they come over the wire."""

import pytest

import outlay
from outlay.pipeline.live.base import begin
from outlay.store import open_store
from tests.pipeline.live.wire import sent


@pytest.fixture(scope="session")
def halves():
    """Return a wallet's transactions in time order, cut in two."""
    wallet = outlay.synth(users=25, days=50, seed=5).sort("timestamp")
    return wallet.head(wallet.height // 2), wallet.tail(-(wallet.height // 2))


@pytest.fixture(scope="session")
def model(halves):
    """Return a model of the first half; a generous budget makes alerts of both kinds."""
    return outlay.train(halves[0], alerts={"rate": 0.03})._core


@pytest.fixture(scope="session")
def later(halves):
    """Return the second half as JSON objects."""
    return sent(halves[1])


@pytest.fixture
def store(tmp_path):
    """Return an empty store."""
    with open_store(str(tmp_path / "store.db")) as opened:
        yield opened


@pytest.fixture
def engine(model, store):
    """Return an engine on a store of its own, whose clock stands at the wallet's end."""
    return begin(model, store, clock=lambda: 1_900_000_000_000_000)


@pytest.fixture(scope="session")
def tiny():
    """Return a model that is quickly read back, of a wallet of few people."""
    wallet = outlay.synth(users=8, days=30, seed=2)
    return outlay.train(
        wallet, alerts={"rate": 0.2}, forest={"n_trees": 20, "max_samples": 64}
    )._core
