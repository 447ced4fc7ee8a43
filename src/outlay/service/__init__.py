"""The model over HTTP: parse, hand over, answer.

The way of a payment: `server` (sockets and time limits) → `edge` (request id, headers, log) →
`payments` (limits, JSON) → `gather` (one batch at a time, in a thread of its own) → the engine of
`outlay.pipeline.live` → the answer's bytes. All else here is for people: alerts, users, dashboards.
"""
