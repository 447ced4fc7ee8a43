"""``outlay serve``: what can be wrong before it serves."""

import pytest

from outlay.cli import serve
from outlay.pipeline.api import synth, train
from tests.service.process import Process


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a model's folder."""
    path = tmp_path_factory.mktemp("served") / "model"
    train(synth(users=5, days=30, seed=1)).save(path)
    return path


def test_a_missing_model_is_said_in_words(call, tmp_path):
    """A folder without a model ends the start with an error, before a store is made."""
    answer = call("serve", "--model", tmp_path, "--store", tmp_path / "live.db", "--port", "0")

    assert answer.code == 1
    assert "holds no model" in answer.err
    assert "Hint: outlay train FILE --model DIR makes one" in answer.err
    assert not (tmp_path / "live.db").exists()


def test_an_empty_store_needs_a_model(call, tmp_path):
    """Without --model the store must keep one."""
    answer = call("serve", "--store", tmp_path / "live.db", "--port", "0")

    assert answer.code == 1
    assert "keeps no such model" in answer.err
    assert "--model DIR" in answer.err


def test_a_missing_extra_is_said_with_how_to_install_it(call, tmp_path, monkeypatch):
    """Where what serving takes is not installed, the error says which command installs it."""
    monkeypatch.setattr(serve, "_PACKAGES", ("a_package_that_nobody_has",))
    answer = call("serve", "--store", tmp_path / "live.db")

    assert answer.code == 1
    assert "not installed: a_package_that_nobody_has" in answer.err
    assert "Hint: pip install 'outlay[service]'" in answer.err


@pytest.mark.parametrize(
    "wrong",
    [["--port", "70000"], ["--log-level", "loud"], ["--max-batch", "0"], ["--rate", "0"]],
    ids=lambda words: words[0],
)
def test_a_wrong_option_is_a_wrong_call(call, wrong):
    """An option out of range ends with exit code 2."""
    assert call("serve", *wrong).code == 2


def test_the_second_start_needs_no_model(folder, tmp_path):
    """The store keeps the model: it serves again without its folder, with the same digest."""
    where, digests = tmp_path / "live.db", []
    for more in (["--model", folder], []):
        with Process(tmp_path, "--store", where, *more) as service:
            digests.append(service.ask("GET", "/v1/model")[2])
            service.stop()

    assert digests[0] == digests[1]
