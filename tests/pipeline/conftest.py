"""A small wallet, run once for all tests of the pipeline."""

import pytest

import outlay


@pytest.fixture(scope="session")
def wallet():
    """Return a wallet's transactions."""
    return outlay.synth(users=40, days=60, seed=3)


@pytest.fixture(scope="session")
def result(wallet):
    """Return what a run over the wallet found."""
    return outlay.run(wallet)
