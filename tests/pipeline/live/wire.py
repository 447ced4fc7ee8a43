"""Payments as they come over the wire."""

import json


def sent(transactions):
    """Return accepted transactions as the JSON objects that a client would send."""
    rows = transactions.to_dicts()
    for row in rows:
        row["timestamp"] = row["timestamp"].isoformat()
        row.pop("is_fraud", None)
        row.pop("row_number", None)
    return [json.loads(json.dumps(row)) for row in rows]


def read(engine, objects):
    """Return the payments of JSON objects that are all sound."""
    found = [engine.read(each) for each in objects]
    assert not [each for each in found if isinstance(each, list)]
    return found


def bodies(answers):
    """Return the JSON of decisions."""
    return [json.loads(answer.body) for answer in answers]
