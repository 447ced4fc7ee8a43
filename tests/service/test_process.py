"""The service as a process: how it starts, stops, and gets through bad days."""

import json
import resource
import signal
import socket
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from outlay.pipeline.live.check import check
from outlay.store import open_store
from tests.service.calling import payment
from tests.service.process import Process, asked


@pytest.fixture(scope="module")
def running(folder, tmp_path_factory):
    """Return a service that several tests share."""
    home = tmp_path_factory.mktemp("running")
    with Process(home, "--model", folder, "--store", home / "live.db") as service:
        yield service


def test_it_says_one_line_when_it_is_ready(running):
    """The line on stderr names address, model and store; stdout holds JSON lines only."""
    status, headers, body = running.ask("POST", "/v1/transactions", payment())

    assert status == 200
    assert json.loads(body)["outcome"]
    assert "server" not in {name.lower() for name in headers}
    [line] = running.said.read_text().splitlines()
    assert line.startswith("ready on http://127.0.0.1:")
    running.ask("GET", "/v1/model")
    assert all(json.loads(each)["level"] for each in running.logged.read_text().splitlines())


def test_a_taken_port_is_said_in_words(running, folder, tmp_path):
    """A second service on the port, with a store of its own, ends with an error that says so."""
    arguments = ("--model", folder, "--store", tmp_path / "own.db", "--port", running.port)
    with Process(tmp_path, *arguments, wait=False) as second:
        assert second.process.wait(60) == 1
        said = second.said.read_text()

    assert f"Port {running.port} on 127.0.0.1 is taken" in said
    assert "Hint: --port" in said


def test_a_store_is_for_one_serving_process(running, folder, tmp_path):
    """A second service on the same SQLite file ends with an error that names the process."""
    where = running.said.parent / "live.db"
    with Process(tmp_path, "--model", folder, "--store", where, wait=False) as second:
        assert second.process.wait(60) == 1
        said = second.said.read_text()

    assert "is locked by another process" in said
    assert str(running.process.pid) in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_it_finish(folder, tmp_path, number):
    """Told to stop under load, it answers all that it accepted, and ends with exit code 0."""
    where = tmp_path / "live.db"
    with Process(tmp_path, "--model", folder, "--store", where) as service:
        answers, stop = [], threading.Event()

        def send():
            while not stop.is_set():
                sent = payment()
                try:
                    connection = service.connection()
                    connection.connect()
                except OSError:
                    return
                try:
                    status, _, _ = asked(connection, "POST", "/v1/transactions", sent)
                    answers.append((sent["transaction_id"], status))
                except ConnectionError:
                    return  # it was never read: the listener closed with it in the backlog
                finally:
                    connection.close()

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        code = service.stop(number)
        stop.set()
        for thread in threads:
            thread.join(30)

    assert code == 0
    assert {status for _, status in answers} == {200}
    with open_store(str(where)) as store, store.reading() as reading:
        assert reading.known(name for name, _ in answers).keys() == {name for name, _ in answers}


def test_while_it_drains_it_is_not_ready_and_still_answers(folder, tmp_path):
    """After the signal /readyz says no while payments are still taken, until the time is up."""
    arguments = ("--model", folder, "--store", tmp_path / "live.db", "--drain", "1.5")
    with Process(tmp_path, *arguments) as service:
        assert service.ask("GET", "/readyz")[0] == 200
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        status, _, body = service.ask("GET", "/readyz")
        taken = service.ask("POST", "/v1/transactions", payment())[0]

        assert (status, json.loads(body)["detail"]) == (503, "The service is stopping.")
        assert taken == 200
        assert service.ask("GET", "/healthz")[0] == 200
        assert service.process.wait(30) == 0


def test_a_signal_that_comes_twice_is_one_and_a_later_one_ends_it(folder, tmp_path):
    """``timeout`` and others tell a process and its group: that is no second wish. A later one is."""
    arguments = ("--model", folder, "--store", tmp_path / "live.db", "--drain", "60")
    with Process(tmp_path, *arguments) as service:
        for _ in range(2):
            service.process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
        assert service.ask("POST", "/v1/transactions", payment())[0] == 200
        assert '"level":"error"' not in service.logged.read_text()
        time.sleep(0.6)
        assert service.stop() == 0


