"""A small trained model, and services over it: in this process, or in one of their own."""

from typing import Any

import pytest

from outlay.pipeline import artifact
from outlay.pipeline.api import synth, train
from outlay.pipeline.live.base import begin
from outlay.pipeline.live.engine import Engine, now
from outlay.service.app import create_app
from outlay.service.settings import Settings
from outlay.store import open_store
from tests.service.calling import Service


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return the folder of a model of a small wallet."""
    path = tmp_path_factory.mktemp("live") / "model"
    train(synth(users=20, days=40, seed=3), alerts={"rate": 0.02}).save(path)
    return path


@pytest.fixture(scope="session")
def model(folder):
    """Return that model."""
    found = artifact.load(folder)
    reader_of(found).warm()
    return found


def reader_of(model):
    """Return an engine that has no store: it reads payments, and can be warmed."""
    nowhere: Any = None
    return Engine(model, nowhere)


@pytest.fixture
def open_service(model, tmp_path):
    """Return a function that opens a service over a SQLite store; settings as given."""
    opened = []

    def open_one(*, wrap=lambda engine: engine, path=None, clock=now, **settings):
        store = open_store(str(path or tmp_path / "live.db"))
        engine = wrap(begin(model, store, clock=clock))
        service = Service(create_app(engine, store, Settings(**settings)), store)
        opened.append(service)
        return service

    yield open_one
    for service in opened:
        service.close()


@pytest.fixture
def service(open_service):
    """Return a service with the usual settings."""
    return open_service()
