"""What a service allows, and for how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The limits of a service; every one of them bounds memory or time.

    Parameters
    ----------
    gather_ms
        The longest that the scorer waits for as many payments as its last batch had. At 0 it
        starts at once with what is there; after a lone payment it does so anyway.
    max_batch
        The most payments in one database transaction.
    queue_limit
        The most payments that wait or are being scored; beyond it the answer is 429.
    deadline_seconds
        How long a request may take from its arrival to its decision.
    body_bytes, batch_bytes, batch_length, batches_at_once
        The largest body of one payment and of a batch, the most payments in a batch, and how many
        batches are read at once.
    depth
        The deepest nesting in any JSON.
    rate, burst
        Payments a second that one key may send on average, and at once.
    request_seconds, idle_seconds, stall_seconds
        How long a request may take to arrive, a connection may say nothing, and a client may
        leave an answer unread.
    max_connections, max_headers, header_bytes
        Open connections; headers of a request, and their bytes together.
    drain_seconds, grace_seconds
        How long it still takes requests after it was told to stop, while `/readyz` says no; and how
        long after that the accepted ones may take to finish.
    keys_seconds
        How often the keys are read anew: the longest that a revoked one still opens.
    keyless
        Whether a caller without a key is let in as long as no key was ever made.
    hosts
        Names besides the loopback ones that a keyless service is called by.
    log_payloads
        Whether the log shows what payments hold.
    """

    gather_ms: float = 2.0
    max_batch: int = 256
    queue_limit: int = 4_096
    deadline_seconds: float = 5.0
    body_bytes: int = 65_536
    batch_bytes: int = 4 << 20
    batch_length: int = 1_000
    batches_at_once: int = 8
    depth: int = 8
    rate: float = 20_000.0
    burst: int = 40_000
    request_seconds: float = 10.0
    idle_seconds: float = 75.0
    stall_seconds: float = 30.0
    max_connections: int = 1_000
    max_headers: int = 64
    header_bytes: int = 16_384
    drain_seconds: float = 0.0
    grace_seconds: float = 20.0
    keys_seconds: float = 5.0
    keyless: bool = True
    hosts: tuple[str, ...] = ()
    log_payloads: bool = False
