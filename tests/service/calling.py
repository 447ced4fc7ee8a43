"""Calling a service without a socket, from plain functions."""

import asyncio
import itertools
import json
from functools import partial

import httpx
from anyio.from_thread import start_blocking_portal

_COUNT = itertools.count(1)


def payment(**fields):
    """Return a payment; every call gives another transaction_id."""
    return {
        "transaction_id": f"T{next(_COUNT)}",
        "user_id": "U000001",
        "amount": 12.5,
        "timestamp": "2025-05-02T10:15:00Z",
        "transaction_type": "grocery",
        "counterparty_id": "M1",
        **fields,
    }


class Service:
    """A running app and a client of it, in an event loop of their own."""

    def __init__(self, app, store):
        self.app, self.store = app, store
        self._stack = start_blocking_portal()
        self.portal = self._stack.__enter__()
        self._lifespan = self.portal.wrap_async_context_manager(
            app.api.router.lifespan_context(app.api)
        )
        self._lifespan.__enter__()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        )

    def ask(self, method, path, **options):
        """Return the answer to one request."""
        return self.portal.call(partial(self._client.request, method, path, **options))

    def get(self, path, **options):
        """Return the answer to a GET."""
        return self.ask("GET", path, **options)

    def post(self, path, json=None, **options):
        """Return the answer to a POST."""
        return self.ask("POST", path, json=json, **options)

    def pay(self, **fields):
        """Return the answer to one payment."""
        return self.post("/v1/transactions", payment(**fields))

    def pay_together(self, payments):
        """Return the answers to payments that are sent at the same moment."""

        async def all_of_them():
            asks = [self._client.post("/v1/transactions", json=each) for each in payments]
            return await asyncio.gather(*asks)

        return self.portal.call(all_of_them)

    def metric(self, name):
        """Return a figure of /metrics."""
        lines = self.get("/metrics").text.splitlines()
        [found] = [line.rsplit(" ", 1)[1] for line in lines if line.rsplit(" ", 1)[0] == name]
        return float(found)

    def close(self):
        """Stop the app, and let go of the store."""
        self.portal.call(self._client.aclose)
        self._lifespan.__exit__(None, None, None)
        self._stack.__exit__(None, None, None)
        self.store.close()


def is_problem(answer, status, kind):
    """Say whether an answer is that problem, in its right form."""
    said = json.loads(answer.content)
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and said["type"] == f"/docs#{kind}"
        and said["status"] == status
        and bool(said["title"] and said["detail"])
    )