def test_a_full_disk_is_a_503_and_loses_nothing(folder, tmp_path):
    """When the file can grow no more payments get 503; after a start with room all goes on."""
    where = tmp_path / "live.db"
    with Process(tmp_path, "--model", folder, "--store", where) as service:
        service.stop()
    room = where.stat().st_size + 200_000

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        )

    sent, acknowledged = [payment(user_id=f"U{n}") for n in range(600)], {}
    with Process(tmp_path, "--model", folder, "--store", where, before=limit) as service:
        with closing(service.connection()) as connection:
            refused = None
            for each in sent:
                status, headers, body = asked(connection, "POST", "/v1/transactions", each)
                if status != 200:
                    refused = (status, headers["content-type"], "retry-after" in headers)
                    break
                acknowledged[each["transaction_id"]] = body
        assert refused == (503, "application/problem+json", True)
        assert service.ask("GET", "/healthz")[0] == 200

    with Process(tmp_path, "--model", folder, "--store", where) as service:
        again = [service.ask("POST", "/v1/transactions", each) for each in sent[:60]]
        assert {status for status, _, _ in again} == {200}
    with open_store(str(where)) as store:
        with store.reading() as reading:
            stored = {row.entry.transaction_id: row.decision.body for row in reading.ledger()}
        assert check(store).is_clean
    assert {name: stored.get(name) for name in acknowledged} == acknowledged


def test_a_locked_store_is_a_503_until_it_is_free(folder, tmp_path):
    """While another process holds the database payments get 503; then all goes on by itself."""
    where = tmp_path / "live.db"
    with Process(tmp_path, "--model", folder, "--store", where, "--deadline", "30") as service:
        holder = sqlite3.connect(where, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        sent = payment()
        status, _, body = service.ask("POST", "/v1/transactions", sent)
        holder.execute("ROLLBACK")
        holder.close()

        assert (status, json.loads(body)["type"]) == (503, "/docs#store-unavailable")
        assert service.ask("POST", "/v1/transactions", sent)[0] == 200


def test_a_client_that_goes_away_stops_nothing(running):
    """A payment whose sender hung up before the answer is decided all the same."""
    sent = payment()
    content = json.dumps(sent).encode()
    with socket.create_connection(("127.0.0.1", running.port)) as gone:
        gone.sendall(
            b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(content), content)
        )
    path, end = f"/v1/decisions/{sent['transaction_id']}", time.monotonic() + 10
    while running.ask("GET", path)[0] != 200:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_half_open_clients_keep_nobody_waiting(running):
    """Two hundred clients that sent half a request leave the service as quick as it was."""
    half = b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{"
    rude = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(200)]
    try:
        for each in rude:
            each.sendall(half)
        assert {running.ask("POST", "/v1/transactions", payment())[0] for _ in range(20)} == {200}
    finally:
        for each in rude:
            each.close()


def test_outside_it_listens_with_keys_only(folder, tmp_path):
    """Told to listen elsewhere without keys it refuses, and says how to make one."""
    arguments = ("--model", folder, "--store", tmp_path / "live.db", "--host", "0.0.0.0")  # noqa: S104
    with Process(tmp_path, *arguments, wait=False) as service:
        assert service.process.wait(60) == 1
        said = service.said.read_text()

    assert "0.0.0.0 can be reached by others, and there are no keys" in said
    assert "outlay keys create" in said


def test_payloads_stay_out_of_the_log(running):
    """Neither a payment's fields nor a key stand in the log; not even those of a refused one."""
    running.ask("POST", "/v1/transactions", payment(user_id="secret-user", amount=-7.25))
    running.ask("GET", "/v1/model", authorization="Bearer outlay_x_" + "s" * 43)
    logged = running.logged.read_text()

    assert "secret-user" not in logged
    assert "7.25" not in logged
    assert "s" * 43 not in logged


def test_payloads_are_logged_when_asked_for(folder, tmp_path):
    """With --log-payloads a payment's fields stand in the log under the request's id."""
    arguments = ("--model", folder, "--store", tmp_path / "live.db", "--log-payloads")
    with Process(tmp_path, *arguments) as service:
        headers = {"x-request-id": "mine-1"}
        service.ask("POST", "/v1/transactions", payment(user_id="seen"), **headers)
        lines = [json.loads(line) for line in service.logged.read_text().splitlines()]

    assert [line["payload"]["user_id"] for line in lines if line.get("request_id") == "mine-1"] == [
        "seen"
    ]
