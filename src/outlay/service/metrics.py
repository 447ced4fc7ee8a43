"""What is measured, for Prometheus."""

from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

SECONDS: Final = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
OUTCOMES: Final = ("approve", "review", "block")
_LENGTHS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The figures of one service, in a registry of its own."""

    def __init__(self, queue_length: Callable[[], float], model_digest: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # twice as many lines for nothing
        self.registry = registry = CollectorRegistry()
        self.decisions = Counter(
            "outlay_decisions", "Decisions made, by outcome.", ["outcome"], registry=registry
        )
        self.repeated = Counter(
            "outlay_repeated",
            "Payments that were known: the first answer again.",
            registry=registry,
        )
        self.alerts = Counter("outlay_alerts", "Decisions that became alerts.", registry=registry)
        self.refused = Counter(
            "outlay_refused",
            "Payments not decided, by kind of problem.",
            ["kind"],
            registry=registry,
        )
        self.decision_seconds = Histogram(
            "outlay_decision_seconds", "From a request's arrival to its answer.",
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.batch_length = Histogram(
            "outlay_batch_payments", "Payments in a batch.", buckets=_LENGTHS, registry=registry
        )
        self.batch_seconds = Histogram(
            "outlay_batch_seconds",
            "Scoring and committing a batch.",
            buckets=SECONDS,
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "outlay_store_commit_seconds",
            "Writing and committing a batch.",
            buckets=SECONDS,
            registry=registry,
        )
        self.requests = Counter(
            "outlay_requests", "Requests, by route, method and status.",
            ["route", "method", "status"], registry=registry,
        )  # fmt: skip
        self.errors = Counter(
            "outlay_errors",
            "Errors of the store or of ours, by class.",
            ["error"],
            registry=registry,
        )
        self.ready = Gauge("outlay_ready", "Whether payments are taken.", registry=registry)
        queue = Gauge(
            "outlay_queue_payments", "Payments that wait or are being scored.", registry=registry
        )
        queue.set_function(queue_length)
        model = Gauge("outlay_model", "Which model decides.", ["digest"], registry=registry)
        model.labels(model_digest).set(1)
        self._outcomes = {name: self.decisions.labels(name) for name in OUTCOMES}
        self._requests: dict[tuple[str, str, int], Counter] = {}

    def batch(self, length: int, seconds: float) -> None:
        """Note a batch."""
        self.batch_length.observe(length)
        self.batch_seconds.observe(seconds)

    def decision(self, outcome: str, *, is_alert: bool) -> None:
        """Note a decision."""
        self._outcomes[outcome].inc()
        if is_alert:
            self.alerts.inc()

    def request(self, route: str, method: str, status: int) -> None:
        """Note a request; finding its counter takes longer than counting, so it is kept."""
        key = (route, method, status)
        if key not in self._requests:
            self._requests[key] = self.requests.labels(*key)
        self._requests[key].inc()

    def page(self) -> bytes:
        """Return what Prometheus reads."""
        return generate_latest(self.registry)
